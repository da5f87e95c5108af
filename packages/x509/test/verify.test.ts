import { describe, expect, test } from 'vitest'
import {
  type Certificate,
  createTrustStore,
  type FailureCode,
  type PathCheck,
  parseCertificate,
  type Verdict,
  type VerifyInput,
  verifyCertificate,
} from '../src/index.ts'
import { rfc5280, webpki } from '../src/profiles/index.ts'
import * as maker from './support/certificate-maker.ts'
import { bitString, integer, octetString, oid, sequence, tlv } from './support/der-writer.ts'
import { nodeVerifiers } from './support/verifiers.ts'

const [rootKey, authorityKey, leafKey, otherKey] = [0, 1, 2, 3].map(maker.poolKey) as [
  maker.Key,
  maker.Key,
  maker.Key,
  maker.Key,
]
const root = maker.makeRoot('Root', rootKey)
const authority = maker.makeAuthority('Authority', authorityKey, 'Root', rootKey)
const leaf = maker.makeLeaf(leafKey, 'Authority', authorityKey)

function verify(input: Partial<VerifyInput>): Verdict {
  const verdict = verifyCertificate({
    certificate: leaf,
    intermediates: [authority],
    trust: [root],
    time: maker.now,
    name: 'example.com',
    usage: 'serverAuth',
    verifiers: nodeVerifiers,
    ...input,
  })
  if ('then' in verdict) throw new Error('the verifiers of node:crypto are synchronous')
  // Whatever the case: the flag, the failures and the checks must tell the same story.
  expect(verdict.valid).toBe(verdict.failures.length === 0)
  if (verdict.valid) expect(verdict.checks.some(({ result }) => result === 'fail')).toBe(false)
  else expect(verdict.checks.some(({ result }) => result === 'fail')).toBe(true)
  return verdict
}

const codes = (verdict: Verdict): readonly FailureCode[] => verdict.failures.map(({ code }) => code)
const authorityWith = (options: maker.IssueOptions): Uint8Array =>
  maker.makeAuthority('Authority', authorityKey, 'Root', rootKey, options)
const leafWith = (options: maker.IssueOptions): Uint8Array =>
  maker.makeLeaf(leafKey, 'Authority', authorityKey, options)

describe('a good chain', () => {
  test('is valid, and the verdict shows path, anchor and every check', () => {
    const verdict = verify({})
    expect(codes(verdict)).toEqual([])
    expect(verdict.path.map(({ der }) => der)).toEqual([leaf, authority, root])
    expect(verdict.anchor?.certificate?.der).toEqual(root)
    const what = (depth: number | undefined) =>
      verdict.checks.filter((check) => check.depth === depth).map((check) => check.what)
    expect(what(0)).toContain('validity')
    expect(what(1)).toContain('certificate authority')
    expect(verdict.checks.filter((check) => check.what === 'signature')).toHaveLength(2)
    expect(verdict.checks.find((check) => check.what === 'name')).toMatchObject({
      result: 'pass',
      against: 'example.com',
      section: 'RFC 9525 §6',
      detail: 'DNS:example.com',
    })
  })

  test('may come in any order, with the root, with strangers and with repetitions', () => {
    const stranger = maker.makeRoot('Stranger', otherKey)
    const second = maker.makeAuthority('Second', otherKey, 'Authority', authorityKey)
    const below = maker.makeLeaf(leafKey, 'Second', otherKey)
    const intermediates = [stranger, root, second, second, authority]
    expect(verify({ certificate: below, intermediates }).path).toHaveLength(4)
    expect(verify({ certificate: below, intermediates: intermediates.toReversed() }).valid).toBe(
      true,
    )
  })

  test('is valid with parsed certificates and a trust store too', () => {
    const verdict = verify({
      certificate: parseCertificate(leaf),
      intermediates: [parseCertificate(authority)],
      trust: createTrustStore([root]),
    })
    expect(verdict.valid).toBe(true)
  })

  test.each([
    ['RSA', maker.makeRsaKey()],
    ['Ed25519', maker.makeEd25519Key()],
  ])('of %s is valid', (_, key) => {
    const ownRoot = maker.makeRoot('Root', key)
    const below = maker.makeLeaf(key, 'Root', key)
    expect(codes(verify({ certificate: below, intermediates: [], trust: [ownRoot] }))).toEqual([])
  })
})

describe('trust', () => {
  test('a leaf without issuer is an unknown issuer at depth 0', () => {
    const verdict = verify({ intermediates: [] })
    expect(verdict.failures[0]).toMatchObject({ code: 'unknown-issuer', depth: 0 })
    expect(verdict.failures[0]?.message).toContain('CN=Authority')
  })

  test('a chain without root is an unknown issuer at the depth where it ends', () => {
    const verdict = verify({ trust: [maker.makeRoot('Other', otherKey)] })
    expect(verdict.failures).toMatchObject([{ code: 'unknown-issuer', depth: 1 }])
    expect(verdict.path).toHaveLength(2)
  })

  test('a chain that ends in an untrusted root says so', () => {
    const verdict = verify({ intermediates: [authority, root], trust: [] })
    expect(verdict.failures).toMatchObject([{ code: 'self-signed-in-chain', depth: 2 }])
  })

  test('a self-signed leaf is refused, and accepted when it is itself trusted', () => {
    const selfSigned = maker.makeCertificate({
      subject: 'example.com',
      issuer: 'example.com',
      key: leafKey,
      issuerKey: leafKey,
      extensions: [maker.subjectAltName('dns:example.com')],
    })
    expect(verify({ certificate: selfSigned }).failures).toMatchObject([
      { code: 'self-signed-leaf', depth: 0 },
    ])
    const trusted = verify({ certificate: selfSigned, trust: [selfSigned] })
    expect(trusted.valid).toBe(true)
    expect(trusted.path).toHaveLength(1)
    expect(
      codes(verify({ certificate: selfSigned, trust: [selfSigned], name: 'example.org' })),
    ).toEqual(['name-mismatch'])
  })

  test('an anchor of the same name with another key is another issuer, where identifiers tell', () => {
    const renewed = maker.makeRoot('Root', otherKey)
    const verdict = verify({ trust: [renewed] })
    expect(verdict.failures).toMatchObject([{ code: 'unknown-issuer', depth: 1 }])
    expect(verdict.failures[0]?.message).toContain('keys differ')
    expect(verify({ trust: [renewed], intermediates: [authority, root] }).failures).toMatchObject([
      { code: 'self-signed-in-chain', depth: 2 },
    ])
    const silent = maker.makeRoot('Root', otherKey, { extensions: [maker.basicConstraints(true)] })
    expect(verify({ trust: [silent] }).failures).toMatchObject([
      { code: 'bad-signature', depth: 1 },
    ])
  })

  test('a trusted leaf is under the constraints its anchor was given', () => {
    const certificate = parseCertificate(leaf)
    const { subject, subjectPublicKeyInfo } = certificate
    const excludedSubtrees = [{ type: 'dns' as const, value: 'example.com' }]
    const nameConstraints = { permittedSubtrees: [], excludedSubtrees }
    const anchor = { subject, subjectPublicKeyInfo, certificate }
    expect(verify({ trust: [anchor] }).valid).toBe(true)
    expect(codes(verify({ trust: [{ ...anchor, nameConstraints }] }))).toEqual(['name-constraints'])
  })

  test('of several anchors of one name the right one is found', () => {
    const trust = [maker.makeRoot('Root', otherKey), root, maker.makeRoot('Root', leafKey)]
    expect(verify({ trust }).valid).toBe(true)
  })

  test('an intermediate may be the anchor', () => {
    expect(verify({ trust: [authority], intermediates: [] }).path).toHaveLength(2)
  })

  test('a bare name and key may be the anchor, and may be constrained', () => {
    const { subject, subjectPublicKeyInfo } = parseCertificate(root)
    const bare = { subject, subjectPublicKeyInfo }
    expect(verify({ trust: [bare] }).path).toHaveLength(2)
    const permitted = (value: string) => ({
      permittedSubtrees: [{ type: 'dns' as const, value }],
      excludedSubtrees: [],
    })
    expect(verify({ trust: [{ ...bare, nameConstraints: permitted('example.com') }] }).valid).toBe(
      true,
    )
    expect(
      codes(verify({ trust: [{ ...bare, nameConstraints: permitted('example.org') }] })),
    ).toEqual(['name-constraints'])
  })

  test('a root that cannot be read is not trusted and does not disturb the others', () => {
    const store = createTrustStore([Uint8Array.of(1, 2, 3), root])
    expect(store.anchors).toHaveLength(1)
    expect(store.rejected[0]?.error.message).toMatch(/at byte 0/)
    expect(verify({ trust: store }).valid).toBe(true)
  })

  test('nor does one whose name can be read, and no more', () => {
    const broken = root.slice()
    broken[broken.length - 1 - parseCertificate(root).signature.length] = 1 // unused bits of the signature
    const store = createTrustStore([broken, root])
    expect(store.find(parseCertificate(root).subject)).toEqual([store.anchors[0]])
    expect(store.anchors[0]?.certificate?.der).toBe(root)
    expect(store.rejected.map(({ der }) => der)).toEqual([broken])
    expect(createTrustStore([broken]).find(parseCertificate(root).subject)).toEqual([])
    expect(codes(verify({ trust: [broken] }))).toEqual(['unknown-issuer'])
  })

  test('what is no certificate at all is an error of the caller', () => {
    for (const input of ['a root', 42, undefined, {}])
      expect(() => createTrustStore([input as never])).toThrow(TypeError)
  })

  test('names of issuer and subject may differ in case and white space', () => {
    const spaced = maker.makeRoot(' ROOT  ', rootKey)
    expect(verify({ trust: [spaced] }).valid).toBe(true)
  })
})

describe('signatures', () => {
  test('a changed byte in the signed part or the signature is a bad signature', () => {
    const changed = leaf.slice()
    changed[changed.length - 5]! ^= 1
    expect(codes(verify({ certificate: changed }))).toContain('bad-signature')
  })

  test('a key that cannot make such a signature is told', () => {
    const confused = maker.makeLeaf(leafKey, 'Authority', authorityKey, {
      signatureAlgorithm: sequence(oid('1.2.840.113549.1.1.11'), tlv(0x05)),
    })
    const verdict = verify({ certificate: confused })
    expect(codes(verdict)).toEqual(['bad-signature'])
    expect(verdict.failures[0]?.message).toContain('EC P-256')
  })

  test('SHA-1 is refused even with a verifier for it', () => {
    const key = maker.makeRsaKey(2048, 'sha1')
    const certificate = maker.makeLeaf(leafKey, 'Old', key)
    const verdict = verify({ certificate, trust: [maker.makeRoot('Old', key)], intermediates: [] })
    expect(codes(verdict)).toEqual(['weak-signature'])
  })

  test('parameters that do not belong are refused', () => {
    const withNull = sequence(oid('1.2.840.10045.4.3.2'), tlv(0x05))
    const certificate = leafWith({ signatureAlgorithm: withNull })
    expect(codes(verify({ certificate }))).toContain('unsupported-algorithm')
  })

  test('each rule of a profile that is broken is told', () => {
    const certificate = maker.makeLeaf(leafKey, 'Authority', authorityKey, {
      subject: '',
      serialNumber: integer(0),
      extensions: [maker.subjectAltName('dns:example.com')],
    })
    const verdict = verify({ certificate, profile: rfc5280 })
    expect(codes(verdict)).toEqual(['profile', 'profile', 'profile'])
    const sections = verdict.failures.map(({ section }) => section)
    expect(sections).toEqual(['RFC 5280 §4.1.2.2', 'RFC 5280 §4.2.1.1', 'RFC 5280 §4.2.1.6'])
    expect(codes(verify({ certificate }))).toEqual([])
  })

  test('an algorithm without verifier is unsupported, and the message names it', () => {
    const verdict = verify({ verifiers: {} })
    expect(new Set(codes(verdict))).toEqual(new Set(['unsupported-algorithm']))
    expect(verdict.failures[0]?.message).toContain('ecdsa-sha256')
  })

  test('a verifier that throws or answers something else than true has not verified', () => {
    const throwing = {
      'ecdsa-sha256': () => {
        throw new Error('broken')
      },
    }
    expect(codes(verify({ verifiers: throwing }))).toEqual(['bad-signature'])
    const truthy = { 'ecdsa-sha256': () => 1 as unknown as boolean }
    expect(codes(verify({ verifiers: truthy }))).toEqual(['bad-signature'])
  })

  test('asynchronous verifiers give the same verdict by promise', async () => {
    const later: VerifyInput['verifiers'] = {
      'ecdsa-sha256': async (spki, data, signature) => {
        await new Promise((resolve) => setTimeout(resolve, 1))
        return nodeVerifiers['ecdsa-sha256']!(spki, data, signature)
      },
    }
    const input = {
      certificate: leaf,
      intermediates: [authority],
      trust: [root],
      time: maker.now,
      name: 'example.com',
      usage: 'serverAuth',
    } as const
    const promised = verifyCertificate({ ...input, verifiers: later })
    expect('then' in promised).toBe(true)
    const verdict = await promised
    expect(verdict.valid).toBe(true)
    expect(verdict.checks).toEqual(verify({}).checks)
    const rejecting = { 'ecdsa-sha256': () => Promise.reject(new Error('no')) }
    expect(codes(await verifyCertificate({ ...input, verifiers: rejecting }))).toEqual([
      'bad-signature',
    ])
  })
})

describe('validity', () => {
  const second = 1000
  test.each<[string, number, FailureCode[]]>([
    ['the first second', maker.validFrom, []],
    ['a millisecond before', maker.validFrom - 1, ['not-yet-valid']],
    ['the last second', maker.validTo + 999, []],
    ['a second after', maker.validTo + second, ['expired']],
  ])('%s', (_, time, expected) => {
    // Authority and root are valid for longer, so that the leaf alone decides.
    const wide = { notBefore: Date.UTC(2020), notAfter: Date.UTC(2060) }
    const verdict = verify({
      time,
      intermediates: [authorityWith(wide)],
      trust: [maker.makeRoot('Root', rootKey, wide)],
    })
    expect(codes(verdict)).toEqual(expected)
  })

  test('an expired authority is told at its depth, with the path it leads to', () => {
    const verdict = verify({ intermediates: [authorityWith({ notAfter: maker.now - second })] })
    expect(verdict.failures).toMatchObject([{ code: 'expired', depth: 1 }])
    expect(verdict.path).toHaveLength(3)
    expect(verdict.attempts.length).toBeGreaterThan(0)
  })

  test('an expired authority does not stand in the way of a renewed one', () => {
    const old = authorityWith({ notAfter: maker.now - second })
    expect(verify({ intermediates: [old, authority] }).valid).toBe(true)
  })

  test('an expired root is refused', () => {
    const trust = [maker.makeRoot('Root', rootKey, { notAfter: maker.now - second })]
    expect(verify({ trust }).failures).toMatchObject([{ code: 'expired', depth: 2 }])
  })

  test('a time that is no number is the mistake of the caller', () => {
    expect(() => verify({ time: Number.NaN })).toThrow(/time/)
  })
})

describe('authorities', () => {
  test.each<[string, readonly Uint8Array[], FailureCode]>([
    ['without basicConstraints', [maker.keyUsage('keyCertSign')], 'not-a-ca'],
    ['with cA false', [maker.basicConstraints(false)], 'not-a-ca'],
    ['without keyCertSign', [maker.basicConstraints(true), maker.keyUsage('cRLSign')], 'key-usage'],
    [
      'for code only',
      [maker.basicConstraints(true), maker.extendedKeyUsage('codeSigning')],
      'extended-key-usage',
    ],
  ])('%s are refused', (_, extensions, code) => {
    const verdict = verify({ intermediates: [authorityWith({ extensions })] })
    expect(verdict.failures).toMatchObject([{ code, depth: 1 }])
  })

  test('of version 1 are trusted as anchors, never as intermediates', () => {
    const old = { version: 1, extensions: [] } as const
    expect(verify({ trust: [maker.makeRoot('Root', rootKey, old)] }).valid).toBe(true)
    expect(codes(verify({ intermediates: [authorityWith(old)] }))).toEqual(['not-a-ca'])
  })

  test('a path length is kept, and self-issued certificates do not count', () => {
    const limited = authorityWith({ extensions: [maker.basicConstraints(true, 0)] })
    expect(verify({ intermediates: [limited] }).valid).toBe(true)
    const second = maker.makeAuthority('Second', otherKey, 'Authority', authorityKey)
    const below = maker.makeLeaf(leafKey, 'Second', otherKey)
    const verdict = verify({ certificate: below, intermediates: [limited, second] })
    expect(verdict.failures).toMatchObject([{ code: 'path-too-long', depth: 2 }])
    const rollover = maker.makeAuthority('Authority', otherKey, 'Authority', authorityKey)
    const rolled = maker.makeLeaf(leafKey, 'Authority', otherKey)
    expect(verify({ certificate: rolled, intermediates: [limited, rollover] }).valid).toBe(true)
  })
})

describe('use', () => {
  test.each<[string, readonly Uint8Array[], Partial<VerifyInput>, readonly FailureCode[]]>([
    [
      'a client certificate is not for servers',
      [maker.extendedKeyUsage('clientAuth')],
      {},
      ['extended-key-usage'],
    ],
    ['but for clients', [maker.extendedKeyUsage('clientAuth')], { usage: 'clientAuth' }, []],
    ['any use is any', [maker.extendedKeyUsage('any')], { usage: 'clientAuth' }, []],
    ['none given is any', [], {}, []],
    [
      'of no account when not asked for',
      [maker.extendedKeyUsage('codeSigning')],
      { usage: 'any' },
      [],
    ],
    [
      'a key to sign certificates is not for TLS',
      [maker.keyUsage('keyCertSign')],
      {},
      ['key-usage'],
    ],
    ['a key to encipher is for servers', [maker.keyUsage('keyEncipherment')], {}, []],
    [
      'and not for clients',
      [maker.keyUsage('keyEncipherment')],
      { usage: 'clientAuth' },
      ['key-usage'],
    ],
  ])('%s', (_, extensions, input, expected) => {
    const certificate = leafWith({
      extensions: [maker.subjectAltName('dns:example.com'), ...extensions],
    })
    expect(codes(verify({ certificate, ...input }))).toEqual(expected)
  })
})

describe('critical extensions', () => {
  const unknown = maker.extension('1.3.6.1.4.1.99999.1', octetString(), true)
  test('that are unknown refuse a leaf, an authority and a root', () => {
    const withUnknown = { also: [unknown] }
    expect(verify({ certificate: leafWith(withUnknown) }).failures).toMatchObject([
      { code: 'unknown-critical-extension', depth: 0 },
    ])
    expect(verify({ intermediates: [authorityWith(withUnknown)] }).failures).toMatchObject([
      { code: 'unknown-critical-extension', depth: 1 },
    ])
    const trust = [
      maker.makeRoot('Root', rootKey, { extensions: [maker.basicConstraints(true), unknown] }),
    ]
    expect(verify({ trust }).failures).toMatchObject([
      { code: 'unknown-critical-extension', depth: 2 },
    ])
  })

  test('a precertificate is told as such', () => {
    const poison = maker.extension('1.3.6.1.4.1.11129.2.4.3', tlv(0x05), true)
    const verdict = verify({ certificate: leafWith({ also: [poison] }) })
    expect(verdict.failures[0]?.message).toContain('precertificate')
  })
})

describe('names', () => {
  test('another name is a mismatch, and the message lists those there are', () => {
    const verdict = verify({ name: 'example.org' })
    expect(codes(verdict)).toEqual(['name-mismatch'])
    expect(verdict.failures[0]?.message).toContain('DNS:example.com')
  })

  test('the common name never counts', () => {
    const certificate = leafWith({ extensions: [maker.keyUsage('digitalSignature')] })
    expect(codes(verify({ certificate }))).toEqual(['name-mismatch'])
  })

  test('without a name none is checked, and the checks say so', () => {
    const { name: _, ...rest } = { name: undefined }
    const verdict = verifyCertificate({
      ...rest,
      certificate: leaf,
      intermediates: [authority],
      trust: [root],
      time: maker.now,
      usage: 'serverAuth',
      verifiers: nodeVerifiers,
    }) as Verdict
    expect(verdict.valid).toBe(true)
    expect(verdict.checks.find((check) => check.what === 'name')?.result).toBe('skipped')
  })

  test('what is no name at all is told as such', () => {
    expect(codes(verify({ name: 'exa mple.com' }))).toEqual(['invalid-name'])
    expect(codes(verify({ name: '' }))).toEqual(['invalid-name'])
    expect(codes(verify({ name: 'bücher.example' }))).toEqual(['invalid-name'])
  })
})

describe('keys', () => {
  test.each([
    [2048, undefined, undefined],
    [8192, undefined, undefined],
    [8200, undefined, 'profile'],
    [4095, undefined, 'profile'],
    [16_384, undefined, 'profile'],
    [16_392, 'weak-key', 'weak-key'],
  ] as const)('RSA of %i bits: %s by itself, %s on the web', (bits, alone, onTheWeb) => {
    const rsa = sequence(oid('1.2.840.113549.1.1.1'), tlv(0x05))
    const publicKey = sequence(integer(2n ** BigInt(bits - 1) + 1n), integer(65537))
    // Only looked at: what stands in its place as a private key signs nothing.
    const key = { ...leafKey, spki: sequence(rsa, bitString(publicKey)) }
    const certificate = maker.makeLeaf(key, 'Authority', authorityKey, { subject: 'example.com' })
    expect(codes(verify({ certificate }))[0]).toBe(alone)
    expect(codes(verify({ certificate, profile: webpki() }))[0]).toBe(onTheWeb)
  })

  test('RSA below 2048 bits is weak, in a leaf and in an authority', () => {
    const weak = maker.makeRsaKey(1024)
    expect(
      verify({ certificate: maker.makeLeaf(weak, 'Authority', authorityKey) }).failures,
    ).toMatchObject([{ code: 'weak-key', depth: 0 }])
    const certificate = maker.makeLeaf(leafKey, 'Weak', weak)
    const intermediates = [maker.makeAuthority('Weak', weak, 'Root', rootKey)]
    expect(verify({ certificate, intermediates }).failures).toMatchObject([
      { code: 'weak-key', depth: 1 },
    ])
  })

  test('a curve that is not one of the three is unsupported', () => {
    const key = maker.makeEcKey('secp256k1')
    expect(codes(verify({ certificate: maker.makeLeaf(key, 'Authority', authorityKey) }))).toEqual([
      'unsupported-algorithm',
    ])
  })
})

describe('malformed certificates', () => {
  test('a leaf that is no certificate is a verdict, not an exception', () => {
    const verdict = verify({ certificate: Uint8Array.of(0x30, 0x03, 1, 2) })
    expect(codes(verdict)).toEqual(['malformed'])
    expect(verdict.path).toEqual([])
  })

  test('an intermediate that is none is passed over', () => {
    expect(verify({ intermediates: [Uint8Array.of(1), authority] }).valid).toBe(true)
    const verdict = verify({ intermediates: [Uint8Array.of(1)] })
    expect(codes(verdict)).toEqual(['unknown-issuer'])
    expect(verdict.attempts[0]?.failure.code).toBe('malformed')
    expect(verdict.failures[0]?.message).toContain('an intermediate certificate is malformed')
  })

  test('a malformed extension is found, with its place', () => {
    const broken = maker.extension(maker.extensionOid.subjectAltName, integer(5))
    const verdict = verify({ certificate: leafWith({ extensions: [broken] }) })
    expect(codes(verdict)).toContain('malformed')
    expect(verdict.failures[0]?.message).toMatch(/subjectAltName at byte \d+/)
  })

  test('a malformed extension that only a further check looks into is a failure, not an exception', () => {
    const certificate = leafWith({ also: [maker.extension('1.3.6.1.5.5.7.1.24', integer(5))] })
    expect(verify({ certificate }).valid).toBe(true)
    const look: PathCheck = ({ certificates }) => void certificates[0]?.tlsFeature
    expect(codes(verify({ certificate, additionalChecks: [look] }))).toEqual(['malformed'])
  })

  test('all failures of a certificate are told, not only the first', () => {
    const certificate = maker.makeCertificate({
      subject: 'x',
      issuer: 'x',
      key: leafKey,
      issuerKey: leafKey,
      extensions: [maker.extendedKeyUsage('codeSigning')],
      notAfter: maker.validFrom + 1000,
    })
    expect(codes(verify({ certificate }))).toEqual([
      'self-signed-leaf',
      'expired',
      'extended-key-usage',
      'name-mismatch',
    ])
  })
})

describe('cross-certificates', () => {
  test('the path through the trusted one of two roots is found', () => {
    const newRoot = maker.makeRoot('New', otherKey)
    const cross = maker.makeAuthority('New', otherKey, 'Root', rootKey)
    const certificate = maker.makeLeaf(leafKey, 'New', otherKey)
    const viaNew = verify({ certificate, intermediates: [cross], trust: [newRoot] })
    expect(viaNew.path.map(({ der }) => der)).toEqual([certificate, newRoot])
    const viaOld = verify({ certificate, intermediates: [newRoot, cross], trust: [root] })
    expect(viaOld.path.map(({ der }) => der)).toEqual([certificate, cross, root])
  })

  test('two authorities that certify each other and nobody else end', () => {
    const a = maker.makeAuthority('A', rootKey, 'B', authorityKey)
    const b = maker.makeAuthority('B', authorityKey, 'A', rootKey)
    const certificate = maker.makeLeaf(leafKey, 'A', rootKey)
    expect(
      codes(verify({ certificate, intermediates: [a, b], trust: [maker.makeRoot('C', otherKey)] })),
    ).toEqual(['unknown-issuer'])
  })

  test('of the reasons of several paths each is kept', () => {
    const expired = authorityWith({ notAfter: maker.now - 1000 })
    const noAuthority = authorityWith({ extensions: [maker.basicConstraints(false)] })
    const verdict = verify({ intermediates: [expired, noAuthority] })
    const reasons = new Set(verdict.attempts.map(({ failure }) => failure.code))
    expect(reasons).toEqual(new Set(['expired', 'not-a-ca']))
  })
})

const certificateOf = (failure: { readonly certificate?: Certificate } | undefined) =>
  failure?.certificate?.der

test('a failure carries the certificate at fault', () => {
  const old = authorityWith({ notAfter: maker.now - 1000 })
  expect(certificateOf(verify({ intermediates: [old] }).failures[0])).toEqual(old)
})
