import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { certificateFields } from '../src/display.ts'
import { type Field, formatName, parseCertificate, X509Error } from '../src/index.ts'
import * as maker from './support/certificate-maker.ts'
import { integer, oid, sequence, set, tlv, utf8String } from './support/der-writer.ts'

const fromPem = (pem: string): Uint8Array => new Uint8Array(new X509Certificate(pem).raw)
const roots = rootCertificates.map(fromPem)

describe('the roots of the platform', () => {
  test('read as node:crypto reads them', () => {
    for (const der of roots) {
      const mine = parseCertificate(der)
      const theirs = new X509Certificate(der)
      expect(mine.notBefore).toBe(Date.parse(theirs.validFrom))
      expect(mine.notAfter).toBe(Date.parse(theirs.validTo))
      expect(BigInt(`0x${Buffer.from(mine.serialNumber).toString('hex')}`)).toBe(
        BigInt(`0x${theirs.serialNumber}`),
      )
      expect(mine.basicConstraints?.cA ?? false).toBe(theirs.ca)
      const { algorithm, der: spki } = mine.subjectPublicKeyInfo
      expect(Buffer.from(spki)).toEqual(theirs.publicKey.export({ format: 'der', type: 'spki' }))
      expect(algorithm.type).toBe(theirs.publicKey.asymmetricKeyType)
      const details = theirs.publicKey.asymmetricKeyDetails
      if (algorithm.type === 'rsa') {
        expect(algorithm.bits).toBe(details?.modulusLength)
        expect(algorithm.exponent).toBe(details?.publicExponent)
      } else {
        expect(
          { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' }[algorithm.curve!],
        ).toBe(details?.namedCurve)
      }
      expect(mine.isSelfIssued).toBe(true)
    }
  })

  test('have every extension readable', () => {
    const names = [
      'keyUsage',
      'extendedKeyUsage',
      'subjectAltName',
      'nameConstraints',
      'subjectKeyIdentifier',
      'authorityKeyIdentifier',
      'certificatePolicies',
      'authorityInfoAccess',
      'crlDistributionPoints',
    ] as const
    for (const der of roots) {
      const certificate = parseCertificate(der)
      for (const name of names)
        expect(() => certificate[name], formatName(certificate.subject)).not.toThrow()
    }
  })

  test('have the names that openssl prints', () => {
    for (const pem of rootCertificates.slice(0, 40)) {
      const options = ['x509', '-noout', '-subject', '-nameopt', 'RFC2253,utf8,-esc_msb']
      const printed = execFileSync('openssl', options, { input: pem, encoding: 'utf8' })
      // OpenSSL escapes bytes of UTF-8 no more with -esc_msb; attributes it names otherwise are not among these.
      expect(`subject=${formatName(parseCertificate(fromPem(pem)).subject)}`).toBe(printed.trim())
    }
  })
})

/** Every element openssl finds, as `start-end`. */
function elementsByOpenssl(der: Uint8Array): ReadonlySet<string> {
  const printed = execFileSync('openssl', ['asn1parse', '-inform', 'DER'], {
    input: der,
    encoding: 'utf8',
  })
  const elements = printed.split('\n').flatMap((line) => {
    const match = /^ *(\d+):d= *\d+ +hl= *(\d+) +l= *(\d+)/.exec(line)
    if (match === null) return []
    const [start, header, length] = match.slice(1).map(Number) as [number, number, number]
    return [`${start}-${start + header + length}`]
  })
  return new Set(elements)
}

describe('fields', () => {
  const key = maker.poolKey(0)
  const rich = maker.makeLeaf(key, 'Root', key, {
    also: [
      maker.nameConstraints(['dns:example.com'], ['ip:0a000000ff000000']),
      maker.policies('2.23.140.1.2.1'),
      maker.extension('1.2.3.4', utf8String('anything')),
      maker.extension('2.5.29.18', integer(1)),
    ],
  })

  test.each([
    ['a made certificate', rich],
    ['a root', roots[0]!],
    ['another root', roots[50]!],
  ])('of %s are elements that openssl finds, nested and in order', (_, der) => {
    const elements = elementsByOpenssl(der)
    let count = 0
    const check = (field: Field): void => {
      count++
      expect(elements, `${field.name} ${field.start}-${field.end}`).toContain(
        `${field.start}-${field.end}`,
      )
      expect(field.section).toMatch(/^RFC \d+ §[\d.]+$/)
      let position = field.start
      for (const child of field.children ?? []) {
        expect(child.start).toBeGreaterThanOrEqual(position)
        expect(child.end).toBeLessThanOrEqual(field.end)
        position = child.end
        check(child)
      }
    }
    const tree = certificateFields(parseCertificate(der))
    check(tree)
    expect([tree.start, tree.end]).toEqual([0, der.length])
    expect(count).toBeGreaterThan(25)
  })

  test('say what they hold, and show what is malformed', () => {
    const tbs = certificateFields(parseCertificate(rich)).children?.[0]
    const values = tbs?.children?.at(-1)?.children?.map(({ name, value }) => `${name}: ${value}`)
    expect(values).toEqual([
      'keyUsage: digitalSignature',
      'extKeyUsage: serverAuth',
      'subjectAltName: DNS:example.com',
      expect.stringMatching(/^authorityKeyIdentifier: [0-9a-f:]{59}$/),
      'nameConstraints: permitted DNS:example.com; excluded IP:10.0.0.0/8',
      'certificatePolicies: domain validated (CA/Browser Forum)',
      '1.2.3.4: 0c08616e797468696e67',
      expect.stringMatching(/^issuerAltName: malformed: /),
    ])
  })
})

describe('names', () => {
  const named = (...attributes: readonly (readonly [string, string])[]): string => {
    const key = maker.poolKey(0)
    const subject = maker.distinguishedName(attributes)
    return formatName(parseCertificate(maker.makeRoot('Root', key, { subject })).subject)
  }

  test('are written as RFC 4514 says, most specific first', () => {
    expect(
      named(['2.5.4.6', 'US'], ['2.5.4.10', 'Example, Inc.'], ['2.5.4.3', 'a+b "c" <d>;\\']),
    ).toBe('CN=a\\+b \\"c\\" \\<d\\>\\;\\\\,O=Example\\, Inc.,C=US')
    expect(named(['2.5.4.3', ' #x '])).toBe('CN=\\ #x\\ ')
    expect(named(['1.2.3.4', 'x'])).toBe('1.2.3.4=x')
    expect(named()).toBe('(empty name)')
  })

  test('cannot act on a terminal or hide their end', () => {
    expect(named(['2.5.4.3', 'a\u001b[31m\u0000b\u202e'])).toBe('CN=a\\1b[31m\\00b\\e2\\80\\ae')
  })
})

describe('what is no certificate', () => {
  const key = maker.poolKey(0)
  const extensions = [maker.basicConstraints(true)]
  test.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(), /missing/],
    ['a byte too many', Uint8Array.of(...maker.makeRoot('x', key), 0), /left over/],
    [
      'extensions in version 1',
      maker.makeRoot('x', key, { version: 1, extensions }),
      /not of version 3/,
    ],
    [
      'an extension twice',
      maker.makeRoot('x', key, { extensions: [...extensions, ...extensions] }),
      /basicConstraints is given twice/,
    ],
    [
      'algorithms that differ',
      differentAlgorithms(),
      /differs from the algorithm in the signed part/,
    ],
    [
      'a serial number that is padded',
      maker.makeRoot('x', key, { serialNumber: tlv(2, Uint8Array.of(0, 1)) }),
      /serialNumber/,
    ],
  ])('%s', (_, der, message) => {
    expect(() => parseCertificate(der)).toThrow(X509Error)
    expect(() => parseCertificate(der)).toThrow(message)
  })

  test('the caller who gives something else is told so', () => {
    expect(() => parseCertificate('MIIB' as unknown as Uint8Array)).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    )
  })

  function differentAlgorithms(): Uint8Array {
    const certificate = maker.makeRoot('x', key)
    const algorithm = Buffer.from(key.signatureAlgorithm)
    const outer = Buffer.from(certificate).lastIndexOf(algorithm)
    const changed = certificate.slice()
    changed[outer + algorithm.length - 1]! += 1
    return changed
  }

  test('attributes of a set out of order are refused when the name is read', () => {
    const attribute = (type: string, value: string) => sequence(oid(type), utf8String(value))
    const subject = sequence(set(attribute('2.5.4.10', 'b'), attribute('2.5.4.3', 'a')))
    const certificate = parseCertificate(maker.makeRoot('x', key, { subject }))
    expect(() => formatName(certificate.subject)).toThrow('ascending')
    // and again: an error is not forgotten
    expect(() => formatName(certificate.subject)).toThrow('ascending')
  })
})

test('parsing does not copy: parts share the memory of the whole', () => {
  const der = maker.makeRoot('x', maker.poolKey(0))
  const { tbs, signature, subjectPublicKeyInfo } = parseCertificate(der)
  for (const part of [tbs, signature, subjectPublicKeyInfo.der])
    expect(part.buffer).toBe(der.buffer)
})

test('a package of types only: nothing of the platform is imported', () => {
  const source = readFileSync(new URL('../src/index.ts', import.meta.url), 'utf8')
  expect(source).not.toMatch(/from '(?!\.\/)/)
})
