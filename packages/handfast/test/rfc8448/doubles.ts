/** A crypto provider that does what RFC 8448 recorded: its randoms, its ephemeral keys, its signatures. */
import { createECDH, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { CertificateVerify } from '../../src/codec/messages.ts'
import { NamedGroup } from '../../src/codec/registry.ts'
import { decode } from '../../src/codec/wire.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import type {
  CipherSuite,
  CryptoProvider,
  HashFunction,
  KeyExchangeGroup,
  SigningKey,
} from '../../src/crypto/provider.ts'
import type { Role } from '../../src/trace/events.ts'
import { block, type Step, stepsOf, type Trace } from './vectors.ts'

/** A call of HMAC: what HKDF is made of. */
export interface HmacCall {
  readonly key: Uint8Array
  readonly data: Uint8Array
  readonly output: Uint8Array
}

export interface ReplayOptions {
  readonly trace: Trace
  readonly role: Role
  /** What `random` answers, in order; each call must ask for exactly so many bytes. */
  readonly randoms: readonly Uint8Array[]
  /** Hears of each HMAC. */
  readonly onHmac?: (call: HmacCall) => void
}

export function replayProvider({ trace, role, randoms, onHmac }: ReplayOptions): CryptoProvider {
  const waiting = [...randoms]
  const groups = [
    x25519Of(stepsOf(trace, role, /^create an ephemeral x25519/)[0]),
    p256Of(stepsOf(trace, role, /^create an ephemeral P-256/)[0]),
    ...[
      NamedGroup.secp384r1,
      NamedGroup.secp521r1,
      NamedGroup.ffdhe2048,
      NamedGroup.ffdhe3072,
      0x0102,
      0x0103,
      0x0104,
    ].map(named),
  ]
  return {
    ...nodeProvider,
    name: 'RFC 8448',
    random(length) {
      const next = waiting.shift()
      if (next?.length !== length)
        throw new Error(`${length} random bytes were asked for, the trace has ${next?.length}`)
      return next.slice()
    },
    cipherSuites: nodeProvider.cipherSuites.map(
      (suite): CipherSuite =>
        suite.hash.name === 'sha256' ? { ...suite, hash: recording(suite.hash, onHmac) } : suite,
    ),
    groups,
  }
}

function recording(hash: HashFunction, onHmac: ReplayOptions['onHmac']): HashFunction {
  return {
    ...hash,
    digest: (data) => hash.digest(data),
    hmac(key, data) {
      const output = hash.hmac(key, data) as Uint8Array
      // The caller wipes its secrets.
      onHmac?.({ key: key.slice(), data: data.slice(), output: output.slice() })
      return output
    },
  }
}

/** A group whose only key is one of the trace. */
function groupOf(
  id: number,
  name: string,
  step: Step | undefined,
  agree: (privateKey: Uint8Array, peer: Uint8Array) => Uint8Array,
): KeyExchangeGroup {
  const keys = () => {
    if (step === undefined) throw new Error(`The trace has no ${name} key`)
    return { privateKey: block(step, 'private key'), share: block(step, 'public key') }
  }
  return {
    id,
    name,
    clientShareLength: 0,
    serverShareLength: 0,
    generate() {
      const { privateKey, share } = keys()
      return { share, decapsulate: (peer) => agree(privateKey, peer), destroy() {} }
    },
    encapsulate(peer) {
      const { privateKey, share } = keys()
      return { share, secret: agree(privateKey, peer) }
    },
  }
}

function x25519Of(step: Step | undefined): KeyExchangeGroup {
  const derKey = (header: string, raw: Uint8Array) =>
    Buffer.concat([Buffer.from(header, 'hex'), raw])
  return groupOf(NamedGroup.x25519, 'x25519', step, (privateKey, peer) =>
    Uint8Array.from(
      diffieHellman({
        // PrivateKeyInfo and SubjectPublicKeyInfo of X25519 (RFC 8410 §7, §4).
        privateKey: createPrivateKey({
          key: derKey('302e020100300506032b656e04220420', privateKey),
          format: 'der',
          type: 'pkcs8',
        }),
        publicKey: createPublicKey({
          key: derKey('302a300506032b656e032100', peer),
          format: 'der',
          type: 'spki',
        }),
      }),
    ),
  )
}

function p256Of(step: Step | undefined): KeyExchangeGroup {
  return groupOf(NamedGroup.secp256r1, 'secp256r1', step, (privateKey, peer) => {
    const ecdh = createECDH('prime256v1')
    ecdh.setPrivateKey(privateKey)
    return Uint8Array.from(ecdh.computeSecret(peer))
  })
}

/** A group that is offered and never used. */
function named(id: number): KeyExchangeGroup {
  return groupOf(id, `group 0x${id.toString(16)}`, undefined, () => new Uint8Array(0))
}

/** Answers with the signature that was recorded. The other side of each handshake verifies it for real. */
export function recordedSigner(certificateVerify: Uint8Array): SigningKey {
  const { algorithm, signature } = decode(CertificateVerify, certificateVerify.subarray(4))
  return { schemes: [algorithm], sign: () => signature }
}
