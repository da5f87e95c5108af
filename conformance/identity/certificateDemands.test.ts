/** Demands on a certificate beyond a valid path, through connections: what was stapled reaches them, and alerts say why. */
import { createHash, sign } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import type { ClientConfig, Identity } from '../../packages/handfast/src/config.ts'
import { nodeProvider } from '../../packages/handfast/src/crypto/node/index.ts'
import {
  type CertificateVerifierOptions,
  certificateVerifier,
  type TlsError,
} from '../../packages/handfast/src/index.ts'
import { exchange, pairOf } from '../../packages/handfast/test/engine/pair.ts'
import { pair12 } from '../../packages/handfast/test/tls12/pair12.ts'
import {
  checkPins,
  type PathCheck,
  parseCertificate,
  type TlsaRecord,
} from '../../packages/x509/src/index.ts'
import { webpki } from '../../packages/x509/src/profiles/index.ts'
import * as maker from '../../packages/x509/test/support/certificate-maker.ts'
import * as der from '../../packages/x509/test/support/der-writer.ts'
import { OpensslAuthority } from '../../packages/x509/test/support/openssl-ca.ts'

const day = 86_400_000
const now = Math.floor(Date.now() / 1000) * 1000
const around = { notBefore: now - 100 * day, notAfter: now + 70 * day }
const [rootKey, leafKey, logKey1, logKey2, otherKey] = [0, 1, 2, 3, 4].map(maker.poolKey) as [
  maker.Key,
  maker.Key,
  maker.Key,
  maker.Key,
  maker.Key,
]
const root = maker.makeRoot('Root', rootKey, around)
const makeLeaf = (serialNumber: number, also: readonly Uint8Array[] = []): Uint8Array =>
  maker.makeLeaf(leafKey, 'Root', rootKey, {
    ...around,
    serialNumber: der.integer(serialNumber),
    also,
  })
const leaf = makeLeaf(0x1001)
const mustStaple = makeLeaf(0x1002, [
  maker.extension('1.3.6.1.5.5.7.1.24', der.sequence(der.integer(5))),
])
const good = [{ serialNumber: '1001' }, { serialNumber: '1002' }]
const revoked = [{ serialNumber: '1001', revoked: { time: now - day, reason: 'keyCompromise' } }]
const authority = new OpensslAuthority(root, rootKey)
afterAll(() => authority.close())

const signingKey = await nodeProvider.importPrivateKey(
  new Uint8Array(leafKey.privateKey.export({ format: 'der', type: 'pkcs8' })),
)
const sha256 = (data: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(data).digest())
const sha1 = (data: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha1').update(data).digest())

/** A timestamp of RFC 6962 §3.2 on the leaf, as a log gives it to a server for TLS. */
function makeTimestamp(key: maker.Key): Uint8Array {
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(now - day))
  const length = [leaf.length >> 16, (leaf.length >> 8) & 0xff, leaf.length & 0xff]
  const signed = Buffer.from([0, 0, ...time, 0, 0, ...length, ...leaf, 0, 0])
  const signature = sign('sha256', signed, key.privateKey)
  const [high, low] = [signature.length >> 8, signature.length & 0xff]
  return Uint8Array.of(0, ...sha256(key.spki), ...time, 0, 0, 4, 3, high, low, ...signature)
}

/** An OCSP response that says `good` of the leaf, and carries timestamps; put together by RFC 6960 §4.2.1. */
function makeOcspWithTimestamps(timestamps: readonly Uint8Array[]): Uint8Array {
  const stamp = (milliseconds: number): Uint8Array =>
    der.tlv(0x18, der.text(`${new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, '')}`))
  const { issuer, subjectPublicKeyInfo } = parseCertificate(root)
  const entries = timestamps.flatMap((sct) => [sct.length >> 8, sct.length & 0xff, ...sct])
  const list = Uint8Array.of(entries.length >> 8, entries.length & 0xff, ...entries)
  const single = der.sequence(
    der.sequence(
      der.sequence(der.oid('1.3.14.3.2.26'), der.tlv(0x05)),
      der.octetString(sha1(issuer.der)),
      der.octetString(sha1(subjectPublicKeyInfo.publicKey)),
      der.integer(0x1001),
    ),
    der.context(0),
    stamp(now - day),
    der.explicit(0, stamp(now + day)),
    der.explicit(
      1,
      der.sequence(maker.extension('1.3.6.1.4.1.11129.2.4.5', der.octetString(list))),
    ),
  )
  const data = der.sequence(der.explicit(1, issuer.der), stamp(now - day), der.sequence(single))
  const signature = new Uint8Array(sign('sha256', data, rootKey.privateKey))
  const basic = der.sequence(data, rootKey.signatureAlgorithm, der.bitString(signature))
  return der.sequence(
    der.tlv(0x0a, Uint8Array.of(0)),
    der.explicit(0, der.sequence(der.oid('1.3.6.1.5.5.7.48.1.1'), der.octetString(basic))),
  )
}

const versions = [
  { name: 'TLS 1.3', pair: pairOf },
  { name: 'TLS 1.2', pair: pair12 },
] as const

interface Outcome {
  readonly error: TlsError | undefined
  /** The alert that the server received. */
  readonly alert: string | undefined
  /** What is said of the demand, where the certificate was accepted. */
  readonly checks: readonly string[]
}

function connect(
  pair: typeof pairOf | typeof pair12,
  identity: Omit<Partial<Identity>, 'signingKey'>,
  demands: Partial<CertificateVerifierOptions>,
  config: Partial<ClientConfig> = {},
): Outcome {
  const verifyCertificate = certificateVerifier({
    crypto: nodeProvider,
    trust: [root],
    ...demands,
  })
  const made = pair(
    { serverName: 'example.com', verifyCertificate, ...config },
    { identity: { certificateChain: [leaf], signingKey, ...identity } },
  )
  exchange(made)
  const { error, info } = made.client.connection
  const checks = (info?.verdict?.checks ?? []).map(({ what, result }) => `${what}: ${result}`)
  return {
    error: error as TlsError | undefined,
    alert: made.server.connection.error?.received,
    checks,
  }
}

describe.each(versions)('$name', ({ name, pair }) => {
  describe('revocation', () => {
    it('takes the response that the server stapled', () => {
      const ocspResponse = authority.makeOcspResponse(leaf, good)
      const { error, checks } = connect(
        pair,
        { ocspResponse },
        { revocation: { policy: 'require' } },
      )
      expect(error).toBeUndefined()
      expect(checks).toContain('revocation: pass')
    })

    it('refuses what the stapled response says is revoked, whatever the policy', () => {
      const ocspResponse = authority.makeOcspResponse(leaf, revoked)
      for (const policy of ['require', 'prefer'] as const) {
        const { error, alert } = connect(pair, { ocspResponse }, { revocation: { policy } })
        expect(error).toMatchObject({ code: 'ERR_CERTIFICATE_REFUSED', blame: 'certificate' })
        expect(error!.verdict!.failures.map(({ code }) => code)).toEqual(['revoked'])
        expect(alert).toBe('certificate_revoked')
      }
    })

    it('refuses a certificate of which nothing is known, where that is required', () => {
      const { error, alert } = connect(pair, {}, { revocation: { policy: 'require' } })
      expect(error!.verdict!.failures.map(({ code }) => code)).toEqual(['revocation-unknown'])
      expect(alert).toBe('bad_certificate_status_response')
      expect(connect(pair, {}, { revocation: { policy: 'prefer' } }).error).toBeUndefined()
    })

    it('holds a certificate to the staple that it promises (RFC 7633)', () => {
      const certificateChain = [mustStaple]
      const revocation = { policy: 'prefer' } as const
      expect(connect(pair, { certificateChain }, { revocation }).alert).toBe(
        'bad_certificate_status_response',
      )
      const ocspResponse = authority.makeOcspResponse(mustStaple, good)
      expect(
        connect(pair, { certificateChain, ocspResponse }, { revocation }).error,
      ).toBeUndefined()
    })

    it('does so also where revocation is no concern otherwise, if it asked for a staple', () => {
      const certificateChain = [mustStaple]
      expect(connect(pair, { certificateChain }, {}).alert).toBe('bad_certificate_status_response')
      const notAsked = connect(pair, { certificateChain }, {}, { requestOcsp: false })
      expect(notAsked.error).toBeUndefined()
      const ignored = connect(pair, { certificateChain }, { revocation: { policy: 'ignore' } })
      expect(ignored.error).toBeUndefined()
      const ocspResponse = authority.makeOcspResponse(mustStaple, good)
      const { error, checks } = connect(pair, { certificateChain, ocspResponse }, {})
      expect(error).toBeUndefined()
      expect(checks).toContain('revocation: pass')
    })

    it('takes lists that the caller brings', () => {
      const crls = [authority.makeCrl(revoked)]
      const revocation = { policy: 'require', crls } as const
      expect(connect(pair, {}, { revocation }).alert).toBe('certificate_revoked')
      const empty = { policy: 'require', crls: [authority.makeCrl([])] } as const
      expect(connect(pair, {}, { revocation: empty }).error).toBeUndefined()
    })

    it('does not ask where nobody wants to know', () => {
      const ocspResponse = authority.makeOcspResponse(leaf, revoked)
      const { error, checks } = connect(pair, { ocspResponse }, {})
      expect(error).toBeUndefined()
      expect(checks).toContain('revocation: skipped')
    })
  })

  describe('transparency', () => {
    const logs = [
      { key: logKey1.spki, operator: 'One' },
      { key: logKey2.spki, operator: 'Two' },
    ]
    const transparency = { policy: 'require', logs } as const

    it('takes timestamps from a stapled OCSP response', () => {
      const ocspResponse = makeOcspWithTimestamps([logKey1, logKey2].map(makeTimestamp))
      const revocation = { policy: 'require' } as const
      const { error, checks } = connect(pair, { ocspResponse }, { transparency, revocation })
      expect(error?.message).toBeUndefined()
      expect(checks).toContain('certificate transparency: pass')
    })

    it('refuses one without enough of them', () => {
      const ocspResponse = makeOcspWithTimestamps([makeTimestamp(logKey1)])
      const { error, alert } = connect(pair, { ocspResponse }, { transparency })
      expect(error!.verdict!.failures.map(({ code }) => code)).toEqual(['transparency'])
      expect(alert).toBe('bad_certificate')
      expect(connect(pair, { ocspResponse: Uint8Array.of(1) }, { transparency }).alert).toBe(
        'bad_certificate',
      )
    })

    // The client of TLS 1.2 does not read the extension, which is in the ServerHello there.
    const inTls13 = name === 'TLS 1.2' ? undefined : it
    inTls13?.('takes timestamps from the extension of TLS 1.3', () => {
      const signedCertificateTimestamps = [logKey1, logKey2].map(makeTimestamp)
      const { error, checks } = connect(pair, { signedCertificateTimestamps }, { transparency })
      expect(error?.message).toBeUndefined()
      expect(checks).toContain('certificate transparency: pass')
      const forged = [makeTimestamp(logKey1), makeTimestamp(otherKey)]
      expect(connect(pair, { signedCertificateTimestamps: forged }, { transparency }).alert).toBe(
        'bad_certificate',
      )
    })
  })

  it('pins: one of the keys has to be in the path', () => {
    expect(connect(pair, {}, { pins: [sha256(rootKey.spki)] }).checks).toContain('pinned key: pass')
    expect(connect(pair, {}, { pins: [sha256(otherKey.spki)] }).alert).toBe('bad_certificate')
  })

  it('TLSA records: one has to match', () => {
    const record = (usage: number, data: Uint8Array): TlsaRecord => ({
      ...{ usage, selector: 1, matchingType: 1, data },
    })
    // DANE-EE needs no anchor at all; PKIX-EE needs both.
    const daneEe = [record(3, sha256(leafKey.spki))]
    expect(connect(pair, {}, { trust: [], tlsaRecords: daneEe }).error).toBeUndefined()
    const pkixEe = [record(1, sha256(leafKey.spki))]
    expect(connect(pair, {}, { tlsaRecords: pkixEe }).error).toBeUndefined()
    expect(connect(pair, {}, { trust: [], tlsaRecords: pkixEe }).alert).toBe('unknown_ca')
    const other = [record(3, sha256(otherKey.spki))]
    expect(connect(pair, {}, { tlsaRecords: other }).alert).toBe('bad_certificate')
    expect(connect(pair, {}, { tlsaRecords: [] }).error).toBeUndefined()
  })

  it('policies and profiles: the path has to have them', () => {
    const policies = { acceptable: ['1.2.3.4'], explicit: true }
    const refused = connect(pair, {}, { policies })
    expect(refused.error!.verdict!.failures.map(({ code }) => code)).toEqual(['policy'])
    expect(refused.alert).toBe('bad_certificate')
    const certificateChain = [makeLeaf(0x1003, [maker.policies('1.2.3.4')])]
    expect(connect(pair, { certificateChain }, { policies }).error).toBeUndefined()
    // A serial number of zero is against the rules of the web, and of no concern for a path.
    const odd = { certificateChain: [makeLeaf(0)] }
    expect(connect(pair, odd, {}).error).toBeUndefined()
    const { error } = connect(pair, odd, { profile: webpki() })
    expect(error?.verdict?.failures.map(({ code }) => code)).toEqual(['profile'])
  })

  it('demands of the caller come after all others', () => {
    const seen: string[] = []
    const additionalChecks: PathCheck[] = [
      (path, { report }) => {
        seen.push(String(path.certificates.length))
        report.fail('our rule', 'nothing', 'our policy', {
          code: 'policy',
          message: 'not today',
          help: 'Come back tomorrow.',
        })
      },
    ]
    const { error, alert } = connect(pair, {}, { additionalChecks })
    expect(error!.message).toContain('not today')
    expect(alert).toBe('bad_certificate')
    expect(seen).toEqual(['1'])
    expect(connect(pair, {}, { additionalChecks, trust: [] }).alert).toBe('unknown_ca')
    expect(seen).toEqual(['1'])
  })
})

it('pins that are no digests are the mistake of the caller, told at once', () => {
  const pins = [Uint8Array.of(1)]
  expect(() => certificateVerifier({ crypto: nodeProvider, trust: [], pins })).toThrow(/SHA-256/)
  expect(() => checkPins({ pins, sha256 })).toThrow(/SHA-256/)
})
