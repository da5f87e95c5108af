/** handfast/node and node:tls, by the one API that they share: a server on the loopback interface, and its clients. */
import type { AddressInfo } from 'node:net'
import * as nodeTls from 'node:tls'
import { createAuthority } from '@handfast/ca'
import * as handfastTls from 'handfast/node'

/** handfast/node has the shape of node:tls, so far as it is used here. */
const handfast = handfastTls as unknown as typeof nodeTls

export const implementations: Readonly<Record<string, typeof nodeTls>> = {
  handfast,
  'node:tls': nodeTls,
}

export const serverName = 'server.test'
const authority = await createAuthority()
const issued = await authority.issue({ names: [serverName] })

/** An ECDSA P-256 certificate, of an authority that the client trusts; TLS 1.3 with X25519 only. */
const common = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ecdhCurve: 'X25519' } as const

export interface Pair {
  readonly server: nodeTls.Server
  readonly connectOptions: nodeTls.ConnectionOptions
}

/** A server that listens, and what a client wants to reach it. @param ciphers as node:tls names them */
export async function listen(
  tls: typeof nodeTls,
  onConnection: (socket: nodeTls.TLSSocket) => void,
  ciphers = 'TLS_AES_128_GCM_SHA256',
): Promise<Pair> {
  const server = tls.createServer(
    { ...common, ciphers, key: issued.key, cert: issued.chain },
    onConnection,
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const secureContext = tls.createSecureContext({
    ...common,
    ciphers,
    ca: authority.certificate,
  })
  const connectOptions = { host: '127.0.0.1', port, servername: serverName, secureContext }
  return { server, connectOptions }
}

/** A connection whose handshake is complete and whose chain was verified. */
export function connected(
  tls: typeof nodeTls,
  options: nodeTls.ConnectionOptions,
): Promise<nodeTls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect(options)
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      if (socket.authorized) resolve(socket)
      else reject(new Error('the chain was not verified'))
    })
  })
}

export { authority, issued }
