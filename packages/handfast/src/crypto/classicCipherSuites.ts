/**
 * The cipher suites of TLS 1.2, of the parts that a provider has: how the premaster secret comes about, who signs, how
 * records are protected, and the hash of the PRF (RFC 5246 §A.5, RFC 5288, 5289, 6655, 7251, 7905, 8422; PSK: RFC 4279,
 * 5487, 5489, 8442). RC4, 3DES, NULL, export and anonymous suites are not among them and never will be here.
 */
import { ClassicCipherSuiteId } from '../codec/classicCipherSuites.ts'
import type { Aead, BlockCipher, ClassicCipherSuite, HashFunction } from './provider.ts'

export interface ClassicParts {
  readonly aes128Gcm: Aead
  readonly aes256Gcm: Aead
  readonly chacha20Poly1305: Aead
  readonly aes128Ccm?: Aead
  readonly aes256Ccm?: Aead
  readonly aes128Ccm8?: Aead
  readonly aes256Ccm8?: Aead
  readonly aes128Cbc: BlockCipher
  readonly aes256Cbc: BlockCipher
  readonly sha1: HashFunction
  readonly sha256: HashFunction
  readonly sha384: HashFunction
}

type Protection = ClassicCipherSuite['protection'] | undefined

function aead(cipher: Aead | undefined, ivLength: 4 | 12 = 4): Protection {
  return cipher && { kind: 'aead', aead: cipher, ivLength }
}

function block(cipher: BlockCipher, mac: HashFunction): Protection {
  return { kind: 'block', cipher, mac }
}

/** Every suite whose parts are there; the forward secret and authenticated ciphers first. */
export function classicCipherSuites(parts: ClassicParts): readonly ClassicCipherSuite[] {
  const { aes128Gcm, aes256Gcm, chacha20Poly1305, aes128Ccm, aes256Ccm, aes128Ccm8, aes256Ccm8 } =
    parts
  const { aes128Cbc, aes256Cbc, sha1, sha256, sha384 } = parts
  const suites: ClassicCipherSuite[] = []
  const add = (
    name: keyof typeof ClassicCipherSuiteId,
    keyExchange: ClassicCipherSuite['keyExchange'],
    authentication: ClassicCipherSuite['authentication'],
    protection: Protection,
    hash: HashFunction,
  ) => {
    if (protection === undefined) return
    const id = ClassicCipherSuiteId[name]
    suites.push({ id, name, keyExchange, authentication, protection, hash })
  }
  add('TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE', 'ECDSA', aead(aes128Gcm), sha256)
  add('TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE', 'ECDSA', aead(aes256Gcm), sha384)
  add(
    'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
    'ECDHE',
    'ECDSA',
    aead(chacha20Poly1305, 12),
    sha256,
  )
  add('TLS_ECDHE_ECDSA_WITH_AES_128_CCM', 'ECDHE', 'ECDSA', aead(aes128Ccm), sha256)
  add('TLS_ECDHE_ECDSA_WITH_AES_256_CCM', 'ECDHE', 'ECDSA', aead(aes256Ccm), sha256)
  add('TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', 'ECDHE', 'ECDSA', aead(aes128Ccm8), sha256)
  add('TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8', 'ECDHE', 'ECDSA', aead(aes256Ccm8), sha256)
  add('TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', 'ECDHE', 'ECDSA', block(aes128Cbc, sha256), sha256)
  add('TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384', 'ECDHE', 'ECDSA', block(aes256Cbc, sha384), sha384)
  add('TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', 'ECDHE', 'ECDSA', block(aes128Cbc, sha1), sha256)
  add('TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', 'ECDHE', 'ECDSA', block(aes256Cbc, sha1), sha256)

  add('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE', 'RSA', aead(aes128Gcm), sha256)
  add('TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'ECDHE', 'RSA', aead(aes256Gcm), sha384)
  add(
    'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
    'ECDHE',
    'RSA',
    aead(chacha20Poly1305, 12),
    sha256,
  )
  add('TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256', 'ECDHE', 'RSA', block(aes128Cbc, sha256), sha256)
  add('TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384', 'ECDHE', 'RSA', block(aes256Cbc, sha384), sha384)
  add('TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'ECDHE', 'RSA', block(aes128Cbc, sha1), sha256)
  add('TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', 'ECDHE', 'RSA', block(aes256Cbc, sha1), sha256)

  add('TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', 'DHE', 'RSA', aead(aes128Gcm), sha256)
  add('TLS_DHE_RSA_WITH_AES_256_GCM_SHA384', 'DHE', 'RSA', aead(aes256Gcm), sha384)
  add('TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'DHE', 'RSA', aead(chacha20Poly1305, 12), sha256)
  add('TLS_DHE_RSA_WITH_AES_128_CCM', 'DHE', 'RSA', aead(aes128Ccm), sha256)
  add('TLS_DHE_RSA_WITH_AES_256_CCM', 'DHE', 'RSA', aead(aes256Ccm), sha256)
  add('TLS_DHE_RSA_WITH_AES_128_CCM_8', 'DHE', 'RSA', aead(aes128Ccm8), sha256)
  add('TLS_DHE_RSA_WITH_AES_256_CCM_8', 'DHE', 'RSA', aead(aes256Ccm8), sha256)
  add('TLS_DHE_RSA_WITH_AES_128_CBC_SHA256', 'DHE', 'RSA', block(aes128Cbc, sha256), sha256)
  add('TLS_DHE_RSA_WITH_AES_256_CBC_SHA256', 'DHE', 'RSA', block(aes256Cbc, sha256), sha256)
  add('TLS_DHE_RSA_WITH_AES_128_CBC_SHA', 'DHE', 'RSA', block(aes128Cbc, sha1), sha256)
  add('TLS_DHE_RSA_WITH_AES_256_CBC_SHA', 'DHE', 'RSA', block(aes256Cbc, sha1), sha256)

  add('TLS_RSA_WITH_AES_128_GCM_SHA256', 'RSA', 'RSA', aead(aes128Gcm), sha256)
  add('TLS_RSA_WITH_AES_256_GCM_SHA384', 'RSA', 'RSA', aead(aes256Gcm), sha384)
  add('TLS_RSA_WITH_AES_128_CCM', 'RSA', 'RSA', aead(aes128Ccm), sha256)
  add('TLS_RSA_WITH_AES_256_CCM', 'RSA', 'RSA', aead(aes256Ccm), sha256)
  add('TLS_RSA_WITH_AES_128_CCM_8', 'RSA', 'RSA', aead(aes128Ccm8), sha256)
  add('TLS_RSA_WITH_AES_256_CCM_8', 'RSA', 'RSA', aead(aes256Ccm8), sha256)
  add('TLS_RSA_WITH_AES_128_CBC_SHA256', 'RSA', 'RSA', block(aes128Cbc, sha256), sha256)
  add('TLS_RSA_WITH_AES_256_CBC_SHA256', 'RSA', 'RSA', block(aes256Cbc, sha256), sha256)
  add('TLS_RSA_WITH_AES_128_CBC_SHA', 'RSA', 'RSA', block(aes128Cbc, sha1), sha256)
  add('TLS_RSA_WITH_AES_256_CBC_SHA', 'RSA', 'RSA', block(aes256Cbc, sha1), sha256)

  add('TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256', 'ECDHE_PSK', 'PSK', aead(aes128Gcm), sha256)
  add('TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384', 'ECDHE_PSK', 'PSK', aead(aes256Gcm), sha384)
  add(
    'TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256',
    'ECDHE_PSK',
    'PSK',
    aead(chacha20Poly1305, 12),
    sha256,
  )
  add('TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256', 'ECDHE_PSK', 'PSK', aead(aes128Ccm), sha256)
  add('TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256', 'ECDHE_PSK', 'PSK', aead(aes128Ccm8), sha256)
  add('TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256', 'ECDHE_PSK', 'PSK', block(aes128Cbc, sha256), sha256)
  add('TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384', 'ECDHE_PSK', 'PSK', block(aes256Cbc, sha384), sha384)
  add('TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA', 'ECDHE_PSK', 'PSK', block(aes128Cbc, sha1), sha256)
  add('TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA', 'ECDHE_PSK', 'PSK', block(aes256Cbc, sha1), sha256)

  add('TLS_PSK_WITH_AES_128_GCM_SHA256', 'PSK', 'PSK', aead(aes128Gcm), sha256)
  add('TLS_PSK_WITH_AES_256_GCM_SHA384', 'PSK', 'PSK', aead(aes256Gcm), sha384)
  add('TLS_PSK_WITH_CHACHA20_POLY1305_SHA256', 'PSK', 'PSK', aead(chacha20Poly1305, 12), sha256)
  add('TLS_PSK_WITH_AES_128_CCM', 'PSK', 'PSK', aead(aes128Ccm), sha256)
  add('TLS_PSK_WITH_AES_256_CCM', 'PSK', 'PSK', aead(aes256Ccm), sha256)
  add('TLS_PSK_WITH_AES_128_CCM_8', 'PSK', 'PSK', aead(aes128Ccm8), sha256)
  add('TLS_PSK_WITH_AES_256_CCM_8', 'PSK', 'PSK', aead(aes256Ccm8), sha256)
  add('TLS_PSK_WITH_AES_128_CBC_SHA256', 'PSK', 'PSK', block(aes128Cbc, sha256), sha256)
  add('TLS_PSK_WITH_AES_256_CBC_SHA384', 'PSK', 'PSK', block(aes256Cbc, sha384), sha384)
  add('TLS_PSK_WITH_AES_128_CBC_SHA', 'PSK', 'PSK', block(aes128Cbc, sha1), sha256)
  add('TLS_PSK_WITH_AES_256_CBC_SHA', 'PSK', 'PSK', block(aes256Cbc, sha1), sha256)
  return suites
}
