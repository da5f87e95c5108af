import { createHash, sign } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import {
  checkRevocation,
  parseCertificate,
  parseCertificateRevocationList,
  parseOcspResponse,
  type RevocationOptions,
  type Verdict,
  type VerifyInput,
  verifyCertificate,
  X509Error,
} from '../src/index.ts'
import { rfc5280 } from '../src/profiles/index.ts'
import * as maker from './support/certificate-maker.ts'
import {
  bitString,
  explicit,
  integer,
  octetString,
  oid,
  sequence,
  time,
  tlv,
} from './support/der-writer.ts'
import { type Entry, OpensslAuthority } from './support/openssl-ca.ts'
import { nodeVerifiers } from './support/verifiers.ts'

const hour = 3_600_000
const day = 24 * hour
// OpenSSL dates what it makes by the clock, so these certificates are valid around now.
const start = Math.floor(Date.now() / 1000) * 1000
const around = { notBefore: start - 100 * day, notAfter: start + 100 * day }
const [rootKey, leafKey, otherKey, responderKey] = [0, 1, 2, 3].map(maker.poolKey) as [
  maker.Key,
  maker.Key,
  maker.Key,
  maker.Key,
]

const root = maker.makeRoot('Root', rootKey, around)
const mustStaple = maker.extension('1.3.6.1.5.5.7.1.24', sequence(integer(5)))
const makeLeaf = (serialNumber: number, also: readonly Uint8Array[] = []): Uint8Array =>
  maker.makeLeaf(leafKey, 'Root', rootKey, { ...around, serialNumber: integer(serialNumber), also })
const leaf = makeLeaf(0x1001)
const stapledLeaf = makeLeaf(0x1002, [mustStaple])
const good: Entry = { serialNumber: '1001' }
const goodToo: Entry = { serialNumber: '1002' }
const revoked: Entry = {
  serialNumber: '1001',
  revoked: { time: start - day, reason: 'keyCompromise' },
}

const authority = new OpensslAuthority(root, rootKey)
const stranger = new OpensslAuthority(maker.makeRoot('Root', otherKey, around), otherKey)
afterAll(() => {
  authority.close()
  stranger.close()
})

const digests = {
  sha1: (data: Uint8Array) => new Uint8Array(createHash('sha1').update(data).digest()),
  sha256: (data: Uint8Array) => new Uint8Array(createHash('sha256').update(data).digest()),
}

/** The same response, signed by the same key, with another hash of the issuer's name. */
function withOtherIssuerName(response: Uint8Array): Uint8Array {
  const tbs = parseOcspResponse(response).tbs.slice()
  const name = createHash('sha1').update(parseCertificate(root).subject.der).digest()
  tbs[Buffer.from(tbs).indexOf(name)]! ^= 1
  const signature = new Uint8Array(sign('sha256', tbs, rootKey.privateKey))
  const basic = sequence(tbs, rootKey.signatureAlgorithm, bitString(signature))
  return sequence(
    tlv(10, Uint8Array.of(0)),
    explicit(0, sequence(oid('1.3.6.1.5.5.7.48.1.1'), octetString(basic))),
  )
}

function judge(revocation: Partial<RevocationOptions>, input: Partial<VerifyInput> = {}): Verdict {
  return verifyCertificate({
    certificate: leaf,
    intermediates: [],
    trust: [root],
    time: Date.now() + 1000,
    name: 'example.com',
    usage: 'serverAuth',
    verifiers: nodeVerifiers,
    additionalChecks: [checkRevocation({ policy: 'require', digests, ...revocation })],
    ...input,
  }) as Verdict
}

/** `good`, `revoked`, or why nothing is known. */
function outcome(verdict: Verdict): string {
  const [failure] = verdict.failures
  if (failure === undefined)
    return verdict.checks.find(({ what }) => what === 'revocation')?.detail ?? ''
  return failure.code === 'revocation-unknown' ? failure.message : failure.code
}

describe('revocation lists of openssl', () => {
  test('say that a certificate is good', () => {
    expect(outcome(judge({ crls: [authority.makeCrl([])] }))).toBe('not revoked')
    const other: Entry = { serialNumber: '1003', revoked: { time: start - day } }
    expect(outcome(judge({ crls: [authority.makeCrl([other])] }))).toBe('not revoked')
  })

  test('say that a certificate is revoked, when and why', () => {
    const verdict = judge({
      crls: [authority.makeCrl([{ serialNumber: '1003', revoked: { time: start } }, revoked])],
    })
    expect(verdict.failures).toMatchObject([{ code: 'revoked', depth: 0 }])
    expect(verdict.failures[0]?.message).toContain('keyCompromise')
    const list = parseCertificateRevocationList(authority.makeCrl([revoked]))
    expect(list.find(Uint8Array.of(0x10, 0x01))).toEqual({
      revocationTime: start - day,
      reason: 'keyCompromise',
    })
    expect(list.find(Uint8Array.of(0x10, 0x02))).toBeUndefined()
    expect(list.version).toBe(2)
  })

  test('may be long, and are walked once', () => {
    const entries = Array.from({ length: 20_000 }, (_, i) => ({
      serialNumber: (0x100000 + i).toString(16).padStart(6, '0'),
      revoked: { time: start - day, reason: 'superseded' },
    }))
    const list = parseCertificateRevocationList(authority.makeCrl(entries))
    const serial = (value: number): Uint8Array =>
      Uint8Array.of(value >> 16, (value >> 8) & 0xff, value & 0xff)
    expect(list.find(serial(0x100000))?.reason).toBe('superseded')
    const started = performance.now()
    let found = 0
    for (let i = 0; i < 20_000; i++) if (list.find(serial(0x100000 + i)) !== undefined) found++
    // Walked each time it would be 400 million entries.
    expect(performance.now() - started).toBeLessThan(5000)
    expect(found).toBe(20_000)
    expect(list.find(serial(0x100000 + 20_000))).toBeUndefined()
  })

  test('with an entry that cannot be processed say nothing about any', () => {
    const entry = (value: number, ...extensions: readonly Uint8Array[]): Uint8Array =>
      sequence(
        integer(value),
        time(start - day),
        ...(extensions.length === 0 ? [] : [sequence(...extensions)]),
      )
    const reason = maker.extension('2.5.29.21', Uint8Array.of(0x0a, 1, 1))
    const indirect = maker.extension(
      '2.5.29.29',
      sequence(maker.generalName('dirname:Other')),
      true,
    )
    const make = (...entries: readonly Uint8Array[]): Uint8Array => {
      const algorithm = rootKey.signatureAlgorithm
      const name = parseCertificate(root).subject.der
      const tbs = sequence(
        integer(1),
        algorithm,
        name,
        time(start - day),
        time(start + day),
        sequence(...entries),
      )
      return sequence(
        tbs,
        algorithm,
        bitString(new Uint8Array(sign('sha256', tbs, rootKey.privateKey))),
      )
    }
    expect(outcome(judge({ crls: [make(entry(1), entry(2, reason))] }))).toBe('not revoked')
    expect(outcome(judge({ crls: [make(entry(1), entry(2, reason, indirect))] }))).toMatch(
      /certificateIssuer .* is not processed/,
    )
    expect(outcome(judge({ crls: [make(entry(1), sequence(integer(2)))] }))).toMatch(/not a time/)
  })

  test('of the profile that demands a number have one', () => {
    expect(outcome(judge({ crls: [authority.makeCrl([])] }, { profile: rfc5280 }))).toBe(
      'not revoked',
    )
  })

  test.each<[string, () => Uint8Array, Partial<VerifyInput>, RegExp]>([
    ['another key', () => stranger.makeCrl([]), {}, /signature is not by the key/],
    ['SHA-1', () => authority.makeCrl([], { digest: 'sha1' }), {}, /signed with SHA-1/],
    ['the past', () => authority.makeCrl([]), { time: start + 8 * day }, /was valid until/],
    ['the future', () => authority.makeCrl([]), { time: start - day }, /in the future/],
    [
      'a delta',
      () => authority.makeCrl([], { extensions: ['2.5.29.27 = critical, DER:020101'] }),
      {},
      /delta list/,
    ],
    [
      'authorities only',
      () =>
        authority.makeCrl([], {
          extensions: ['issuingDistributionPoint = critical, @idp', '[idp]', 'onlyCA = TRUE'],
        }),
      {},
      /authorities only/,
    ],
    [
      'some reasons',
      () =>
        authority.makeCrl([], {
          extensions: [
            'issuingDistributionPoint = critical, @idp',
            '[idp]',
            'onlysomereasons = keyCompromise',
          ],
        }),
      {},
      /some reasons/,
    ],
    [
      'several issuers',
      () =>
        authority.makeCrl([], {
          extensions: ['issuingDistributionPoint = critical, @idp', '[idp]', 'indirectCRL = TRUE'],
        }),
      {},
      /indirect/,
    ],
    [
      'another point',
      () =>
        authority.makeCrl([], {
          extensions: [
            'issuingDistributionPoint = critical, @idp',
            '[idp]',
            'fullname = URI:http://a.example/crl',
          ],
        }),
      {},
      /does not name/,
    ],
    [
      'an unknown extension',
      () => authority.makeCrl([], { extensions: ['1.2.3.4 = critical, DER:0500'] }),
      {},
      /1\.2\.3\.4 is not processed/,
    ],
    [
      'broken bytes',
      () => authority.makeCrl([]).slice(0, -1),
      {},
      /longer than what contains it|cut short/,
    ],
  ])('with %s are not usable, and say why', (_, make, input, reason) => {
    const crls = [make()]
    expect(outcome(judge({ crls }, input))).toMatch(reason)
    // Where only what is known counts, that is no reason to refuse.
    expect(judge({ crls, policy: 'prefer' }, input).valid).toBe(true)
  })

  test('for users only, or for the point that the certificate names, are usable', () => {
    const users = authority.makeCrl([], {
      extensions: ['issuingDistributionPoint = critical, @idp', '[idp]', 'onlyuser = TRUE'],
    })
    expect(outcome(judge({ crls: [users] }))).toBe('not revoked')
    const uri = maker.generalName('uri:http://a.example/crl')
    const named = maker.makeLeaf(leafKey, 'Root', rootKey, {
      ...around,
      also: [maker.extension('2.5.29.31', sequence(sequence(nested(0, nested(0, uri)))))],
    })
    const crl = authority.makeCrl([], {
      extensions: [
        'issuingDistributionPoint = critical, @idp',
        '[idp]',
        'fullname = URI:http://a.example/crl',
      ],
    })
    expect(outcome(judge({ crls: [crl] }, { certificate: named }))).toBe('not revoked')
  })

  test('of an issuer whose key may not sign lists are not usable', () => {
    const limited = maker.makeRoot('Root', rootKey, {
      ...around,
      extensions: [maker.basicConstraints(true), maker.keyUsage('keyCertSign')],
    })
    expect(outcome(judge({ crls: [authority.makeCrl([])] }, { trust: [limited] }))).toMatch(
      /does not allow to sign/,
    )
  })
})

function nested(number: number, content: Uint8Array): Uint8Array {
  return Uint8Array.of(0xa0 | number, content.length, ...content)
}

describe('OCSP responses of openssl', () => {
  test('say that a certificate is good, by SHA-1 and by SHA-256', () => {
    for (const digest of ['sha1', 'sha256']) {
      expect(
        outcome(judge({ ocspResponses: [authority.makeOcspResponse(leaf, [good], { digest })] })),
      ).toBe('not revoked')
    }
  })

  test('say that it is revoked, when and why', () => {
    const response = authority.makeOcspResponse(leaf, [revoked])
    expect(outcome(judge({ stapledOcspResponse: response }))).toBe('revoked')
    expect(outcome(judge({ stapledOcspResponse: response, policy: 'prefer' }))).toBe('revoked')
    const [single] = parseOcspResponse(response).responses
    expect(single).toMatchObject({
      status: 'revoked',
      revoked: { revocationTime: start - day, reason: 'keyCompromise' },
    })
  })

  test('name their responder by its key too', () => {
    const response = authority.makeOcspResponse(leaf, [good], { flags: ['-resp_key_id'] })
    expect(parseOcspResponse(response).responder.type).toBe('key')
    expect(outcome(judge({ ocspResponses: [response] }))).toBe('not revoked')
  })

  const forResponders = [
    maker.keyUsage('digitalSignature'),
    maker.extension('2.5.29.37', Uint8Array.from(Buffer.from('300a06082b06010505070309', 'hex'))),
  ]
  const noCheck = maker.extension('1.3.6.1.5.5.7.48.1.5', tlv(0x05))
  const makeResponder = (options: maker.IssueOptions = {}): Uint8Array =>
    maker.makeCertificate({
      subject: 'Responder',
      issuer: 'Root',
      key: responderKey,
      issuerKey: rootKey,
      ...around,
      extensions: [...forResponders, noCheck],
      ...options,
    })
  const by = (certificate: Uint8Array, flags: readonly string[] = []): Uint8Array =>
    authority.makeOcspResponse(leaf, [good], {
      responder: { certificate, key: responderKey },
      flags,
    })

  test('may be signed by a responder that the issuer appointed', () => {
    expect(outcome(judge({ ocspResponses: [by(makeResponder())] }))).toBe('not revoked')
    expect(outcome(judge({ ocspResponses: [by(makeResponder(), ['-resp_key_id'])] }))).toBe(
      'not revoked',
    )
  })

  test('by a responder that may be revoked itself are held against the lists that are given', () => {
    const serialNumber = integer(0x3001)
    const ocspResponses = [by(makeResponder({ extensions: forResponders, serialNumber }))]
    expect(outcome(judge({ ocspResponses }))).toMatch(/whether its responder's certificate/)
    expect(judge({ ocspResponses, policy: 'prefer' }).valid).toBe(true)
    const none = { ocspResponses, crls: [authority.makeCrl([])] }
    expect(outcome(judge(none))).toBe('not revoked')
    const gone = authority.makeCrl([{ serialNumber: '3001', revoked: { time: start - day } }])
    for (const policy of ['require', 'prefer'] as const) {
      // The list speaks for the leaf as well, so that only a look at the reasons tells.
      const { checks } = judge({ ocspResponses, crls: [gone], policy })
      expect(checks.find(({ what }) => what === 'revocation')?.against).toBe('revocation list')
    }
    // The exemption is the issuer's to give, and then no list is asked.
    const exempt = [by(makeResponder({ serialNumber }))]
    const { checks } = judge({ ocspResponses: exempt, crls: [gone] })
    expect(checks.find(({ what }) => what === 'revocation')?.against).toBe('OCSP response')
  })

  test.each<[string, () => Uint8Array, Partial<RevocationOptions>, Partial<VerifyInput>, RegExp]>([
    [
      'a responder that is not for this',
      () => by(makeResponder({ extensions: [maker.extendedKeyUsage('serverAuth')] })),
      {},
      {},
      /not for signing OCSP/,
    ],
    [
      'a responder of another issuer',
      () => by(makeResponder({ issuer: 'Other', issuerKey: otherKey })),
      {},
      {},
      /another issuer/,
    ],
    [
      'a responder that the issuer did not sign',
      () => by(makeResponder({ issuerKey: otherKey })),
      {},
      {},
      /not signed by the issuer/,
    ],
    [
      'an expired responder',
      () => by(makeResponder({ notAfter: start - day })),
      {},
      {},
      /not valid at this time/,
    ],
    [
      'a responder whose certificate is left out',
      () => by(makeResponder(), ['-resp_no_certs']),
      {},
      {},
      /neither the issuer nor/,
    ],
    [
      'another certificate',
      () => authority.makeOcspResponse(stapledLeaf, [good, goodToo]),
      {},
      {},
      /not about this certificate/,
    ],
    [
      'the same serial number of another issuer',
      () => stranger.makeOcspResponse(leaf, [good]),
      {},
      {},
      /not about this certificate/,
    ],
    [
      'the same serial number of another issuer with the same key',
      () => withOtherIssuerName(authority.makeOcspResponse(leaf, [good])),
      {},
      {},
      /not about this certificate/,
    ],
    ['no knowledge', () => authority.makeOcspResponse(leaf, []), {}, {}, /does not know/],
    [
      'the past',
      () => authority.makeOcspResponse(leaf, [good]),
      {},
      { time: start + 8 * day },
      /was valid until/,
    ],
    [
      'the future',
      () => authority.makeOcspResponse(leaf, [good]),
      {},
      { time: start - day },
      /in the future/,
    ],
    [
      'no end, a day later',
      () => authority.makeOcspResponse(leaf, [good], { days: 0 }),
      {},
      { time: start + 25 * hour },
      /was valid until/,
    ],
    [
      'a digest that is not there',
      () => authority.makeOcspResponse(leaf, [good], { digest: 'sha256' }),
      { digests: { sha1: digests.sha1 } },
      {},
      /not about this certificate/,
    ],
    [
      'no nonce',
      () => authority.makeOcspResponse(leaf, [good], { flags: ['-no_nonce'] }),
      { nonce: Uint8Array.of(1, 2, 3) },
      {},
      /does not repeat the nonce/,
    ],
    [
      'another nonce',
      () => authority.makeOcspResponse(leaf, [good], { flags: ['-nonce'] }),
      { nonce: Uint8Array.of(1, 2, 3) },
      {},
      /not that of the request/,
    ],
    [
      'an error of the responder',
      () => Uint8Array.of(0x30, 0x03, 0x0a, 0x01, 0x03),
      {},
      {},
      /answered tryLater/,
    ],
  ])('of %s are not usable, and say why', (_, make, revocation, input, reason) => {
    const ocspResponses = [make()]
    expect(outcome(judge({ ocspResponses, ...revocation }, input))).toMatch(reason)
    expect(judge({ ocspResponses, ...revocation, policy: 'prefer' }, input).valid).toBe(true)
  })

  test('repeat the nonce that was sent', () => {
    const response = authority.makeOcspResponse(leaf, [good], { flags: ['-nonce'] })
    const nonce = parseOcspResponse(response).extensions[0]?.value.slice(2)
    expect(nonce).toHaveLength(16)
    expect(outcome(judge({ ocspResponses: [response], nonce: nonce! }))).toBe('not revoked')
    const answered = (sent: Uint8Array) => ({ ocspResponses: [{ response, nonce: sent }] })
    expect(outcome(judge(answered(nonce!)))).toBe('not revoked')
    expect(outcome(judge(answered(Uint8Array.of(1))))).toMatch(/not that of the request/)
  })

  test('with any byte changed never say good', () => {
    const response = authority.makeOcspResponse(leaf, [good])
    for (let i = 0; i < response.length; i++) {
      const changed = response.slice()
      changed[i]! ^= 1 << (i % 8)
      const verdict = judge({ ocspResponses: [changed] })
      // Certificates that come along unsigned and unused are all that may change.
      const certificates = parseOcspResponse(response).certificates[0]
      const unused = certificates !== undefined && i >= certificates.byteOffset - 12
      if (!unused) expect(verdict.valid, `byte ${i}`).toBe(false)
    }
  })

  test('may be digested asynchronously', async () => {
    const response = authority.makeOcspResponse(leaf, [good], { flags: ['-resp_key_id'] })
    const later = { sha1: async (data: Uint8Array) => digests.sha1(data) }
    const verdict = await judge({ ocspResponses: [response], digests: later })
    expect(outcome(verdict)).toBe('not revoked')
  })
})

describe('policy', () => {
  test('to require refuses what nobody speaks about, to prefer does not', () => {
    expect(outcome(judge({}))).toBe('nothing tells whether the certificate was revoked')
    const verdict = judge({ policy: 'prefer' })
    expect(verdict.valid).toBe(true)
    expect(verdict.checks.find(({ what }) => what === 'revocation')).toMatchObject({
      result: 'skipped',
      detail: 'nothing was given',
    })
  })

  test('to ignore asks nobody, and says so', () => {
    const verdict = judge({ policy: 'ignore', crls: [authority.makeCrl([revoked])] })
    expect(verdict.valid).toBe(true)
    expect(verdict.checks.filter(({ what }) => what === 'revocation')).toMatchObject([
      { result: 'skipped', detail: 'the policy is to ignore it' },
    ])
    expect(judge({ policy: 'ignore' }, { certificate: stapledLeaf }).valid).toBe(true)
  })

  test('one source that says revoked outweighs one that says good', () => {
    const ocspResponses = [authority.makeOcspResponse(leaf, [good])]
    expect(outcome(judge({ ocspResponses, crls: [authority.makeCrl([revoked])] }))).toBe('revoked')
  })

  test('a certificate that demands a staple is refused without, whatever else is given', () => {
    const response = authority.makeOcspResponse(stapledLeaf, [goodToo])
    const input = { certificate: stapledLeaf }
    expect(judge({ stapledOcspResponse: response, policy: 'prefer' }, input).valid).toBe(true)
    expect(outcome(judge({ ocspResponses: [response], policy: 'prefer' }, input))).toMatch(
      /staples/,
    )
    expect(outcome(judge({ crls: [authority.makeCrl([])], policy: 'prefer' }, input))).toMatch(
      /staples/,
    )
  })

  test('the whole path is asked where wanted, each certificate of its own issuer', () => {
    const intermediate = maker.makeAuthority('Authority', otherKey, 'Root', rootKey, {
      ...around,
      serialNumber: integer(0x2001),
    })
    const below = maker.makeLeaf(leafKey, 'Authority', otherKey, {
      ...around,
      serialNumber: integer(0x1001),
    })
    const sub = new OpensslAuthority(intermediate, otherKey)
    const input = { certificate: below, intermediates: [intermediate] }
    const crls = [
      sub.makeCrl([]),
      authority.makeCrl([{ serialNumber: '2001', revoked: { time: start - day } }]),
    ]
    sub.close()
    expect(judge({ crls }, input).valid).toBe(true)
    expect(judge({ crls, scope: 'path' }, input).failures).toMatchObject([
      { code: 'revoked', depth: 1 },
    ])
    expect(judge({ crls: crls.slice(0, 1), scope: 'path' }, input).failures).toMatchObject([
      { code: 'revocation-unknown', depth: 1 },
    ])
  })
})

test('mutated lists and responses are read or refused with a typed error', () => {
  const originals = [
    [parseCertificateRevocationList, authority.makeCrl([revoked])],
    [parseOcspResponse, authority.makeOcspResponse(leaf, [revoked])],
  ] as const
  fc.assert(
    fc.property(
      fc.constantFrom(...originals),
      fc.nat(5000),
      fc.integer({ min: 0, max: 255 }),
      fc.nat(3),
      ([parse, original], at, byte, remove) => {
        const bytes = [...original]
        bytes.splice(at % bytes.length, remove, byte)
        try {
          const parsed = parse(Uint8Array.from(bytes))
          if ('find' in parsed) parsed.find(Uint8Array.of(0x10, 0x01))
        } catch (error) {
          expect(error).toBeInstanceOf(X509Error)
        }
      },
    ),
    { numRuns: 3000 },
  )
})
