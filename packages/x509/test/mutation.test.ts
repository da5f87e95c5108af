/** Bad bytes: whatever is done to a certificate, the answer is a verdict or a typed error, soon. */
import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { certificateFields } from '../src/display.ts'
import {
  formatName,
  matchesName,
  type Profile,
  parseCertificate,
  type Verdict,
  verifyCertificate,
  X509Error,
} from '../src/index.ts'
import { webpki } from '../src/profiles/index.ts'
import * as maker from './support/certificate-maker.ts'
import { nodeVerifiers } from './support/verifiers.ts'

const [rootKey, authorityKey, leafKey] = [0, 1, 2].map(maker.poolKey) as [
  maker.Key,
  maker.Key,
  maker.Key,
]
const root = maker.makeRoot('Root', rootKey)
const authority = maker.makeAuthority('Authority', authorityKey, 'Root', rootKey, {
  also: [
    maker.nameConstraints(
      ['dns:example.com'],
      ['email:a@example.org', 'uri:.example.org', 'ip:0a000000ff000000'],
    ),
    maker.policies('1.2.3', '2.5.29.32.0'),
    maker.policyConstraints(0, 1),
  ],
})
const leaf = maker.makeLeaf(leafKey, 'Authority', authorityKey, { also: [maker.policies('1.2.3')] })

const verify = (certificate: Uint8Array, intermediate: Uint8Array, profile?: Profile): Verdict =>
  verifyCertificate({
    certificate,
    intermediates: [intermediate],
    trust: [root],
    time: maker.now,
    name: 'example.com',
    usage: 'serverAuth',
    verifiers: nodeVerifiers,
    ...(profile === undefined ? {} : { profile }),
  }) as Verdict

/** Looks at everything a certificate has; only an X509Error may come of it. */
function lookAtAll(der: Uint8Array): void {
  const attempt = (look: () => unknown): void => {
    try {
      look()
    } catch (error) {
      if (!(error instanceof X509Error)) throw error
      expect(error.code).toBe('malformed')
    }
  }
  attempt(() => {
    const certificate = parseCertificate(der)
    for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(certificate))) {
      attempt(() => certificate[name as keyof typeof certificate])
    }
    attempt(() => formatName(certificate.subject))
    attempt(() => formatName(certificate.issuer))
    attempt(() => certificateFields(certificate))
    attempt(() => matchesName(certificate, 'example.com'))
  })
}

test('the chain itself is valid', () => {
  expect(verify(leaf, authority).failures).toEqual([])
})

test('no certificate with one byte changed is valid, whichever byte and wherever it stands', () => {
  for (const [index, original] of [leaf, authority].entries()) {
    for (let i = 0; i < original.length; i++) {
      const changed = original.slice()
      changed[i]! ^= 1 << (i % 8)
      lookAtAll(changed)
      const [own, other] = index === 0 ? [changed, authority] : [leaf, changed]
      const verdict = verify(own, other, i % 2 === 0 ? undefined : webpki())
      expect(verdict.valid, `byte ${i} of certificate ${index}`).toBe(false)
      expect(verdict.failures.length).toBeGreaterThan(0)
    }
  }
})

test('a certificate cut short anywhere is malformed', () => {
  for (let length = 0; length < leaf.length; length++) {
    expect(() => parseCertificate(leaf.slice(0, length)), `${length} bytes`).toThrow(X509Error)
  }
})

test('mutations of real certificates end in a result or a typed error', () => {
  const real = rootCertificates
    .slice(0, 20)
    .map((pem) => new Uint8Array(new X509Certificate(pem).raw))
  const mutation = fc.record({
    kind: fc.constantFrom('set', 'insert', 'delete', 'copy'),
    at: fc.nat(3000),
    from: fc.nat(3000),
    length: fc.integer({ min: 1, max: 40 }),
    byte: fc.integer({ min: 0, max: 255 }),
  })
  fc.assert(
    fc.property(
      fc.constantFrom(leaf, authority, ...real),
      fc.array(mutation, { minLength: 1, maxLength: 4 }),
      (original, mutations) => {
        const bytes = [...original]
        for (const { kind, at, from, length, byte } of mutations) {
          const place = at % bytes.length
          if (kind === 'set') bytes[place] = byte
          else if (kind === 'insert') bytes.splice(place, 0, byte)
          else if (kind === 'delete') bytes.splice(place, length)
          else
            bytes.splice(
              place,
              length,
              ...bytes.slice(from % bytes.length, (from % bytes.length) + length),
            )
          if (bytes.length === 0) break
        }
        const mutated = Uint8Array.from(bytes)
        lookAtAll(mutated)
        const isOriginal = Buffer.compare(mutated, original) === 0
        if (!isOriginal) expect(verify(mutated, authority).valid).toBe(false)
      },
    ),
    { numRuns: 3000 },
  )
})

test('random structures in the place of an extension are read or refused', () => {
  const oids = [
    '2.5.29.14',
    '2.5.29.15',
    '2.5.29.17',
    '2.5.29.18',
    '2.5.29.19',
    '2.5.29.30',
    '2.5.29.31',
    '2.5.29.32',
    '2.5.29.33',
    '2.5.29.35',
    '2.5.29.36',
    '2.5.29.37',
    '2.5.29.54',
    '1.3.6.1.5.5.7.1.1',
    '1.3.6.1.5.5.7.1.24',
    '1.3.6.1.4.1.11129.2.4.2',
  ]
  const { element } = fc.letrec<{ element: Uint8Array }>((tie) => ({
    element: fc.oneof(
      { depthSize: 'small' },
      fc
        .tuple(
          fc.constantFrom(0x01, 0x02, 0x03, 0x04, 0x06, 0x80, 0x81, 0x82, 0x86, 0x87, 0x88),
          fc.uint8Array({ maxLength: 9 }),
        )
        .map(([tag, content]) => Uint8Array.of(tag, content.length, ...content)),
      fc
        .tuple(
          fc.constantFrom(0x30, 0x31, 0xa0, 0xa1, 0xa2, 0xa4),
          fc.array(tie('element'), { maxLength: 4 }),
        )
        .map(([tag, parts]) => {
          const content = Buffer.concat(parts)
          return content.length < 128
            ? Uint8Array.of(tag, content.length, ...content)
            : Uint8Array.of(tag, 0)
        }),
    ),
  }))
  fc.assert(
    fc.property(fc.constantFrom(...oids), element, fc.boolean(), (id, value, critical) => {
      const certificate = maker.makeLeaf(leafKey, 'Authority', authorityKey, {
        extensions: [maker.extension(id, value, critical)],
      })
      lookAtAll(certificate)
      const verdict = verify(certificate, authority, webpki())
      expect(verdict.valid).toBe(verdict.failures.length === 0)
    }),
    { numRuns: 1500 },
  )
})

test('what is read here is read by openssl too: nothing is let pass that it refuses', () => {
  const real = rootCertificates
    .slice(0, 20)
    .map((pem) => new Uint8Array(new X509Certificate(pem).raw))
  let read = 0
  fc.assert(
    fc.property(
      fc.constantFrom(leaf, authority, ...real),
      fc.nat(3000),
      fc.nat(255),
      (original, at, byte) => {
        const changed = original.slice()
        changed[at % changed.length] = byte
        try {
          const certificate = parseCertificate(changed)
          void certificate.subjectPublicKeyInfo
          const names = [certificate.issuer, certificate.subject]
          // Values of names that are no strings are kept as they are; openssl looks into some.
          if (names.some(({ rdns }) => rdns.flat().some(({ value }) => value.startsWith('#'))))
            return
        } catch {
          return
        }
        read++
        expect(() => new X509Certificate(changed)).not.toThrow()
      },
    ),
    { numRuns: 2000 },
  )
  expect(read).toBeGreaterThan(500)
})
