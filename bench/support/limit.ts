/**
 * The limit of a handshake: the same sockets, with messages of about the same sizes, and only the crypto calls that the
 * protocol demands of both ends, by the provider that handfast uses. What is spent above it is the implementation's. The
 * chain's own signatures are not in it: one who has met them before need not verify them again.
 */
import { constants, verify, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { CipherSuiteId, type KeyPair, NamedGroup } from 'handfast'
import { nodeProvider } from 'handfast/crypto/node'
import { identityOf, type Profile } from './pair.ts'

const ecdsaSecp256r1Sha256 = 0x0403
const rsaPssRsaeSha256 = 0x0804
const groups: Readonly<Record<string, number>> = {
  X25519: NamedGroup.x25519,
  'P-256': NamedGroup.secp256r1,
  X25519MLKEM768: NamedGroup.X25519MLKEM768,
}

const { aead, hash } = nodeProvider.cipherSuites.find(
  ({ id }) => id === CipherSuiteId.TLS_AES_128_GCM_SHA256,
)!
const text = new Uint8Array(130)
const secret = new Uint8Array(32)
const nonce = new Uint8Array(12)
const header = new Uint8Array(5)

/** The provider answers at once. */
function now<T>(value: T | PromiseLike<T>): T {
  return value as T
}

/** One end's flights, in turns; `answer` of the server comes after `hello` of the client, and so on. */
interface Flights {
  readonly hello: Uint8Array
  readonly answer: Uint8Array
  readonly finished: Uint8Array
  /** Of TLS 1.3 the tickets, of TLS 1.2 what ends a full handshake. */
  readonly last: Uint8Array
  /** The client's handshake is complete only with `last`; else its close_notify leaves with its Finished. */
  readonly waitsForLast: boolean
  readonly closeNotify: Uint8Array
}

/** What is calculated before each flight is sent, or, at the end, after the last came. */
interface Work {
  readonly flights: Flights
  /** @returns what `finish` needs of it */
  readonly hello: () => KeyPair | undefined
  readonly answer: () => void
  readonly finish: (keys: KeyPair | undefined) => void
  readonly last: () => void
}

/** What each end does besides key exchange and signatures. @param hmacs calls of HMAC @param directions keys in use */
function schedule(hmacs: number, digests: number, directions: number, records: number): void {
  nodeProvider.random(32)
  for (let i = 0; i < hmacs; i++) now(hash.hmac(secret, text.subarray(0, 50)))
  for (let i = 0; i < digests; i++) now(hash.digest(text))
  const keys = Array.from({ length: directions }, () =>
    now(aead.importKey(secret.subarray(0, aead.keyLength))),
  )
  for (let i = 0; i < records; i++) {
    const key = keys[i % directions]!
    const sealed = now(key.seal(nonce, header, [text], 5))
    now(key.open(nonce, header, sealed.subarray(5)))
  }
}

/**
 * TLS 1.3: three secrets are extracted and two derived onwards; four traffic secrets with key and IV, both Finished with
 * their keys, the exporter's and the resumption secret, the PSKs of two tickets. A resumed one derives the binder's key.
 */
const schedule13 = (resumed: boolean) =>
  schedule(3 + 2 + 4 * 3 + 4 + 2 + 2 + (resumed ? 4 : 0), resumed ? 6 : 5, 4, 3)
/** TLS 1.2, by P_SHA256: the master secret, the key block, both Finished; a resumed one has the master secret. */
const schedule12 = (resumed: boolean) => schedule((resumed ? 0 : 4) + 6 + 4, resumed ? 2 : 3, 2, 2)

/** A signature as the protocol has one: made by one end, verified by the other. */
async function signatureOf(profile: Profile) {
  const { issued } = await identityOf(profile)
  const isRsa = profile.keyType === 'rsa-2048'
  const scheme = isRsa ? rsaPssRsaeSha256 : ecdsaSecp256r1Sha256
  const signingKey = await nodeProvider.importPrivateKey(issued.keyDer)
  const { publicKey } = new X509Certificate(issued.chain)
  const key = isRsa
    ? { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
    : publicKey
  const signature = now(signingKey.sign(scheme, text))
  return {
    // Not of these very ones: the other end may be another process, with certificates of its own.
    length: isRsa ? 256 + 700 : 72 + 500,
    sign: () => now(signingKey.sign(scheme, text)),
    verify: () => {
      if (!verify('sha256', text, key, signature)) throw new Error('a bad signature')
    },
  }
}

async function workOf(profile: Profile, resumed: boolean): Promise<Work> {
  const { version = 'TLSv1.3', group: name = 'X25519', clientCertificate = false } = profile
  const group = nodeProvider.groups.find(({ id }) => id === groups[name])!
  const { length, sign, verify: check } = await signatureOf(profile)
  const client = await signatureOf({})
  const clientShare = now(group.generate()).share
  const serverKeys = now(group.generate())
  const answered = now(group.encapsulate(clientShare))!
  const shown = resumed ? 0 : length
  const shownByClient = clientCertificate ? client.length + 30 : 0
  const bytes = (count: number) => Buffer.alloc(count)
  const closeNotify = bytes(24)
  if (version === 'TLSv1.3') {
    const flights = {
      hello: bytes(188 + clientShare.length + (resumed ? 290 : 0)),
      answer: bytes(250 + answered.share.length + shown + (clientCertificate ? 60 : 0)),
      finished: bytes(74 + shownByClient),
      last: bytes(500),
      waitsForLast: false,
      closeNotify,
    }
    return {
      flights,
      hello: () => now(group.generate()),
      answer: () => {
        now(group.encapsulate(clientShare))
        if (!resumed) sign()
        schedule13(resumed)
      },
      finish: (keys) => {
        now(keys!.decapsulate(answered.share))
        if (!resumed) check()
        schedule13(resumed)
        if (clientCertificate) client.sign()
      },
      last: () => {
        if (clientCertificate) client.verify()
      },
    }
  }
  const flights = {
    hello: bytes(200 + (resumed ? 200 : 0)),
    answer: bytes(resumed ? 370 : 130 + clientShare.length + shown),
    finished: bytes(resumed ? 51 : 60 + clientShare.length),
    last: bytes(resumed ? 0 : 270),
    waitsForLast: !resumed,
    closeNotify: bytes(31),
  }
  return {
    flights,
    hello: () => undefined,
    answer: () => {
      if (resumed) schedule12(true)
      else {
        now(group.generate())
        sign()
      }
    },
    finish: () => {
      if (!resumed) {
        check()
        now(group.encapsulate(serverKeys.share))
      }
      schedule12(resumed)
    },
    last: () => {
      if (resumed) return
      now(serverKeys.decapsulate(answered.share))
      schedule12(false)
    },
  }
}

/** What is done when so many more bytes have arrived. */
type Step = readonly [bytes: number, then: () => void]

function whenReceived(socket: Socket, steps: readonly Step[]): void {
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

/** @param profile of TLS 1.3 or 1.2 */
export async function limitServer(profile: Profile, resumed: boolean): Promise<Server> {
  const { flights, answer, last } = await workOf(profile, resumed)
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    const steps: Step[] = [
      [
        flights.hello.length,
        () => {
          answer()
          socket.write(flights.answer)
        },
      ],
    ]
    const { finished, closeNotify } = flights
    const onFinished = (reply: () => void) => () => {
      last()
      reply()
    }
    if (flights.waitsForLast)
      steps.push(
        [finished.length, onFinished(() => socket.write(flights.last))],
        [closeNotify.length, () => socket.end(closeNotify)],
      )
    else
      steps.push([
        finished.length + closeNotify.length,
        onFinished(() => socket.end(Buffer.concat([flights.last, closeNotify]))),
      ])
    whenReceived(socket, steps)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

export const portOf = (server: Server): number => (server.address() as AddressInfo).port

/** @returns what makes one connection, from `connect` to `close` */
export async function limitClient(
  port: number,
  profile: Profile,
  resumed: boolean,
): Promise<() => Promise<void>> {
  const { flights, hello, finish } = await workOf(profile, resumed)
  return () =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' })
      socket.once('error', reject)
      socket.once('close', () => resolve())
      let keys: KeyPair | undefined
      socket.once('connect', () => {
        keys = hello()
        socket.write(flights.hello)
      })
      whenReceived(socket, [
        [
          flights.answer.length,
          () => {
            finish(keys)
            if (flights.waitsForLast) socket.write(flights.finished)
            else socket.end(Buffer.concat([flights.finished, flights.closeNotify]))
          },
        ],
        ...(flights.waitsForLast
          ? [[flights.last.length, () => socket.end(flights.closeNotify)] as const]
          : []),
      ])
    })
}
