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
import type { KeyExchange } from '../codec/messages12.ts'

export type { MaybePromise }

/** A hash function and the HMAC made of it (RFC 2104). */
export interface HashFunction {
  readonly name: 'md5' | 'sha1' | 'md5-sha1' | 'sha256' | 'sha384' | 'sha512'
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
  /**
   * `seal` without a new array, for providers that answer at once: ciphertext and tag are written into `target` from
   * `offset` on, where there is room for them.
   */
  sealInto?(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    plaintext: readonly Uint8Array[],
    target: Uint8Array,
    offset: number,
  ): void
  /** @param ciphertext ciphertext and tag. @returns the plaintext, in a new array, or undefined where the tag does not fit. */
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

/** A block cipher in CBC mode, without padding of its own: records up to TLS 1.2 bring theirs (RFC 5246 §6.2.3.2). */
export interface BlockCipher {
  readonly name: string
  /** Lengths in bytes; an IV is as long as a block. */
  readonly keyLength: number
  readonly blockLength: number
  /** Takes a copy of what it needs of `key`: the caller wipes its own. */
  importKey(key: Uint8Array): MaybePromise<BlockCipherKey>
}

/** One key of a block cipher, for one direction of one connection. */
export interface BlockCipherKey {
  /** @param plaintext a whole number of blocks. @returns a new array, as long */
  encrypt(iv: Uint8Array, plaintext: Uint8Array): MaybePromise<Uint8Array>
  /** @param ciphertext a whole number of blocks. @returns a new array, as long */
  decrypt(iv: Uint8Array, ciphertext: Uint8Array): MaybePromise<Uint8Array>
  destroy(): void
}

/** A cipher suite of TLS 1.2 and before, of its parts (RFC 5246 §A.5). */
export interface ClassicCipherSuite {
  readonly id: number
  /** IANA's name, `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`. */
  readonly name: string
  readonly keyExchange: KeyExchange
  /** The kind of the server's key: `ECDSA` stands for EdDSA too (RFC 8422 §5.10). `PSK`: no certificate. */
  readonly authentication: 'ECDSA' | 'RSA' | 'PSK'
  readonly protection: /** `ivLength`: bytes of the nonce that the key block gives; what is missing to 12 stands in each record. */
    | { readonly kind: 'aead'; readonly aead: Aead; readonly ivLength: 4 | 12 }
    /** CBC, and HMAC with this hash. */
    | { readonly kind: 'block'; readonly cipher: BlockCipher; readonly mac: HashFunction }
  /** Of the PRF and of Finished (RFC 5246 §5). */
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
  /**
   * Further ones that it can make up to TLS 1.2, which does not bind ECDSA's hash to its curve (RFC 5246 §7.4.1.4.1), and
   * before it: `ecdsa_sha1`, and `rsa_pkcs1_md5_sha1` (0xff01), for which both digests, 36 bytes, are given (RFC 4346 §4.7).
   */
  readonly classicSchemes?: readonly number[]
  /** @param scheme one of `schemes` or `classicSchemes`. @param data what is signed, not its digest, but for `rsa_pkcs1_md5_sha1` */
  sign(scheme: number, data: Uint8Array): MaybePromise<Uint8Array>
  /**
   * RSA key transport (RFC 5246 §7.4.7.1), for a server; absent where the key or its keeper cannot.
   *
   * It must not be possible to tell from the answer, from an error or from the time it takes whether the ciphertext was a
   * good one: a bad one gives `otherwise`.
   *
   * @param version the client's legacy_version, which the premaster secret must begin with
   * @param otherwise 48 random bytes
   * @returns 48 bytes
   */
  decryptPremaster?(
    ciphertext: Uint8Array,
    version: number,
    otherwise: Uint8Array,
  ): MaybePromise<Uint8Array>
}

/** A way to compress certificates (RFC 8879 §3). */
export interface CertificateCompression {
  /** Code point of the CertificateCompressionAlgorithm registry. */
  readonly id: number
  readonly name: string
  compress(data: Uint8Array): MaybePromise<Uint8Array>
  /**
   * Bounded in memory, whatever a stranger made of `data`.
   * @param length bytes that must come out. @returns undefined where others, or more, come out, or none
   */
  decompress(data: Uint8Array, length: number): MaybePromise<Uint8Array | undefined>
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
  /** The suites of TLS 1.2 that this provider has, the preferred first. */
  readonly classicCipherSuites?: readonly ClassicCipherSuite[]
  /**
   * A finite-field group by its numbers, big-endian, for DHE up to TLS 1.2, where the server names them (RFC 5246 §7.4.3).
   * Shares are as long as the prime; the caller has checked that the numbers are in range.
   * @returns undefined for numbers that it cannot compute with
   */
  finiteFieldGroup?(prime: Uint8Array, generator: Uint8Array): KeyExchangeGroup | undefined
  /**
   * RSAES-PKCS1-v1_5 (RFC 8017 §7.2.1), for a client's premaster secret.
   * @param spki DER of the server's SubjectPublicKeyInfo. @returns undefined where the key is not an RSA key that can be used
   */
  rsaEncrypt?(spki: Uint8Array, message: Uint8Array): MaybePromise<Uint8Array | undefined>
  /** All groups that this provider has, the preferred first. */
  readonly groups: readonly KeyExchangeGroup[]
  /** The ways of compressing certificates that this provider has, the preferred first. */
  readonly certificateCompressions?: readonly CertificateCompression[]
  /** By name of algorithm; a TLS SignatureScheme names its algorithm in `codec/signatureScheme.ts`. */
  readonly signatureVerifiers: SignatureVerifiers
  /** @param pkcs8 a PrivateKeyInfo in DER (RFC 5208). @throws ConfigurationError where the key is not one it can use. */
  importPrivateKey(pkcs8: Uint8Array): MaybePromise<SigningKey>
}
