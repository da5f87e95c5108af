/**
 * What the engine asks of a cryptographic library: a plain record of algorithm objects.
 *
 * There is no switch on names anywhere: a cipher suite carries its AEAD and its hash, a group carries its own
 * operations. A record may be copied with any field replaced (an HSM's signer, a test double), and what a program
 * does not name falls out of its bundle.
 *
 * Every operation may answer at once or later (`MaybePromise`). One that answers later takes what it needs of its
 * arguments before it returns, as WebCrypto does: they are wiped or used again after the call. The engine runs without a promise on the path of a
 * synchronous provider and waits, in a named step, for one that answers later.
 */
import type { MaybePromise, SignatureVerifiers } from '@handfast/x509'

export type { MaybePromise }

/** A hash function and the HMAC made of it (RFC 2104). */
export interface HashFunction {
  readonly name: 'sha1' | 'sha256' | 'sha384' | 'sha512'
  /** Length of a digest in bytes. */
  readonly outputLength: number
  digest(data: Uint8Array): MaybePromise<Uint8Array>
  hmac(key: Uint8Array, data: Uint8Array): MaybePromise<Uint8Array>
}

/** An authenticated cipher (RFC 5116): AES-GCM, AES-CCM, ChaCha20-Poly1305. */
export interface Aead {
  readonly name: string
  /** Lengths in bytes. The nonce of every AEAD that TLS 1.3 uses is 12 bytes long. */
  readonly keyLength: number
  readonly nonceLength: number
  readonly tagLength: number
  /** Records that one key may protect before it must be replaced (RFC 8446 §5.5, RFC 9001 §B for CCM). */
  readonly confidentialityLimit: number
  /** Takes a copy of what it needs of `key`: the caller wipes its own. */
  importKey(key: Uint8Array): MaybePromise<AeadKey>
}

/** One key of an AEAD, for one direction of one connection. */
export interface AeadKey {
  /**
   * Encrypts the concatenation of `plaintext`'s parts.
   * @param reserve bytes left free (content undefined) at the start of the result, for the record's header
   * @returns a new array: `reserve` bytes, the ciphertext, the tag
   */
  seal(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    plaintext: readonly Uint8Array[],
    reserve: number,
  ): MaybePromise<Uint8Array>
  /** @param ciphertext ciphertext and tag. @returns the plaintext, or undefined where the tag does not fit. */
  open(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    ciphertext: Uint8Array,
  ): MaybePromise<Uint8Array | undefined>
  /** Forgets the key, as far as the platform allows. */
  destroy(): void
}

/** A TLS 1.3 cipher suite: an AEAD for the records, a hash for the transcript and the key schedule (RFC 8446 §B.4). */
export interface CipherSuite {
  readonly id: number
  /** IANA's name, `TLS_AES_128_GCM_SHA256`. */
  readonly name: string
  readonly aead: Aead
  readonly hash: HashFunction
}

/**
 * A group of the `supported_groups` registry (RFC 8446 §4.2.7): an elliptic curve, a finite field, or a hybrid with a
 * KEM. The interface is that of a KEM, which Diffie-Hellman fits: the client generates, the server encapsulates to
 * the client's share, the client decapsulates the server's.
 */
export interface KeyExchangeGroup {
  readonly id: number
  /** IANA's name, `x25519`, `X25519MLKEM768`. */
  readonly name: string
  /** Lengths in bytes of the `key_exchange` field that a client and a server send. */
  readonly clientShareLength: number
  readonly serverShareLength: number
  generate(): MaybePromise<KeyPair>
  /** @returns the server's share and the secret; undefined where the client's share is not valid. */
  encapsulate(clientShare: Uint8Array): MaybePromise<Encapsulation | undefined>
}

/** A client's ephemeral key, good for one exchange. */
export interface KeyPair {
  /** What the client sends in its KeyShareEntry. */
  readonly share: Uint8Array
  /** @returns the shared secret; undefined where the server's share is not valid (off the curve, all-zero result, wrong length). */
  decapsulate(serverShare: Uint8Array): MaybePromise<Uint8Array | undefined>
  destroy(): void
}

export interface Encapsulation {
  readonly share: Uint8Array
  readonly secret: Uint8Array
}

/** A private key that signs. It may live elsewhere: an HSM, an agent, another host. */
export interface SigningKey {
  /** Code points of the TLS SignatureSchemes (RFC 8446 §4.2.3) that this key can make, the preferred first. */
  readonly schemes: readonly number[]
  /** @param scheme one of `schemes`. @param data what is signed, not its digest. */
  sign(scheme: number, data: Uint8Array): MaybePromise<Uint8Array>
}

export interface CryptoProvider {
  readonly name: string
  /** `length` bytes from a cryptographically secure generator. */
  random(length: number): Uint8Array
  /** Compares two arrays in a time that depends on their lengths only. */
  equal(a: Uint8Array, b: Uint8Array): boolean
  readonly hashes: {
    readonly sha256: HashFunction
    readonly sha384: HashFunction
    readonly sha512: HashFunction
    readonly sha1?: HashFunction
  }
  /** All suites that this provider has, the preferred first; which of them are offered is the configuration's choice. */
  readonly cipherSuites: readonly CipherSuite[]
  /** All groups that this provider has, the preferred first. */
  readonly groups: readonly KeyExchangeGroup[]
  /** By name of algorithm; a TLS SignatureScheme names its algorithm in `codec/signatureScheme.ts`. */
  readonly signatureVerifiers: SignatureVerifiers
  /** @param pkcs8 a PrivateKeyInfo in DER (RFC 5208). @throws ConfigurationError where the key is not one it can use. */
  importPrivateKey(pkcs8: Uint8Array): MaybePromise<SigningKey>
}
