/**
 * The limit of a full handshake of TLS 1.3 (X25519, ECDSA P-256): the same sockets, with messages of the same sizes, and
 * only the crypto calls that the protocol demands of both ends. What is spent above it is the implementation's.
 */
import { verify, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { CipherSuiteId, type KeyPair, NamedGroup } from 'handfast'
import { nodeProvider } from 'handfast/crypto/node'
import { issued } from './pair.ts'

/** Bytes of the flights: ClientHello; ServerHello to Finished; Finished; two tickets; close_notify. */
const hello = Buffer.alloc(220)
const answer = Buffer.alloc(900)
const finished = Buffer.alloc(74)
const tickets = Buffer.alloc(500)
const closeNotify = Buffer.alloc(24)
/**
 * Calls of HMAC at one end: extracting three secrets, deriving two of them onwards, four traffic secrets with key and IV,
 * both Finished with their keys, the exporter's and the resumption secret, and the PSK of two tickets.
 */
const hmacs = 3 + 2 + 4 * 3 + 4 + 2 + 2
/** Records that one end seals, and as many that it opens. */
const records = 3
const ecdsaSecp256r1Sha256 = 0x0403

const { aead, hash } = nodeProvider.cipherSuites.find(
  ({ id }) => id === CipherSuiteId.TLS_AES_128_GCM_SHA256,
)!
const group = nodeProvider.groups.find(({ id }) => id === NamedGroup.x25519)!
const signingKey = await nodeProvider.importPrivateKey(issued.keyDer)
const { publicKey } = new X509Certificate(issued.chain)
const text = new Uint8Array(130)
const secret = new Uint8Array(32)
const nonce = new Uint8Array(12)
const header = new Uint8Array(5)

/** The provider answers at once. */
function now<T>(value: T | PromiseLike<T>): T {
  return value as T
}

/** What each end does besides the key exchange and the signature. */
function schedule(): void {
  nodeProvider.random(32)
  for (let i = 0; i < hmacs; i++) now(hash.hmac(secret, text.subarray(0, 50)))
  for (let i = 0; i < 5; i++) now(hash.digest(text))
  const keys = [0, 1, 2, 3].map(() => now(aead.importKey(secret.subarray(0, aead.keyLength))))
  for (let i = 0; i < records; i++) {
    const sealed = now(keys[i]!.seal(nonce, header, [text], 5))
    now(keys[i]!.open(nonce, header, sealed.subarray(5)))
  }
}

/** Calls `then` when so many more bytes have arrived. */
function whenReceived(socket: Socket, steps: readonly (readonly [number, () => void])[]): void {
  let received = 0
  let step = 0
  let wanted = steps[0]![0]
  socket.on('data', ({ length }: Buffer) => {
    received += length
    while (step < steps.length && received >= wanted) {
      steps[step]![1]()
      wanted += steps[++step]?.[0] ?? 0
    }
  })
}

export async function limitServer(): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    whenReceived(socket, [
      [
        hello.length,
        () => {
          now(group.encapsulate(clientShare))
          now(signingKey.sign(ecdsaSecp256r1Sha256, text))
          schedule()
          socket.write(answer)
        },
      ],
      [finished.length, () => socket.write(tickets)],
      [closeNotify.length, () => socket.end(closeNotify)],
    ])
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

export function limitClient(server: Server): Promise<void> {
  const { port } = server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('error', reject)
    socket.once('close', () => resolve())
    let keys: KeyPair
    socket.once('connect', () => {
      keys = now(group.generate())
      socket.write(hello)
    })
    whenReceived(socket, [
      [
        answer.length,
        () => {
          now(keys.decapsulate(serverShare))
          if (!verify('sha256', text, publicKey, signature)) reject(new Error('a bad signature'))
          schedule()
          socket.write(finished)
        },
      ],
      [tickets.length, () => socket.end(closeNotify)],
    ])
  })
}

const clientShare = now(group.generate()).share
const serverShare = now(group.encapsulate(clientShare))!.share
const signature = now(signingKey.sign(ecdsaSecp256r1Sha256, text))
