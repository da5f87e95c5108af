/** Timestamps that real logs put on real certificates, and others made here to break each rule. */
import { createHash, sign } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  checkPins,
  parseCertificate,
  type TransparencyLog,
  type TransparencyOptions,
  type Verdict,
  verifyCertificate,
  X509Error,
} from '../src/index.ts'
import {
  checkTransparency,
  parseSignedCertificateTimestamp,
  parseTimestampList,
} from '../src/transparency/index.ts'
import * as maker from './support/certificate-maker.ts'
import { octetString } from './support/der-writer.ts'
import { nodeVerifiers } from './support/verifiers.ts'

const sha256 = (data: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(data).digest())
const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))

/** Public keys of logs, as the browsers' lists publish them. */
const realLogs: readonly TransparencyLog[] = (
  [
    [
      'Cloudflare',
      'Nimbus2023',
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEi/8tkhjLRp0SXrlZdTzNkTd6HqmcmXiDJz3fAdWLgOhjmv4mohvRhwXul9bgW0ODgRwC9UGAgH/vpGHPvIS1qA==',
    ],
    [
      "Let's Encrypt",
      'Oak2023',
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsz0OeL7jrVxEXJu+o4QWQYLKyokXHiPOOKVUL3/TNFFquVzDSer7kZ3gijxzBp98ZTgRgMSaWgCmZ8OD74mFUQ==',
    ],
    [
      'Google',
      'Argon2026h1',
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEB/we6GOO/xwxivy4HhkrYFAAPo6e2nc346Wo2o2U+GvoPWSPJz91s/xrEvA3Bk9kWHUUXVZS5morFEzsgdHqPg==',
    ],
    [
      'Google',
      'Xenon2026h1',
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEOh/Iu87VkEc0ysoBBCchHOIpPZK7kUXHWj6l1PIS5ujmQ7rze8I4r/wjigVW6wMKMMxjbNk8vvV7lLqU07+ITA==',
    ],
    [
      'DigiCert',
      'Wyvern2026h1',
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE7Lw0OeKajbeZepHxBXJS2pOJXToHi5ntgKUW2nMhIOuGlofFxtkXum65TBNY1dGD+HrfHge8Fc3ASs0qMXEHVQ==',
    ],
    [
      'DigiCert',
      'Sphinx2026h1',
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEq4S++DyHokIlmmacritS51r5IRsZA6UH4kYLH4pefGyu/xl3huh7/O5rNk/yvMOeBQKaCAG1SSM1xNNQK1Hp9A==',
    ],
  ] as const
).map(([operator, description, key]) => ({ operator, description, key: fromBase64(key) }))

const limbo = new URL('../../../../shared/vectors/limbo.json', import.meta.url)
const hasLimbo = existsSync(limbo)
if (!hasLimbo)
  console.warn(
    'skipped: timestamps of public sites, whose chains in limbo.json are not beside this checkout',
  )

const transparency = ({ checks }: Verdict) =>
  checks.find(({ what }) => what === 'certificate transparency')

describe.skipIf(!hasLimbo)('embedded timestamps of public sites', () => {
  interface Chain {
    readonly id: string
    readonly peer_certificate: string
    readonly untrusted_intermediates: readonly string[]
    readonly trusted_certs: readonly string[]
    readonly validation_time: string
  }
  const cases: readonly Chain[] = hasLimbo ? JSON.parse(readFileSync(limbo, 'utf8')).testcases : []
  const fromPem = (pem: string): Uint8Array => fromBase64(pem.replace(/-----[^-]+-----|\s/g, ''))
  const judge = (
    id: string,
    logs: readonly TransparencyLog[],
    change: (leaf: Uint8Array) => Uint8Array = (leaf) => leaf,
  ): Verdict => {
    const chain = cases.find((candidate) => candidate.id === id)!
    return verifyCertificate({
      certificate: change(fromPem(chain.peer_certificate)),
      intermediates: chain.untrusted_intermediates.map(fromPem),
      trust: chain.trusted_certs.map(fromPem),
      // The suite judges at notBefore, which authorities date back; the timestamps are of a little later.
      time: Date.parse(chain.validation_time) + 86_400_000,
      usage: 'serverAuth',
      verifiers: nodeVerifiers,
      additionalChecks: [checkTransparency({ policy: 'require', logs, sha256 })],
    }) as Verdict
  }

  test.each([
    ['webpki::cryptographydotio-chain', '2 embedded', "Let's Encrypt, Cloudflare"],
    ['online::storage.googleapis.com', '2 embedded', 'DigiCert, Google'],
    ['online::fastly.com', '2 embedded', 'DigiCert, Google'],
    ['online::cloudflare.com', '2 embedded', 'DigiCert, Google'],
    ['online::s3.amazonaws.com', '3 embedded', 'DigiCert, Google'],
  ])('%s: %s by %s', (id, count, operators) => {
    const verdict = judge(id, realLogs)
    expect(message(verdict)).toBe('valid')
    const { detail = '' } = transparency(verdict)!
    expect(detail.startsWith(count)).toBe(true)
    for (const operator of operators.split(', ')) expect(detail).toContain(operator)
  })

  test('do not count when the log is not known', () => {
    const others = realLogs.filter(({ operator }) => operator !== 'Google')
    const verdict = judge('online::fastly.com', others)
    expect(verdict.failures).toMatchObject([{ code: 'transparency', depth: 0 }])
    expect(verdict.failures[0]?.message).toContain('not in the list')
  })
})

const [rootKey, leafKey, logKey1, logKey2, logKey3] = [0, 1, 2, 3, 4].map(maker.poolKey) as [
  maker.Key,
  maker.Key,
  maker.Key,
  maker.Key,
  maker.Key,
]
const root = maker.makeRoot('Root', rootKey)
const logged = Date.UTC(2026, 0, 1, 12)

interface SctOptions {
  readonly key: maker.Key
  readonly timestamp?: number
  readonly extensions?: Uint8Array
}

/** Puts a timestamp together as RFC 6962 §3.2 says, by other code than that under test. */
function makeTimestamp(
  entryType: 0 | 1,
  entry: Uint8Array,
  { key, timestamp = logged, extensions = new Uint8Array() }: SctOptions,
): Uint8Array {
  const uint = (value: number, bytes: number): Buffer => {
    const buffer = Buffer.alloc(8)
    buffer.writeBigUInt64BE(BigInt(value))
    return buffer.subarray(8 - bytes)
  }
  const data = Buffer.concat([
    uint(0, 2),
    uint(timestamp, 8),
    uint(entryType, 2),
    entry,
    uint(extensions.length, 2),
    extensions,
  ])
  const signature = sign('sha256', data, key.privateKey)
  return new Uint8Array(
    Buffer.concat([
      uint(0, 1),
      sha256(key.spki),
      uint(timestamp, 8),
      uint(extensions.length, 2),
      extensions,
      uint(0x0403, 2),
      uint(signature.length, 2),
      signature,
    ]),
  )
}

const uint24 = (length: number): Uint8Array =>
  Uint8Array.of(length >> 16, (length >> 8) & 0xff, length & 0xff)
const certificateEntry = (der: Uint8Array): Uint8Array =>
  Uint8Array.from([...uint24(der.length), ...der])

function makeLogged(scts: readonly SctOptions[], options: maker.IssueOptions = {}): Uint8Array {
  const fixed = { ...options, serialNumber: Uint8Array.of(2, 1, 9) }
  // The logs see the certificate without the list, and the list is put in afterwards.
  const { tbs } = parseCertificate(maker.makeLeaf(leafKey, 'Root', rootKey, fixed))
  const entry = Uint8Array.from([...sha256(rootKey.spki), ...uint24(tbs.length), ...tbs])
  const list = scts
    .map((sct) => makeTimestamp(1, entry, sct))
    .flatMap((sct) => [sct.length >> 8, sct.length & 0xff, ...sct])
  const value = octetString(Uint8Array.of(list.length >> 8, list.length & 0xff, ...list))
  return maker.makeLeaf(leafKey, 'Root', rootKey, {
    ...fixed,
    also: [maker.extension('1.3.6.1.4.1.11129.2.4.2', value)],
  })
}

const log = (
  key: maker.Key,
  operator: string,
  more: Partial<TransparencyLog> = {},
): TransparencyLog => ({ key: key.spki, operator, description: operator, ...more })
const logs = [log(logKey1, 'One'), log(logKey2, 'Two'), log(logKey3, 'Two')]

function judge(certificate: Uint8Array, options: Partial<TransparencyOptions> = {}): Verdict {
  return verifyCertificate({
    certificate,
    intermediates: [],
    trust: [root],
    time: maker.now,
    usage: 'serverAuth',
    verifiers: nodeVerifiers,
    additionalChecks: [checkTransparency({ policy: 'require', logs, sha256, ...options })],
  }) as Verdict
}

const short = { notBefore: maker.now - 1000, notAfter: maker.now + 86_400_000 }
const message = (verdict: Verdict): string => verdict.failures[0]?.message ?? 'valid'

describe('the policy', () => {
  test('two timestamps of two operators suffice for a short life, three are needed for a long one', () => {
    const two = [{ key: logKey1 }, { key: logKey2 }]
    expect(message(judge(makeLogged(two, short)))).toBe('valid')
    expect(message(judge(makeLogged(two)))).toContain('2 embedded')
    expect(message(judge(makeLogged([...two, { key: logKey3 }])))).toBe('valid')
  })

  test.each<[string, readonly SctOptions[], Partial<TransparencyOptions>, RegExp]>([
    [
      'one operator',
      [{ key: logKey2 }, { key: logKey3 }],
      {},
      /2 embedded and 0 delivered timestamps are valid by Two/,
    ],
    [
      'one log twice',
      [{ key: logKey1 }, { key: logKey1, timestamp: logged + 1 }],
      {},
      /1 embedded/,
    ],
    [
      'the future',
      [{ key: logKey1 }, { key: logKey2, timestamp: maker.now + 1 }],
      {},
      /Two is of the future/,
    ],
    [
      'after retirement',
      [{ key: logKey1 }, { key: logKey2 }],
      { logs: [logs[0]!, log(logKey2, 'Two', { retiredAt: logged })] },
      /after the log was retired/,
    ],
    [
      'retired logs only',
      [{ key: logKey1 }, { key: logKey2 }],
      {
        logs: [
          log(logKey1, 'One', { retiredAt: logged + 1 }),
          log(logKey2, 'Two', { retiredAt: logged + 1 }),
        ],
      },
      /2 embedded/,
    ],
    [
      'another year',
      [{ key: logKey1 }, { key: logKey2 }],
      { logs: [logs[0]!, log(logKey2, 'Two', { accepts: { start: 0, end: short.notAfter } })] },
      /does not take/,
    ],
    ['an unknown log', [{ key: logKey1 }, { key: leafKey }], {}, /is not in the list/],
    ['none', [], {}, /0 embedded and 0 delivered/],
  ])('timestamps of %s do not', (_, scts, options, reason) => {
    const certificate =
      scts.length === 0 ? maker.makeLeaf(leafKey, 'Root', rootKey, short) : makeLogged(scts, short)
    expect(message(judge(certificate, options))).toMatch(reason)
    const reported = judge(certificate, { ...options, policy: 'report' })
    expect(reported.valid).toBe(true)
    expect(transparency(reported)).toMatchObject({
      result: 'skipped',
      detail: expect.stringMatching(reason),
    })
  })

  test('timestamps of another certificate have a wrong signature', () => {
    const entry = certificateEntry(root)
    const tlsTimestamps = [logKey1, logKey2].map((key) => makeTimestamp(0, entry, { key }))
    const certificate = maker.makeLeaf(leafKey, 'Root', rootKey, short)
    expect(message(judge(certificate, { tlsTimestamps }))).toMatch(
      /One has a wrong signature.*Two has a wrong signature/,
    )
  })

  test('timestamps that come with TLS or OCSP count too, with extensions and all', () => {
    const certificate = maker.makeLeaf(leafKey, 'Root', rootKey)
    const entry = certificateEntry(certificate)
    const [one, two] = [logKey1, logKey2].map((key) =>
      makeTimestamp(0, entry, { key, extensions: Uint8Array.of(1, 2, 3) }),
    ) as [Uint8Array, Uint8Array]
    expect(message(judge(certificate, { tlsTimestamps: [one, two] }))).toBe('valid')
    // What an OCSP response carries is a list inside of an OCTET STRING.
    const list = Uint8Array.of(0, two.length + 2, 0, two.length, ...two)
    const ocspTimestamps = parseTimestampList(octetString(list))
    expect(message(judge(certificate, { tlsTimestamps: [one], ocspTimestamps }))).toBe('valid')
    expect(message(judge(certificate, { tlsTimestamps: [one] }))).toContain('1 delivered')
  })

  test('thousands of timestamps cost sixteen signatures at most', () => {
    const certificate = maker.makeLeaf(leafKey, 'Root', rootKey, short)
    const junk = makeTimestamp(0, certificateEntry(root), { key: logKey1 })
    const tlsTimestamps = Array.from({ length: 5000 }, () => junk)
    expect(message(judge(certificate, { tlsTimestamps })).match(/wrong signature/g)).toHaveLength(
      16,
    )
  })
})

test('timestamps are read or refused with a typed error', () => {
  const real = makeTimestamp(0, certificateEntry(root), { key: logKey1 })
  expect(parseSignedCertificateTimestamp(real)).toMatchObject({
    timestamp: logged,
    signatureAlgorithm: 'ecdsa-sha256',
  })
  for (let length = 0; length < real.length; length++) {
    expect(() => parseSignedCertificateTimestamp(real.slice(0, length))).toThrow(X509Error)
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      try {
        parseSignedCertificateTimestamp(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(X509Error)
      }
    }),
  )
})

describe('pins', () => {
  const pinned = (...keys: readonly maker.Key[]): Verdict =>
    verifyCertificate({
      certificate: maker.makeLeaf(leafKey, 'Root', rootKey),
      intermediates: [],
      trust: [root],
      time: maker.now,
      usage: 'serverAuth',
      verifiers: nodeVerifiers,
      additionalChecks: [checkPins({ pins: keys.map(({ spki }) => sha256(spki)), sha256 })],
    }) as Verdict

  test('match the key of the leaf or of the anchor', () => {
    expect(pinned(leafKey).valid).toBe(true)
    expect(pinned(logKey1, rootKey).valid).toBe(true)
    expect(pinned(logKey1).failures).toMatchObject([{ code: 'pin-mismatch' }])
  })

  test('that are none are the mistake of the caller', () => {
    expect(() => checkPins({ pins: [], sha256 })).toThrow(X509Error)
    expect(() => checkPins({ pins: [new Uint8Array(20)], sha256 })).toThrow(X509Error)
  })
})
