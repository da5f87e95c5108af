/** One end of a transfer: it sends and receives at once, and takes the digest of both. */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import * as nodeTls from 'node:tls'
import { nodeProvider } from '../../../packages/handfast/src/crypto/node/index.ts'
import type { Aead } from '../../../packages/handfast/src/crypto/provider.ts'
import * as handfast from '../../../packages/handfast/src/node/index.ts'
import { answering } from './answering.ts'

export interface Ends {
  readonly by: 'handfast' | 'node:tls'
  readonly ciphers: string
  readonly version: nodeTls.SecureVersion
  readonly keyUpdateAfterRecords: number
}

export interface Transferred {
  readonly sent: { readonly bytes: number; readonly digest: string }
  readonly received: { readonly bytes: number; readonly digest: string }
  /** Keys that records were protected with; undefined for node:tls. */
  readonly keys: number | undefined
}

const { ca, cert, key } = JSON.parse(readFileSync(process.argv[2]!, 'utf8'))

let keys = 0
const counted = (aead: Aead): Aead => ({
  ...aead,
  importKey(bytes) {
    keys++
    return aead.importKey(bytes)
  },
})
const crypto = {
  ...nodeProvider,
  cipherSuites: nodeProvider.cipherSuites.map((suite) => ({
    ...suite,
    aead: counted(suite.aead),
  })),
}

const common = ({ ciphers, version, keyUpdateAfterRecords }: Ends) => ({
  ciphers,
  minVersion: version,
  maxVersion: version,
  crypto,
  keyUpdateAfterRecords,
})

type Socket = Pick<nodeTls.TLSSocket, 'write' | 'end' | 'once' | 'on'>
let by: Ends['by']
let connected: Promise<Socket>
let ended: Promise<unknown>

const sent = { bytes: 0, hash: createHash('sha256') }
const received = { bytes: 0, hash: createHash('sha256'), wanted: 0, enough: () => {} }

function receive(socket: Socket): Socket {
  socket.on('data', (data: Buffer) => {
    received.hash.update(data)
    received.bytes += data.length
    if (received.bytes >= received.wanted) received.enough()
  })
  ended = new Promise((resolve) => socket.once('end', resolve))
  return socket
}

const chunk = randomBytes(2 ** 18)

/** Sends this much. Each chunk has another content, so that one that is lost, repeated or misplaced shows. */
async function send(socket: Socket, bytes: number): Promise<void> {
  for (const end = sent.bytes + bytes; sent.bytes < end; sent.bytes += chunk.length) {
    const copy = Buffer.from(chunk)
    copy.writeDoubleBE(sent.bytes, (sent.bytes / chunk.length) % (chunk.length - 8))
    sent.hash.update(copy)
    if (!socket.write(copy)) await once(socket as nodeTls.TLSSocket, 'drain')
  }
}

answering({
  async listen(ends: Ends) {
    by = ends.by
    const options = { cert, key, ...common(ends) }
    const server =
      by === 'handfast' ? handfast.createServer(options) : nodeTls.createServer(options)
    connected = new Promise((resolve) => {
      server.once('secureConnection', (socket: Socket) => {
        server.close()
        resolve(receive(socket))
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  },
  async dial({ port, ...ends }: Ends & { readonly port: number }) {
    by = ends.by
    const options = { port, host: '127.0.0.1', servername: 'localhost', ca, ...common(ends) }
    const socket = by === 'handfast' ? handfast.connect(options) : nodeTls.connect(options)
    receive(socket)
    await once(socket as nodeTls.TLSSocket, 'secureConnect')
    connected = Promise.resolve(socket)
  },
  /** Sends this many bytes, and waits for as many. */
  async transfer({ bytes }: { bytes: number }) {
    const socket = await connected
    const all = new Promise<void>((resolve) => {
      received.wanted += bytes
      received.enough = resolve
      if (received.bytes >= received.wanted) resolve()
    })
    await Promise.all([send(socket, bytes), all])
  },
  async end(): Promise<Transferred> {
    const socket = await connected
    socket.end()
    await ended
    return {
      sent: { bytes: sent.bytes, digest: sent.hash.digest('hex') },
      received: { bytes: received.bytes, digest: received.hash.digest('hex') },
      keys: by === 'handfast' ? keys : undefined,
    }
  },
})
