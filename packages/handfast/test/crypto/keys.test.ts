import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  type RSAPSSKeyPairKeyObjectOptions,
} from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { DerTag, derElement, derInteger, readElement, readElements } from '../../src/crypto/der.ts'
import { signingKey } from '../../src/crypto/node/index.ts'
import { pkcs8FromPem } from '../../src/crypto/pkcs8.ts'
import { ConfigurationError } from '../../src/errors.ts'
import { encodePem } from '../../src/pem.ts'
import { providers } from './providers.ts'

const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })

function pkcs8Of(key: KeyObject): Uint8Array {
  return Uint8Array.from(key.export({ format: 'der', type: 'pkcs8' }))
}

function codeOf(run: () => unknown): Promise<{ code: string; message: string }> {
  return Promise.resolve()
    .then(run)
    .then(
      () => ({ code: 'nothing was thrown', message: '' }),
      (error) => {
        expect(error).toBeInstanceOf(ConfigurationError)
        return error
      },
    )
}

describe.each(providers)('private keys that $name refuses', (provider) => {
  const refused: [string, Uint8Array][] = [
    ['no bytes', new Uint8Array(0)],
    ['other bytes', Uint8Array.of(0x30, 0x03, 2, 1, 0)],
    ['a public key', Uint8Array.from(p256.publicKey.export({ format: 'der', type: 'spki' }))],
    ['a truncated key', pkcs8Of(p256.privateKey).subarray(0, 100)],
    ['X25519', pkcs8Of(generateKeyPairSync('x25519').privateKey)],
    ['secp256k1', pkcs8Of(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey)],
    [
      'DSA',
      pkcs8Of(generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).privateKey),
    ],
    ['RSA-PSS of 1024 bits, for a hash that it has no room for', restrictedPssKey()],
  ]

  it.each(refused)('%s', async (_, pkcs8) => {
    const error = await codeOf(() => provider.importPrivateKey(pkcs8))
    expect(error.code).toBe('ERR_UNSUPPORTED_PRIVATE_KEY')
    expect(error.message).not.toBe('')
  })
})

function restrictedPssKey(): Uint8Array {
  // The type definitions want the salt's length as a string, which Node refuses.
  const options = {
    modulusLength: 1024,
    hashAlgorithm: 'sha512',
    mgf1HashAlgorithm: 'sha512',
    saltLength: 20,
  }
  return pkcs8Of(
    generateKeyPairSync('rsa-pss', options as never as RSAPSSKeyPairKeyObjectOptions).privateKey,
  )
}

describe('private keys from PEM', () => {
  const forms = [
    ['PKCS #8, EC', p256.privateKey.export({ format: 'pem', type: 'pkcs8' })],
    ['PKCS #8, RSA', rsa.privateKey.export({ format: 'pem', type: 'pkcs8' })],
    ['SEC 1', p256.privateKey.export({ format: 'pem', type: 'sec1' })],
    ['PKCS #1', rsa.privateKey.export({ format: 'pem', type: 'pkcs1' })],
    [
      'SEC 1 behind its parameters, as openssl ecparam writes it',
      encodePem('EC PARAMETERS', Uint8Array.from(Buffer.from('06082a8648ce3d030107', 'hex'))) +
        p256.privateKey.export({ format: 'pem', type: 'sec1' }),
    ],
  ] as const

  it.each(forms)('%s: pkcs8FromPem makes what OpenSSL reads', (name, pem) => {
    const der = pkcs8FromPem(String(pem))
    const key = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' })
    expect(
      key.equals(name.includes('RSA') || name.includes('#1') ? rsa.privateKey : p256.privateKey),
    ).toBe(true)
  })

  it.each(forms)('%s: every provider imports it', async (_, pem) => {
    for (const provider of providers) {
      const key = await provider.importPrivateKey(pkcs8FromPem(String(pem)))
      expect(key.schemes.length).toBeGreaterThan(0)
    }
  })

  it.each(forms)('%s: signingKey takes the text', (_, pem) => {
    const key = signingKey(String(pem))
    expect(key.sign(key.schemes[0]!, new Uint8Array(1))).toBeInstanceOf(Uint8Array)
  })

  const encrypted = [
    rsa.privateKey.export({
      format: 'pem',
      type: 'pkcs8',
      cipher: 'aes-256-cbc',
      passphrase: 'pw',
    }),
    rsa.privateKey.export({
      format: 'pem',
      type: 'pkcs1',
      cipher: 'aes-128-cbc',
      passphrase: 'pw',
    }),
  ].map(String)

  it.each(encrypted)(
    'an encrypted key needs the passphrase, and the node provider',
    async (pem) => {
      expect(signingKey(pem, 'pw').schemes).toHaveLength(6)
      for (const [run, words] of [
        [() => signingKey(pem), /passphrase/],
        [() => signingKey(pem, 'other'), /passphrase/],
        [() => pkcs8FromPem(pem), /encrypted/],
      ] as const) {
        const error = await codeOf(run)
        expect(error.code).toBe('ERR_UNSUPPORTED_PRIVATE_KEY')
        expect(error.message).toMatch(words)
        expect(error.message).not.toMatch(/\bpw\b|other/)
      }
    },
  )

  it('signingKey takes KeyObjects and encrypted DER, and no public key', async () => {
    expect(signingKey(p256.privateKey).schemes).toEqual([0x0403])
    const der = rsa.privateKey.export({
      format: 'der',
      type: 'pkcs8',
      cipher: 'aes-256-cbc',
      passphrase: 'pw',
    })
    expect(signingKey(der, 'pw').schemes).toHaveLength(6)
    const error = await codeOf(() => signingKey(p256.publicKey))
    expect(error.code).toBe('ERR_UNSUPPORTED_PRIVATE_KEY')
  })

  it('says what is missing', async () => {
    const cases: [string, string, RegExp][] = [
      ['', 'ERR_UNSUPPORTED_PRIVATE_KEY', /no private key/],
      [encodePem('CERTIFICATE', Uint8Array.of(1)), 'ERR_UNSUPPORTED_PRIVATE_KEY', /no private key/],
      [encodePem('DSA PRIVATE KEY', Uint8Array.of(1)), 'ERR_UNSUPPORTED_PRIVATE_KEY', /DSA/],
      [encodePem('EC PRIVATE KEY', Uint8Array.of(1)), 'ERR_UNSUPPORTED_PRIVATE_KEY', /line 1/],
      ['-----BEGIN PRIVATE KEY-----\n', 'ERR_BAD_PEM', /line 1/],
    ]
    for (const [pem, code, words] of cases) {
      const error = await codeOf(() => pkcs8FromPem(pem))
      expect(error.code).toBe(code)
      expect(error.message).toMatch(words)
    }
  })
})

describe('DER', () => {
  it('reads what it writes', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
      const content = new Uint8Array(length).fill(7)
      const der = derElement(DerTag.octetString, content)
      const element = readElement(der, DerTag.octetString)
      expect(Buffer.compare(element.content, content)).toBe(0)
      expect(Buffer.compare(element.der, der)).toBe(0)
    }
    expect(derInteger(Uint8Array.of(0, 0, 5))).toEqual(Uint8Array.of(2, 1, 5))
    expect(derInteger(Uint8Array.of(0x80))).toEqual(Uint8Array.of(2, 2, 0, 0x80))
    expect(derInteger(Uint8Array.of(0))).toEqual(Uint8Array.of(2, 1, 0))
  })

  it.each([
    ['no length', [0x04]],
    ['an indefinite length', [0x04, 0x80, 0, 0]],
    ['a long form for a short length', [0x04, 0x81, 0x01, 7]],
    ['a length with a leading zero', [0x04, 0x82, 0, 0x80, ...new Array(128).fill(0)]],
    ['a length beyond the end', [0x04, 0x02, 7]],
    ['a length that ends', [0x04, 0x82, 1]],
    ['a length of four bytes', [0x04, 0x84, 0, 0, 0, 1, 7]],
    ['a high tag', [0x1f, 0x01, 0]],
  ])('refuses %s', (_, bytes) => {
    expect(() => readElements(Uint8Array.from(bytes))).toThrow(/^DER: /)
  })

  it('refuses another tag, and what follows', () => {
    expect(() => readElement(Uint8Array.of(4, 0), DerTag.sequence)).toThrow(/^DER: /)
    expect(() => readElement(Uint8Array.of(4, 0, 4, 0), DerTag.octetString)).toThrow(/^DER: /)
    expect(() => readElement(new Uint8Array(0), DerTag.octetString)).toThrow(/^DER: /)
  })
})
