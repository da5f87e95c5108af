/** Attacks by certificates: hostile keys, hostile structures, hostile names. The list is in list.ts. */
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  createTrustStore,
  parseCertificate,
  type Verdict,
  type VerifyInput,
  verifyCertificate,
  X509Error,
} from '../../packages/x509/src/index.ts'
import * as maker from '../../packages/x509/test/support/certificate-maker.ts'
import * as der from '../../packages/x509/test/support/der-writer.ts'
import { nodeVerifiers } from '../../packages/x509/test/support/verifiers.ts'

const [rootKey, otherKey, leafKey] = [20, 21, 22].map(maker.poolKey) as [
  maker.Key,
  maker.Key,
  maker.Key,
]
const root = maker.makeRoot('Root', rootKey)

/** What is asked of the platform's cryptography, counted. */
function judge(certificate: Uint8Array, input: Partial<VerifyInput> = {}) {
  let signatures = 0
  const verifiers = Object.fromEntries(
    Object.entries(nodeVerifiers).map(([name, verify]) => [
      name,
      (...parts: Parameters<typeof verify>) => {
        signatures++
        return verify(...parts)
      },
    ]),
  )
  const started = performance.now()
  const verdict = verifyCertificate({
    certificate,
    intermediates: [],
    trust: [root],
    time: maker.now,
    name: 'example.com',
    usage: 'serverAuth',
    verifiers,
    ...input,
  }) as Verdict
  return {
    verdict,
    codes: verdict.failures.map(({ code }) => code),
    signatures,
    milliseconds: performance.now() - started,
  }
}

const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))
const withSpki = (key: maker.Key, spki: Uint8Array): maker.Key => ({ ...key, spki })

it('CVE-2023-29409: keys of RSA that take minutes to compute with are never computed with', () => {
  const number = (bits: number) => {
    const value = new Uint8Array(bits / 8 + 1).fill(0xa5)
    value[0] = 0
    return der.tlv(2, value)
  }
  const rsa = (modulus: Uint8Array, exponent: Uint8Array) =>
    der.sequence(
      der.sequence(der.oid('1.2.840.113549.1.1.1'), der.tlv(5)),
      der.bitString(der.concat([der.sequence(modulus, exponent)])),
    )
  for (const spki of [
    rsa(number(65_536), der.integer(65_537)),
    rsa(number(2048), number(2048)),
    rsa(number(2048), der.integer(1)),
    rsa(number(2048), der.integer(65_536)),
  ]) {
    // As the key of an authority, whose signature would have to be verified with it.
    const hostile = maker.makeAuthority('Hostile', withSpki(otherKey, spki), 'Root', rootKey)
    const leaf = maker.makeCertificate({
      subject: 'example.com',
      issuer: 'Hostile',
      key: leafKey,
      issuerKey: otherKey,
      signatureAlgorithm: der.sequence(der.oid('1.2.840.113549.1.1.11'), der.tlv(5)),
      extensions: [maker.subjectAltName('dns:example.com'), maker.extendedKeyUsage('serverAuth')],
    })
    const result = judge(leaf, { intermediates: [hostile] })
    expect(result.verdict.valid).toBe(false)
    expect(result.milliseconds).toBeLessThan(1000)
    // That of the hostile authority by the root at the most: nothing by the hostile key.
    expect(result.signatures).toBeLessThanOrEqual(1)
  }
})

describe('CVE-2020-0601 (CurveBall), CVE-2022-0778: a curve is a name', () => {
  // The point (2, 4) of some curve over a composite "prime": a loop without end where a square root is taken of it.
  const explicitCurve = (prime: Uint8Array) =>
    der.sequence(
      der.sequence(
        der.oid('1.2.840.10045.2.1'),
        der.sequence(
          der.integer(1),
          der.sequence(der.oid('1.2.840.10045.1.1'), der.tlv(2, prime)),
          der.sequence(
            der.octetString(new Uint8Array(32).fill(1)),
            der.octetString(new Uint8Array(32).fill(2)),
          ),
          der.octetString(Uint8Array.of(2, ...new Uint8Array(32).fill(3))),
          der.tlv(2, prime),
        ),
      ),
      der.bitString(Uint8Array.of(2, ...new Uint8Array(32).fill(3))),
    )

  it('explicit parameters are refused before the platform sees them', () => {
    for (const prime of [bytesOf('02b9'), bytesOf(`00${'ff'.repeat(32)}`)]) {
      const spki = explicitCurve(prime)
      const result = judge(maker.makeLeaf(withSpki(leafKey, spki), 'Root', rootKey))
      expect(result.codes).toContain('unsupported-algorithm')
      const authority = maker.makeAuthority('Hostile', withSpki(otherKey, spki), 'Root', rootKey)
      const below = judge(maker.makeLeaf(leafKey, 'Hostile', otherKey), {
        intermediates: [authority],
      })
      expect(below.verdict.valid).toBe(false)
      expect(below.signatures).toBeLessThanOrEqual(1)
    }
  })

  it("a root with another generator, and the trusted root's point, is another root", () => {
    const { publicKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      paramEncoding: 'explicit',
    })
    const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }))
    const impostor = maker.makeRoot('Root', withSpki(otherKey, spki))
    const result = judge(maker.makeLeaf(leafKey, 'Root', otherKey), { intermediates: [impostor] })
    expect(result.verdict.valid).toBe(false)
  })
})

it('structures nested without end are refused, and not followed', () => {
  // CVE-2018-0739 and its like: recursion, one level for each two bytes.
  let nested = new Uint8Array(0)
  const parts: Uint8Array[] = []
  for (let depth = 0; depth < 20_000; depth++) parts.push(Uint8Array.of(0x30, 0x80))
  nested = new Uint8Array(der.concat(parts))
  expect(() => parseCertificate(nested)).toThrow(X509Error)
  // With right lengths: 5,000 levels in the place of an extension, of a name and of a key.
  let deep = new Uint8Array(0)
  for (let depth = 0; depth < 5000; depth++) deep = new Uint8Array(der.sequence(deep))
  for (const certificate of [
    maker.makeLeaf(leafKey, 'Root', rootKey, {
      also: Object.values(maker.extensionOid).map((id) => maker.extension(id, deep)),
    }),
    maker.makeLeaf(leafKey, 'Root', rootKey, { subject: deep }),
    maker.makeLeaf(withSpki(leafKey, deep), 'Root', rootKey),
  ]) {
    const result = judge(certificate)
    expect(result.verdict.valid).toBe(false)
    expect(result.milliseconds).toBeLessThan(2000)
  }
})

it('CVE-2025-58185: a list of elements without content costs memory of its own size', () => {
  const empty = new Uint8Array(200_000)
  for (let at = 0; at < empty.length; at += 2) empty[at] = 0x30
  const names = der.tlv(0x30, empty)
  const certificate = maker.makeLeaf(leafKey, 'Root', rootKey, {
    also: [maker.extension('2.5.29.31', names), maker.extension('1.3.6.1.5.5.7.1.1', names)],
  })
  const before = process.memoryUsage().heapUsed
  const result = judge(certificate)
  expect(result.milliseconds).toBeLessThan(2000)
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000)
})

it('CVE-2023-0464: policies and their mappings grow with the certificates, not with their product', () => {
  const ids = Array.from({ length: 100 }, (_, i) => `1.2.3.${i}`)
  const pairs = ids.flatMap((from) => ids.map((to) => [from, to] as const))
  const certificates: Uint8Array[] = []
  let [issuer, issuerKey] = ['Root', rootKey] as [string, maker.Key]
  for (let i = 0; i < 6; i++) {
    const key = maker.poolKey(i)
    certificates.push(
      maker.makeAuthority(`A${i}`, key, issuer, issuerKey, {
        also: [
          maker.policies(...ids),
          maker.policyMappings(...pairs),
          ...(i === 0 ? [maker.policyConstraints(0)] : []),
        ],
      }),
    )
    ;[issuer, issuerKey] = [`A${i}`, key]
  }
  const leaf = maker.makeLeaf(leafKey, issuer, issuerKey, { also: [maker.policies(...ids)] })
  const result = judge(leaf, { intermediates: certificates })
  expect(result.milliseconds).toBeLessThan(3000)
  expect(result.verdict.valid).toBe(true)
})

it('CVE-2020-1971: names of the forms that nobody uses are compared, and nothing falls', () => {
  const ediPartyName = der.tlv(0xa5, der.tlv(0xa1, der.utf8String('party')))
  const x400Address = der.tlv(0xa3, der.sequence())
  for (const name of [ediPartyName, x400Address])
    for (const constrained of [true, false]) {
      const authority = maker.makeAuthority('A', otherKey, 'Root', rootKey, {
        also: constrained
          ? [
              maker.extension(
                maker.extensionOid.nameConstraints,
                der.sequence(der.tlv(0xa1, der.sequence(name))),
                true,
              ),
            ]
          : [],
      })
      const leaf = maker.makeLeaf(leafKey, 'A', otherKey, {
        extensions: [
          maker.extendedKeyUsage('serverAuth'),
          maker.extension(
            maker.extensionOid.subjectAltName,
            der.sequence(name, maker.generalName('dns:example.com')),
          ),
        ],
      })
      expect(judge(leaf, { intermediates: [authority] }).verdict.valid).toBe(!constrained)
    }
})

it('CVE-2026-27138: an empty DNS name under an excluded subtree', () => {
  const authority = maker.makeAuthority('A', otherKey, 'Root', rootKey, {
    also: [maker.nameConstraints([], ['dns:evil.test'])],
  })
  const leaf = maker.makeLeaf(leafKey, 'A', otherKey, {
    extensions: [
      maker.extendedKeyUsage('serverAuth'),
      maker.subjectAltName('dns:', 'dns:example.com'),
    ],
  })
  expect(judge(leaf, { intermediates: [authority] }).verdict.valid).toBe(false)
})

it('CVE-2025-61727: a wildcard does not reach into an excluded subtree', () => {
  const authority = maker.makeAuthority('A', otherKey, 'Root', rootKey, {
    also: [maker.nameConstraints([], ['dns:test.example.com'])],
  })
  const leaf = maker.makeLeaf(leafKey, 'A', otherKey, {
    extensions: [maker.extendedKeyUsage('serverAuth'), maker.subjectAltName('dns:*.example.com')],
  })
  const input = { intermediates: [authority], name: 'test.example.com' }
  expect(judge(leaf, input).verdict.valid).toBe(false)
})

it('CVE-2015-1793: a leaf is no authority, whatever other path there is', () => {
  const leaf = maker.makeLeaf(otherKey, 'Root', rootKey)
  const below = maker.makeLeaf(leafKey, 'example.com', otherKey)
  const twin = maker.makeAuthority('example.com', otherKey, 'Nobody', leafKey)
  expect(judge(below, { intermediates: [leaf, twin] }).verdict.valid).toBe(false)
})

it('CVE-2009-2408: a NUL does not end a name', () => {
  const name = 'example.com\0.evil.test'
  const leaf = maker.makeLeaf(leafKey, 'Root', rootKey, {
    extensions: [maker.extendedKeyUsage('serverAuth'), maker.subjectAltName(`dns:${name}`)],
  })
  expect(judge(leaf).codes).toContain('name-mismatch')
  expect(judge(leaf, { name }).verdict.valid).toBe(false)
})

it('authentication is never skipped in silence: no name, a name of no bytes, an address, another use', () => {
  const leaf = maker.makeLeaf(leafKey, 'Root', rootKey)
  expect(judge(leaf).verdict.valid).toBe(true)
  for (const name of ['', '.', '192.0.2.1', '::1', '[::1]', 'example.com:443', '*.com', '*'])
    expect(judge(leaf, { name }).verdict.valid, name).toBe(false)
  expect(judge(leaf, { usage: 'clientAuth' }).verdict.valid).toBe(false)
  // Where a caller gives no name, the verdict says that none was compared.
  const { name: _, ...nameless } = {
    certificate: leaf,
    intermediates: [],
    trust: createTrustStore([root]),
    time: maker.now,
    usage: 'serverAuth' as const,
    verifiers: nodeVerifiers,
    name: undefined,
  }
  const { checks } = verifyCertificate(nameless) as Verdict
  expect(checks.find(({ what }) => what === 'name')?.result).toBe('skipped')
})
