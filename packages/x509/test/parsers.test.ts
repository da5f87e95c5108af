/**
 * Every parser of bytes has its properties: it reads what was written, and of every cut and every flipped bit comes an
 * `X509Error` or a value, soon. The parsers are found by what the sources export.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCertificate } from '../src/certificate.ts'
import * as constraints from '../src/extensions/constraints.ts'
import * as names from '../src/extensions/names.ts'
import * as policies from '../src/extensions/policies.ts'
import { parseTimestampList } from '../src/extensions/timestamps.ts'
import { X509Error } from '../src/index.ts'
import { parseSubjectPublicKeyInfo } from '../src/public-key.ts'
import { parseCertificateRevocationList } from '../src/revocation/crl.ts'
import { parseOcspResponse } from '../src/revocation/ocsp.ts'
import { parseSignedCertificateTimestamp } from '../src/transparency/timestamp.ts'
import * as maker from './support/certificate-maker.ts'
import {
  bitString,
  boolean,
  concat,
  context,
  explicit,
  integer,
  octetString,
  oid,
  sequence,
  text,
  time,
  tlv,
} from './support/der-writer.ts'

const [rootKey, leafKey] = [0, 1].map(maker.poolKey) as [maker.Key, maker.Key]
const algorithm = sequence(oid('1.2.840.10045.4.3.2'))
const issuer = maker.distinguishedName([['2.5.4.3', 'Root']])

const blob = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((value) => Uint8Array.from(value))
const count = fc.nat(1000)
const id = fc
  .tuple(fc.nat(2), fc.nat(39), fc.array(fc.nat(100_000), { minLength: 1, maxLength: 6 }))
  .map(([first, second, rest]) => [first, second, ...rest].join('.'))
const ids = fc.uniqueArray(id, { minLength: 1, maxLength: 5 })
const seconds = fc.integer({ min: 0, max: 4_000_000_000 }).map((value) => value * 1000)
/** Not negative and not padded, as the content of an INTEGER. */
const serial = blob(1, 20).map((value) => Uint8Array.of(1, ...value))
const generalName = fc.oneof(
  fc.constantFrom('dns', 'email', 'uri').chain((type) =>
    fc.string({ minLength: 1, maxLength: 30 }).map((value) => ({
      value: { type, value },
      der: context({ dns: 2, email: 1, uri: 6 }[type] ?? 0, text(value)),
    })),
  ),
  fc
    .oneof(blob(4, 4), blob(16, 16))
    .map((value) => ({ value: { type: 'ip', value }, der: context(7, value) })),
  id.map((value) => ({ value: { type: 'registered-id', value }, der: oid(value, 0x88) })),
)
const generalNames = fc.array(generalName, { minLength: 1, maxLength: 5 })
const uint16 = (value: number) => Uint8Array.of(value >> 8, value & 255)
const prefixed = (value: Uint8Array) => concat([uint16(value.length), value])

/** A value as it is to be read, and how it is written. */
interface Written {
  readonly value: unknown
  readonly der: Uint8Array
}
interface Asked {
  readonly entries: readonly { readonly serialNumber: Uint8Array }[]
}
interface Parser {
  /** @param asked the entries of a list that are looked for */
  readonly parse: (der: Uint8Array, asked?: Asked) => unknown
  readonly written: fc.Arbitrary<Written>
}

const values = (written: readonly Written[]) => written.map(({ value }) => value)
const ders = (written: readonly Written[]) => written.map(({ der }) => der)
const number = (name: string, parse: Parser['parse'], write: (value: number) => Uint8Array) => [
  name,
  { parse, written: count.map((value) => ({ value, der: write(value) })) },
]

const entry = fc.record({ serialNumber: serial, revocationTime: seconds })
const single = fc.record({
  issuerNameHash: blob(20, 20),
  issuerKeyHash: blob(20, 20),
  serialNumber: serial,
  status: fc.constantFrom('good', 'unknown', 'revoked'),
  thisUpdate: seconds,
  nextUpdate: fc.option(seconds, { nil: undefined }),
})
const generalizedTime = (value: number) =>
  tlv(0x18, text(new Date(value).toISOString().replace(/[-:T]|\.\d+/g, '')))

const parsers: Readonly<Record<string, Parser>> = {
  ...Object.fromEntries([
    number('parseInhibitAnyPolicy', constraints.parseInhibitAnyPolicy, integer),
  ]),
  parseBasicConstraints: {
    parse: constraints.parseBasicConstraints,
    written: fc
      .record({ cA: fc.boolean(), length: fc.option(count, { nil: undefined }) })
      .map(({ cA, length }) => ({
        value: { cA, ...(length !== undefined && { pathLenConstraint: length }) },
        der: sequence(
          ...(cA ? [boolean(true)] : []),
          ...(length === undefined ? [] : [integer(length)]),
        ),
      })),
  },
  parseKeyUsage: {
    parse: constraints.parseKeyUsage,
    written: fc.constantFrom('digitalSignature', 'keyEncipherment', 'cRLSign').map((name) => ({
      value: new Set([name]),
      // Behind the identifier, the criticality and the header of the OCTET STRING.
      der: maker.keyUsage(name).subarray(12),
    })),
  },
  parseExtendedKeyUsage: {
    parse: constraints.parseExtendedKeyUsage,
    written: ids.map((value) => ({ value, der: sequence(...value.map((one) => oid(one))) })),
  },
  parseTlsFeature: {
    parse: constraints.parseTlsFeature,
    written: fc
      .array(count, { maxLength: 5 })
      .map((value) => ({ value, der: sequence(...value.map((one) => integer(one))) })),
  },
  parseAlternativeNames: {
    parse: (der) => names.parseAlternativeNames(der, 'names'),
    written: generalNames.map((list) => ({ value: values(list), der: sequence(...ders(list)) })),
  },
  parseNameConstraints: {
    parse: names.parseNameConstraints,
    written: fc
      .array(fc.string({ maxLength: 20 }), { minLength: 1, maxLength: 4 })
      .chain((list) => fc.nat(list.length).map((at) => [list.slice(0, at), list.slice(at)]))
      .map(([permitted = [], excluded = []]) => {
        const subtrees = (which: number, domains: readonly string[]) =>
          domains.length === 0
            ? []
            : [explicit(which, ...domains.map((value) => sequence(context(2, text(value)))))]
        const dns = (domains: readonly string[]) => domains.map((value) => ({ type: 'dns', value }))
        return {
          value: { permittedSubtrees: dns(permitted), excludedSubtrees: dns(excluded) },
          der: sequence(...subtrees(0, permitted), ...subtrees(1, excluded)),
        }
      }),
  },
  parseSubjectKeyIdentifier: {
    parse: names.parseSubjectKeyIdentifier,
    written: blob(0, 40).map((value) => ({ value, der: octetString(value) })),
  },
  parseAuthorityKeyIdentifier: {
    parse: names.parseAuthorityKeyIdentifier,
    written: fc.record({ keyIdentifier: blob(0, 40), list: generalNames, serial }).map((parts) => ({
      value: {
        keyIdentifier: parts.keyIdentifier,
        authorityCertIssuer: values(parts.list),
        authorityCertSerialNumber: parts.serial,
      },
      der: sequence(
        context(0, parts.keyIdentifier),
        explicit(1, ...ders(parts.list)),
        context(2, parts.serial),
      ),
    })),
  },
  parseAuthorityInfoAccess: {
    parse: names.parseAuthorityInfoAccess,
    written: fc.array(fc.tuple(id, generalName), { minLength: 1, maxLength: 4 }).map((list) => ({
      value: list.map(([accessMethod, { value }]) => ({ accessMethod, accessLocation: value })),
      der: sequence(...list.map(([method, { der }]) => sequence(oid(method), der))),
    })),
  },
  parseCrlDistributionPoints: {
    parse: names.parseCrlDistributionPoints,
    written: fc.array(generalNames, { minLength: 1, maxLength: 3 }).map((points) => ({
      value: points.map((list) => ({ fullName: values(list), restricted: false })),
      der: sequence(...points.map((list) => sequence(explicit(0, explicit(0, ...ders(list)))))),
    })),
  },
  parseCertificatePolicies: {
    parse: policies.parseCertificatePolicies,
    written: ids.map((list) => ({
      value: list.map((policyIdentifier) => ({ policyIdentifier })),
      der: sequence(...list.map((one) => sequence(oid(one)))),
    })),
  },
  parsePolicyMappings: {
    parse: policies.parsePolicyMappings,
    written: fc.array(fc.tuple(id, id), { minLength: 1, maxLength: 4 }).map((list) => ({
      value: list.map(([issuerDomainPolicy, subjectDomainPolicy]) => ({
        issuerDomainPolicy,
        subjectDomainPolicy,
      })),
      der: sequence(...list.map(([from, to]) => sequence(oid(from), oid(to)))),
    })),
  },
  parsePolicyConstraints: {
    parse: policies.parsePolicyConstraints,
    written: fc.tuple(count, count).map(([requireExplicitPolicy, inhibitPolicyMapping]) => ({
      value: { requireExplicitPolicy, inhibitPolicyMapping },
      der: sequence(integer(requireExplicitPolicy, 0x80), integer(inhibitPolicyMapping, 0x81)),
    })),
  },
  parseTimestampList: {
    parse: parseTimestampList,
    written: fc.array(blob(1, 60), { minLength: 1, maxLength: 4 }).map((value) => ({
      value,
      der: octetString(prefixed(concat(value.map(prefixed)))),
    })),
  },
  parseSignedCertificateTimestamp: {
    parse: parseSignedCertificateTimestamp,
    written: fc
      .record({
        logId: blob(32, 32),
        timestamp: fc.nat(),
        extensions: blob(0, 20),
        signature: blob(0, 80),
      })
      .map((value) => {
        const at = new Uint8Array(8)
        new DataView(at.buffer).setBigUint64(0, BigInt(value.timestamp))
        return {
          value: { ...value, signatureAlgorithm: 'ecdsa-sha256' },
          der: concat([
            Uint8Array.of(0),
            value.logId,
            at,
            prefixed(value.extensions),
            uint16(0x0403),
            prefixed(value.signature),
          ]),
        }
      }),
  },
  parseSubjectPublicKeyInfo: {
    parse: (der) => parseSubjectPublicKeyInfo(der).publicKey,
    written: blob(32, 32).map((value) => ({
      value,
      der: sequence(sequence(oid('1.3.101.112')), bitString(value)),
    })),
  },
  parseCertificate: {
    parse: (der) => {
      const { serialNumber, notBefore, extensions } = parseCertificate(der)
      return { serialNumber, notBefore, extensions: extensions.length }
    },
    written: fc.record({ serial, from: seconds }).map(({ serial: serialNumber, from }) => ({
      value: { serialNumber, notBefore: from, extensions: 1 },
      der: maker.makeCertificate({
        subject: 'x',
        issuer: 'Root',
        key: leafKey,
        issuerKey: rootKey,
        serialNumber: tlv(2, serialNumber),
        notBefore: from,
        extensions: [maker.basicConstraints(false)],
      }),
    })),
  },
  parseCertificateRevocationList: {
    parse: (der, { entries } = { entries: [] }) => {
      const list = parseCertificateRevocationList(der)
      // Entries are read when one is asked for.
      list.find(Uint8Array.of(0))
      return {
        thisUpdate: list.thisUpdate,
        entries: entries.map(({ serialNumber }) => ({
          serialNumber,
          ...list.find(serialNumber),
        })),
      }
    },
    written: fc
      .record({
        entries: fc.uniqueArray(entry, {
          selector: ({ serialNumber }) => String(serialNumber),
          minLength: 1,
          maxLength: 4,
        }),
        thisUpdate: seconds,
      })
      .map(({ entries, thisUpdate }) => ({
        value: { entries, thisUpdate },
        der: sequence(
          sequence(
            integer(1),
            algorithm,
            issuer,
            time(thisUpdate),
            sequence(
              ...entries.map(({ serialNumber, revocationTime }) =>
                sequence(tlv(2, serialNumber), time(revocationTime)),
              ),
            ),
          ),
          algorithm,
          bitString(new Uint8Array(70)),
        ),
      })),
  },
  parseOcspResponse: {
    parse: (der) => {
      const { producedAt, responses } = parseOcspResponse(der)
      return {
        producedAt,
        responses: responses.map(({ hashAlgorithm, extensions, revoked, ...rest }) => rest),
      }
    },
    written: fc
      .record({ producedAt: seconds, responses: fc.array(single, { minLength: 1, maxLength: 3 }) })
      .map((value) => ({
        value,
        der: sequence(
          tlv(10, Uint8Array.of(0)),
          explicit(
            0,
            sequence(
              oid('1.3.6.1.5.5.7.48.1.1'),
              octetString(
                sequence(
                  sequence(
                    explicit(1, issuer),
                    generalizedTime(value.producedAt),
                    sequence(
                      ...value.responses.map((one) =>
                        sequence(
                          sequence(
                            sequence(oid('1.3.14.3.2.26')),
                            octetString(one.issuerNameHash),
                            octetString(one.issuerKeyHash),
                            tlv(2, one.serialNumber),
                          ),
                          one.status === 'revoked'
                            ? explicit(1, generalizedTime(one.thisUpdate))
                            : context(one.status === 'good' ? 0 : 2),
                          generalizedTime(one.thisUpdate),
                          ...(one.nextUpdate === undefined
                            ? []
                            : [explicit(0, generalizedTime(one.nextUpdate))]),
                        ),
                      ),
                    ),
                  ),
                  algorithm,
                  bitString(new Uint8Array(70)),
                ),
              ),
            ),
          ),
        ),
      })),
  },
}

/** @returns true where the bytes are refused, as a parser refuses */
function refused(parse: Parser['parse'], der: Uint8Array): boolean {
  try {
    parse(der)
    return false
  } catch (error) {
    if (!(error instanceof X509Error)) throw error
    expect(error.code).toBe('malformed')
    return true
  }
}

describe.each(Object.entries(parsers))('%s', (_, { parse, written }) => {
  test('reads what was written', () => {
    fc.assert(
      fc.property(written, ({ value, der }) => {
        expect(parse(der, value as Asked)).toEqual(value)
      }),
    )
  })

  test('refuses each cut and each byte too many, and each flipped bit is refused or read', () => {
    fc.assert(
      fc.property(written, ({ der }) => {
        expect(refused(parse, Uint8Array.of(...der, 0))).toBe(true)
        const step = Math.max(1, Math.floor(der.length / 150))
        for (let at = 0; at < der.length; at += step) {
          expect(refused(parse, der.subarray(0, at)), `${at} of ${der.length} bytes`).toBe(true)
          for (let bit = 0; bit < 8; bit++) {
            const flipped = der.slice()
            flipped[at]! ^= 1 << bit
            refused(parse, flipped)
          }
        }
      }),
      { numRuns: 10 },
    )
  })

  test('refuses or reads noise', () => {
    fc.assert(
      fc.property(blob(0, 80), (noise) => {
        refused(parse, noise)
      }),
      { numRuns: 300 },
    )
  })
})

test('no parser is without', async () => {
  // Of text: they have tests of their own.
  const ofText = ['parseDnsName', 'parseReferenceName', 'parseIpAddress']
  const folder = join(import.meta.dirname, '..', 'src')
  const found = new Set<string>()
  for (const file of readdirSync(folder, { recursive: true }).map(String))
    if (file.endsWith('.ts'))
      for (const name of Object.keys(await import(join(folder, file))))
        if (name.startsWith('parse')) found.add(name)
  expect([...found].sort()).toEqual([...Object.keys(parsers), ...ofText].sort())
})
