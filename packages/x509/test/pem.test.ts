import { execFileSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodePem, encodePem, X509Error } from '../src/index.ts'

function messageOf(text: string): string {
  try {
    decodePem(text)
  } catch (error) {
    expect(error).toBeInstanceOf(X509Error)
    expect((error as X509Error).code).toBe('malformed')
    return (error as X509Error).message
  }
  return 'nothing was thrown'
}

describe('PEM', () => {
  test('the roots of the platform come out as node:crypto reads them', () => {
    const text = rootCertificates.map((pem) => `# a comment\n${pem}\n`).join('')
    const blocks = decodePem(text)
    expect(blocks).toHaveLength(rootCertificates.length)
    blocks.forEach(({ label, der }, i) => {
      expect(label).toBe('CERTIFICATE')
      expect(Buffer.compare(der, new X509Certificate(rootCertificates[i]!).raw)).toBe(0)
    })
  })

  test('decodes what node:crypto writes, and is decoded by it', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = String(publicKey.export({ format: 'pem', type: 'spki' }))
    const [block, ...more] = decodePem(pem)
    expect(more).toEqual([])
    expect(block!.label).toBe('PUBLIC KEY')
    expect(Buffer.from(block!.der)).toEqual(publicKey.export({ format: 'der', type: 'spki' }))
    expect(encodePem('PUBLIC KEY', block!.der)).toBe(pem)
    expect(createPublicKey(encodePem('PUBLIC KEY', block!.der)).equals(publicKey)).toBe(true)
  })

  test('encodes base64 as Buffer does, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
        const pem = encodePem('X', bytes)
        const lines = pem.split('\n')
        expect(lines.slice(1, -2).join('')).toBe(Buffer.from(bytes).toString('base64'))
        expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(64)
        expect(decodePem(pem)[0]!.der).toEqual(bytes)
      }),
    )
  })

  test('answers every text with blocks or with an X509Error', () => {
    const pem = encodePem('CERTIFICATE', randomBytes(60))
    fc.assert(
      fc.property(fc.nat(pem.length - 1), fc.string({ maxLength: 3 }), (at, text) => {
        const changed = pem.slice(0, at) + text + pem.slice(at + 1)
        try {
          decodePem(changed)
        } catch (error) {
          expect(error).toBeInstanceOf(X509Error)
        }
      }),
    )
  })

  test('takes several blocks, text between them, any line end and any length of line', () => {
    const one = encodePem('CERTIFICATE', Uint8Array.of(1, 2, 3))
    const two = encodePem('PRIVATE KEY', new Uint8Array(100))
    const text = `subject=CN = a\n${one}\nBag Attributes\n  localKeyID: 01\n${two}the end`
    for (const variant of [
      text,
      text.replaceAll('\n', '\r\n'),
      text.replaceAll('\n', '\r'),
      text.replaceAll('\n', ' \t\n'),
      text.replace(/(A{64})\n/g, '$1'),
      text.trimEnd(),
    ]) {
      const blocks = decodePem(variant)
      expect(blocks.map(({ label, der }) => [label, der.length])).toEqual([
        ['CERTIFICATE', 3],
        ['PRIVATE KEY', 100],
      ])
    }
    expect(decodePem(text).map(({ line }) => line)).toEqual([2, 8])
    expect(decodePem('no block here, ----- BEGIN X-----')).toEqual([])
    expect(decodePem('')).toEqual([])
  })

  test('keeps the headers of old encrypted keys', () => {
    const pem = execFileSync(
      'openssl',
      ['genrsa', '-traditional', '-aes128', '-passout', 'pass:x', '1024'],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    )
    const [block] = decodePem(pem)
    expect(block!.label).toBe('RSA PRIVATE KEY')
    expect(block!.headers.get('Proc-Type')).toBe('4,ENCRYPTED')
    expect(block!.headers.get('DEK-Info')).toMatch(/^AES-128-CBC,[0-9A-F]{32}$/)
  })

  const begin = '-----BEGIN KEY-----\n'
  const end = '-----END KEY-----\n'
  test.each([
    ['a block without its end', `x\n${begin}AAAA\n`, /KEY that begins at line 2 has no END/],
    ['an end without its begin', `\n${end}`, /END KEY at line 2 without its BEGIN/],
    ['a block in a block', `${begin}AAAA\n${begin}`, /has no END before line 3/],
    [
      'another label at the end',
      `${begin}AAAA\n-----END CERT-----\n`,
      /ends with END CERT at line 3/,
    ],
    ['no content', `${begin}\n${end}`, /no content at line 3/],
    ['a wrong character', `${begin}AAAA\nAA*A\n${end}`, /not base64 at line 3/],
    ['base64url', `${begin}AA-_\n${end}`, /not base64 at line 2/],
    ['a space within a line', `${begin}AA AAAAA\n${end}`, /not base64 at line 2/],
    [
      'missing padding',
      `${begin}AAA\n${end}`,
      /3 base64 characters, not a multiple of four, at line 2/,
    ],
    ['too much padding', `${begin}A===\n${end}`, /wrong padding at line 2/],
    ['padding alone', `${begin}====\n${end}`, /wrong padding at line 2/],
    ['padding too early', `${begin}AA==AAAA\n${end}`, /after its padding at line 2/],
    ['padding where none belongs', `${begin}AAAA\nAAA=A===\n${end}`, /after its padding at line 3/],
    ['bits that no byte uses', `${begin}AAAA\nAB==\n${end}`, /last bits are not zero at line 3/],
  ])('refuses %s, with the block and the line', (_, text, words) => {
    expect(messageOf(text)).toMatch(words)
  })
})
