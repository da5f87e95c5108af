/** All implementations by the one API that they share, that of node:tls: a server on the loopback interface, and its clients. */
import { constants } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type * as nodeTls from 'node:tls'
import { createAuthority } from '@handfast/ca'
import { legacy } from 'handfast/legacy'

export const serverName = 'server.test'

/** What is measured: one choice of everything that a handshake chooses. */
export interface Profile {
  readonly version?: 'TLSv1.3' | 'TLSv1.2' | 'TLSv1.1'
  readonly keyType?: 'ec-p256' | 'rsa-2048'
  readonly group?: string
  /** As node:tls names it. */
  readonly cipher?: string
  /** The server asks for a certificate, and the client has one. */
  readonly clientCertificate?: boolean
}

/** Of a server: what its clients must know. It can be sent to another process. */
export interface Target {
  readonly port: number
  readonly ca: string
  readonly profile: Profile
  readonly client: { readonly cert: string; readonly key: string }
}

type Issued = Awaited<ReturnType<Awaited<ReturnType<typeof createAuthority>>['issue']>>

const authority = await createAuthority()
const issued = await authority.issue({ names: [serverName] })
const issuedClient = await authority.issue({ names: ['client.test'], client: true })
const issuedRsa = lazily(() => authority.issue({ names: [serverName], keyType: 'rsa-2048' }))
/** TLS 1.1 is for node-forge, which knows no other keys: RSA up to the root. */
const rsaAlone = lazily(async () => {
  const root = await createAuthority({ keyType: 'rsa-2048' })
  return { root, issued: await root.issue({ names: [serverName], keyType: 'rsa-2048' }) }
})

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}

/** What the server of a profile shows, and whom its clients trust. */
export async function identityOf({
  version,
  keyType,
}: Profile): Promise<{ issued: Issued; ca: string }> {
  if (version === 'TLSv1.1') {
    const { root, issued } = await rsaAlone()
    return { issued, ca: root.certificate }
  }
  const ca = authority.certificate
  return { issued: keyType === 'rsa-2048' ? await issuedRsa() : issued, ca }
}

const ciphers12 = {
  'ec-p256': 'ECDHE-ECDSA-AES128-GCM-SHA256',
  'rsa-2048': 'ECDHE-RSA-AES128-GCM-SHA256',
}

function common({ version = 'TLSv1.3', keyType = 'ec-p256', group, cipher }: Profile) {
  const versions = { minVersion: version, maxVersion: version } as const
  if (version === 'TLSv1.1')
    return {
      ...versions,
      ciphers: 'AES128-SHA:@SECLEVEL=0',
      // The door of handfast; node:tls has the version, and must be told to let servers in that know no RFC 5746.
      legacy,
      secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT,
    }
  return {
    ...versions,
    // RFC 8422 §5.1: up to TLS 1.2 the groups say which curves a certificate may have.
    ecdhCurve: group ?? (version === 'TLSv1.3' ? 'X25519' : 'X25519:P-256'),
    ciphers: cipher ?? (version === 'TLSv1.3' ? 'TLS_AES_128_GCM_SHA256' : ciphers12[keyType]),
  }
}

/** A server that listens, and what a client must know. */
export async function listen(
  tls: typeof nodeTls,
  onConnection: (socket: nodeTls.TLSSocket) => void,
  profile: Profile = {},
): Promise<{ readonly server: nodeTls.Server; readonly target: Target }> {
  const { issued: shown, ca } = await identityOf(profile)
  const options = {
    ...common(profile),
    key: shown.key,
    cert: shown.chain,
    ...(profile.clientCertificate && { requestCert: true, ca: authority.certificate }),
  }
  const server = tls.createServer(options, onConnection)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = { cert: issuedClient.chain, key: issuedClient.key }
  return { server, target: { port, ca, profile, client } }
}

/** What a program keeps that connects again and again. */
export function connectOptions(tls: typeof nodeTls, target: Target): nodeTls.ConnectionOptions {
  const { port, ca, profile, client } = target
  const secureContext = tls.createSecureContext({
    ...common(profile),
    ca,
    ...(profile.clientCertificate && client),
  })
  return { host: '127.0.0.1', port, servername: serverName, secureContext }
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
      if (socket.authorized || 'endsUnlessVerified' in tls) resolve(socket)
      else reject(new Error('the chain was not verified'))
    })
  })
}

/** Throws where a client takes the certificate of an authority that it was not told to trust: it verifies no chain. */
export async function refusesStrangers(tls: typeof nodeTls, target: Target): Promise<void> {
  const isOld = target.profile.version === 'TLSv1.1'
  const stranger = await createAuthority(isOld ? { keyType: 'rsa-2048' } : {})
  const options = connectOptions(tls, { ...target, ca: stranger.certificate })
  const accepted = await connected(tls, options).then(
    (socket) => {
      socket.destroy()
      return true
    },
    () => false,
  )
  if (accepted) throw new Error('a certificate of a stranger was accepted')
}

/** One connection from `connect` to `close`. @param reused whether a session is to be resumed by it */
export async function handshake(
  tls: typeof nodeTls,
  options: nodeTls.ConnectionOptions,
  reused: boolean,
): Promise<void> {
  const socket = await connected(tls, options)
  if (socket.isSessionReused() !== reused) throw new Error('resumed, or not, against the plan')
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
    // A server ends its side as it reads the end of ours.
    socket.resume()
    socket.end()
  })
}

/** The same options, with a session to resume. */
export async function withSession(
  tls: typeof nodeTls,
  options: nodeTls.ConnectionOptions,
): Promise<nodeTls.ConnectionOptions> {
  const socket = await connected(tls, options)
  // TLS 1.3 sends it behind the handshake, TLS 1.2 within it.
  const session =
    socket.getProtocol() === 'TLSv1.2'
      ? socket.getSession()
      : await new Promise<Buffer>((resolve) => {
          socket.once('session', resolve)
          socket.resume()
        })
  socket.destroy()
  return { ...options, session }
}

export { authority, issued }
