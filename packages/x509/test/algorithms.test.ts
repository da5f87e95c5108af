/** Keys and signatures of every kind, made by openssl or node:crypto. */
import { execFileSync } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import {
  decodePem,
  parseCertificate,
  parseSubjectPublicKeyInfo,
  type SignatureAlgorithm,
  type Verdict,
  verifyCertificate,
  X509Error,
} from '../src/index.ts'
import * as maker from './support/certificate-maker.ts'
import { bitString, integer, oid, sequence, tlv } from './support/der-writer.ts'
import { nodeVerifiers } from './support/verifiers.ts'

const directory = mkdtempSync(join(tmpdir(), 'x509-algorithms-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** An authority that is its own issuer, with the key and signature options of `openssl req`. */
function makeByOpenssl(options: readonly string[]): Uint8Array {
  const pem = execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-nodes',
      '-days',
      '30',
      '-subj',
      '/CN=Root',
      '-keyout',
      join(directory, 'key.pem'),
      ...options,
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  )
  return decodePem(pem)[0]!.der
}

/** A certificate under an anchor of the same name and key that is not itself, so that its signature counts. */
function judgeSignature(certificate: Uint8Array): Verdict {
  const { subject, subjectPublicKeyInfo } = parseCertificate(certificate)
  return verifyCertificate({
    certificate,
    intermediates: [],
    trust: [{ subject, subjectPublicKeyInfo }],
    time: Date.now() + 1000,
    usage: 'any',
    verifiers: nodeVerifiers,
  }) as Verdict
}

const pss = (digest: string, salt: string): readonly string[] => [
  ...['-newkey', 'rsa:2048', `-${digest}`],
  ...['-sigopt', 'rsa_padding_mode:pss', '-sigopt', `rsa_pss_saltlen:${salt}`],
]

describe('signatures that openssl makes', () => {
  test.each<[SignatureAlgorithm, readonly string[]]>([
    ['rsa-pkcs1-sha256', ['-newkey', 'rsa:2048', '-sha256']],
    ['rsa-pkcs1-sha384', ['-newkey', 'rsa:2048', '-sha384']],
    ['rsa-pkcs1-sha512', ['-newkey', 'rsa:2048', '-sha512']],
    ['rsa-pss-sha256', pss('sha256', 'digest')],
    ['rsa-pss-sha384', pss('sha384', 'digest')],
    ['rsa-pss-sha512', pss('sha512', 'digest')],
    ['ecdsa-sha256', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-sha256']],
    ['ecdsa-sha384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-sha384']],
    ['ecdsa-sha512', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-521', '-sha512']],
    ['ed25519', ['-newkey', 'ed25519']],
    ['ed448', ['-newkey', 'ed448']],
  ])('%s', (name, options) => {
    const certificate = makeByOpenssl(options)
    expect(parseCertificate(certificate).signatureAlgorithm.name).toBe(name)
    expect(judgeSignature(certificate).failures).toEqual([])
    const changed = certificate.slice()
    changed[changed.length - 20]! ^= 4
    expect(judgeSignature(changed).failures).toMatchObject([{ code: 'bad-signature' }])
  })

  test.each([
    ['another salt length', pss('sha256', '20')],
    ['the longest salt', pss('sha256', 'max')],
    ['another hash', ['-newkey', 'rsa:2048', '-sha224']],
    ['MGF1 with another hash', [...pss('sha256', 'digest'), '-sigopt', 'rsa_mgf1_md:sha1']],
  ])('with %s are not accepted', (_, options) => {
    const certificate = makeByOpenssl(options)
    const { signatureAlgorithm } = parseCertificate(certificate)
    expect(signatureAlgorithm.name).toBeUndefined()
    expect(signatureAlgorithm.problem).toBeDefined()
    expect(judgeSignature(certificate).failures[0]?.code).toBe('unsupported-algorithm')
  })

  test('an RSASSA-PSS key makes only the signatures it is restricted to', () => {
    const keyOptions = [
      '-pkeyopt',
      'rsa_keygen_bits:2048',
      '-pkeyopt',
      'rsa_pss_keygen_md:sha256',
      '-pkeyopt',
      'rsa_pss_keygen_mgf1_md:sha256',
      '-pkeyopt',
      'rsa_pss_keygen_saltlen:32',
    ]
    const certificate = makeByOpenssl([
      '-newkey',
      'rsa-pss',
      ...keyOptions,
      '-sha256',
      '-sigopt',
      'rsa_pss_saltlen:32',
    ])
    const { algorithm } = parseCertificate(certificate).subjectPublicKeyInfo
    expect(algorithm).toMatchObject({
      type: 'rsa-pss',
      bits: 2048,
      exponent: 65537n,
      restrictedTo: 'rsa-pss-sha256',
    })
    expect(judgeSignature(certificate).failures).toEqual([])
  })
})

describe('ML-DSA, which this platform may not have', () => {
  const sizes = {
    'ml-dsa-44': [17, 1312],
    'ml-dsa-65': [18, 1952],
    'ml-dsa-87': [19, 2592],
  } as const
  test.each(Object.entries(sizes))(
    '%s is known by name and asks the verifier of that name',
    (name, [arc, size]) => {
      const algorithm = sequence(oid(`2.16.840.1.101.3.4.3.${arc}`))
      const spki = sequence(algorithm, bitString(new Uint8Array(size).fill(7)))
      const template = maker.poolKey(0)
      const key: maker.Key = { ...template, spki }
      const certificate = maker.makeLeaf(template, 'Root', template, {
        signatureAlgorithm: algorithm,
      })
      const asked: Uint8Array[] = []
      const verdict = verifyCertificate({
        certificate,
        intermediates: [],
        trust: [maker.makeRoot('Root', key, { issuerKey: template })],
        time: maker.now,
        usage: 'serverAuth',
        verifiers: {
          [name]: (given: Uint8Array) => {
            asked.push(given)
            return true
          },
        },
      }) as Verdict
      expect(verdict.failures).toEqual([])
      expect(asked).toEqual([spki])
      expect(() =>
        parseSubjectPublicKeyInfo(sequence(algorithm, bitString(new Uint8Array(size - 1)))),
      ).toThrow(X509Error)
    },
  )
})

describe('keys that are no keys', () => {
  const rsa = (modulus: Uint8Array, exponent: Uint8Array): Uint8Array =>
    sequence(
      sequence(oid('1.2.840.113549.1.1.1'), tlv(0x05)),
      bitString(sequence(modulus, exponent)),
    )
  const large = integer(2n ** 2047n + 1n)

  test.each<[string, Uint8Array, RegExp]>([
    [
      'RSA without NULL',
      sequence(sequence(oid('1.2.840.113549.1.1.1')), bitString(sequence(large, integer(3)))),
      /missing/,
    ],
    ['RSA with a negative modulus', rsa(tlv(2, Uint8Array.of(0x80)), integer(3)), /negative/],
    [
      'RSA with bytes left over',
      sequence(
        sequence(oid('1.2.840.113549.1.1.1'), tlv(0x05)),
        bitString(sequence(large, integer(3), integer(3))),
      ),
      /left over/,
    ],
    ['RSA with an endless exponent', rsa(large, integer(2n ** 300n)), /256 bits/],
    [
      'a point of another length',
      sequence(
        sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')),
        bitString(Uint8Array.of(4, 1, 2)),
      ),
      /not a point/,
    ],
    [
      'the point at infinity',
      sequence(
        sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')),
        bitString(Uint8Array.of(0)),
      ),
      /not a point/,
    ],
    [
      'Ed25519 with parameters',
      sequence(sequence(oid('1.3.101.112'), tlv(0x05)), bitString(new Uint8Array(32))),
      /left over/,
    ],
    [
      'Ed25519 of 31 bytes',
      sequence(sequence(oid('1.3.101.112')), bitString(new Uint8Array(31))),
      /31 bytes/,
    ],
  ])('%s', (_, spki, message) => {
    expect(() => parseSubjectPublicKeyInfo(spki)).toThrow(X509Error)
    expect(() => parseSubjectPublicKeyInfo(spki)).toThrow(message)
  })

  test.each([
    ['an exponent of one', integer(1)],
    ['an even exponent', integer(65536)],
    ['an exponent above 64 bits', integer(2n ** 64n + 1n)],
  ])('RSA with %s is weak', (_, exponent) => {
    const key: maker.Key = { ...maker.poolKey(1), spki: rsa(large, exponent) }
    const verdict = verifyCertificate({
      certificate: maker.makeLeaf(key, 'Root', maker.poolKey(0)),
      intermediates: [],
      trust: [maker.makeRoot('Root', maker.poolKey(0))],
      time: maker.now,
      usage: 'serverAuth',
      verifiers: nodeVerifiers,
    }) as Verdict
    expect(verdict.failures).toMatchObject([{ code: 'weak-key', depth: 0 }])
  })

  test('the length of RSA keys is counted in bits', () => {
    for (const bits of [1024, 2047, 2048, 2049, 3072]) {
      const spki = rsa(integer(2n ** BigInt(bits - 1) + 1n), integer(65537))
      expect(parseSubjectPublicKeyInfo(spki).algorithm.bits).toBe(bits)
    }
  })
})

test('a SubjectPublicKeyInfo stands alone as well as in a certificate', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const der = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }))
  const { algorithm, publicKey: point } = parseSubjectPublicKeyInfo(der)
  expect(algorithm).toEqual({
    type: 'ec',
    oid: '1.2.840.10045.2.1',
    curveOid: '1.3.132.0.34',
    curve: 'P-384',
    bits: 384,
  })
  expect(point).toHaveLength(97)
  // The key identifier that openssl writes is the SHA-1 of exactly these bits.
  const certificate = parseCertificate(
    makeByOpenssl(['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384']),
  )
  const digest = createHash('sha1').update(certificate.subjectPublicKeyInfo.publicKey).digest()
  expect(Buffer.from(certificate.subjectKeyIdentifier!)).toEqual(digest)
})
