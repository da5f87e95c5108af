import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsePem, X509Error } from '../src/index.ts'
import { toPem } from './support/certificate-maker.ts'

test('the roots of the platform come out as node:crypto reads them', () => {
  const text = rootCertificates.map((pem) => `# a comment\n${pem}\n`).join('')
  const blocks = parsePem(text)
  expect(blocks).toHaveLength(rootCertificates.length)
  blocks.forEach(({ label, bytes }, i) => {
    expect(label).toBe('CERTIFICATE')
    expect(Buffer.compare(bytes, new X509Certificate(rootCertificates[i]!).raw)).toBe(0)
  })
})

test('any bytes come back, whatever the line ends', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, windows) => {
      const pem = toPem(bytes, 'X509 CRL')
      const [only] = parsePem(windows ? pem.replaceAll('\n', '\r\n') : pem)
      expect(only).toEqual({ label: 'X509 CRL', bytes })
    }),
  )
})

describe('what is broken is told', () => {
  test.each([
    ['another end', '-----BEGIN A-----\nAAAA\n-----END B-----', /begins as A and ends as B/],
    ['no end', '-----BEGIN A-----\nAAAA\n', /block 1 has no end/],
    ['no end before the next', `-----BEGIN A-----\nAAAA\n${toPem(Uint8Array.of(1))}`, /has no end/],
    ['no padding', '-----BEGIN A-----\nAAA\n-----END A-----', /block 1, A, is not base64/],
    ['padding inside', '-----BEGIN A-----\nAA==AAAA\n-----END A-----', /not base64/],
    ['stray bits', '-----BEGIN A-----\nAB==\n-----END A-----', /not base64/],
    [
      'headers',
      '-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END A-----',
      /other text inside/,
    ],
  ])('%s', (_, text, message) => {
    expect(() => parsePem(text)).toThrow(X509Error)
    expect(() => parsePem(text)).toThrow(message)
  })

  test('and a text without a block has none', () => {
    expect(parsePem('nothing here')).toEqual([])
  })
})
