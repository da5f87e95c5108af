import {
  generateKeyPairSync,
  type KeyObject,
  type RSAPSSKeyPairKeyObjectOptions,
  sign,
} from 'node:crypto'
import type { SignatureAlgorithm, SignatureVerifier } from '@handfast/x509'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { describe, expect, it } from 'vitest'
import { signatureScheme } from '../../src/codec/signatureScheme.ts'
import { DerTag, derElement } from '../../src/crypto/der.ts'
import { ecdsaP256, ecdsaP384, ecdsaVerifier, sha256 } from '../../src/crypto/noble/index.ts'
import { hasMlDsa } from '../../src/crypto/node/platform.ts'
import { createPublicKeys } from '../../src/crypto/node/publicKeys.ts'
import type { CryptoProvider } from '../../src/crypto/provider.ts'
import { flip, pairs, providers } from './providers.ts'
import { haveVectors, hex, readVectors, type Vector, vectorsNote } from './vectors.ts'

interface SignatureVector extends Vector {
  msg: string
  sig: string
}

function verifierOf(provider: CryptoProvider, name: SignatureAlgorithm): SignatureVerifier {
  const found = provider.signatureVerifiers[name]
  if (found === undefined) throw new Error(`${provider.name} does not verify ${name}`)
  return found
}

function spkiOf(key: KeyObject): Uint8Array {
  return Uint8Array.from(key.export({ format: 'der', type: 'spki' }))
}

function pkcs8Of(key: KeyObject): Uint8Array {
  return Uint8Array.from(key.export({ format: 'der', type: 'pkcs8' }))
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const rsaPss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
// The type definitions want the salt's length as a string, which Node refuses.
const sha384Only = {
  modulusLength: 2048,
  hashAlgorithm: 'sha384',
  mgf1HashAlgorithm: 'sha384',
  saltLength: 48,
} as never as RSAPSSKeyPairKeyObjectOptions
const rsaPss384 = generateKeyPairSync('rsa-pss', sha384Only)
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' })
const ed25519 = generateKeyPairSync('ed25519')
const ed448 = generateKeyPairSync('ed448')

const keys = [
  { kind: 'RSA', pair: rsa, schemes: [0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601] },
  { kind: 'RSA-PSS', pair: rsaPss, schemes: [0x0809, 0x080a, 0x080b] },
  { kind: 'RSA-PSS for SHA-384', pair: rsaPss384, schemes: [0x080a] },
  { kind: 'P-256', pair: p256, schemes: [0x0403] },
  { kind: 'P-384', pair: p384, schemes: [0x0503] },
  { kind: 'P-521', pair: p521, schemes: [0x0603] },
  { kind: 'Ed25519', pair: ed25519, schemes: [0x0807] },
  { kind: 'Ed448', pair: ed448, schemes: [0x0808] },
]

const vectorFiles: {
  file: string
  algorithm: SignatureAlgorithm
  refuseAll?: true
  least: number
}[] = [
  { file: 'ecdsa_secp256r1_sha256', algorithm: 'ecdsa-sha256', least: 450 },
  { file: 'ecdsa_secp384r1_sha384', algorithm: 'ecdsa-sha384', least: 450 },
  { file: 'ed25519', algorithm: 'ed25519', least: 140 },
  { file: 'ed448', algorithm: 'ed448', least: 80 },
  { file: 'rsa_signature_2048_sha256', algorithm: 'rsa-pkcs1-sha256', least: 240 },
  { file: 'rsa_pss_2048_sha256_mgf1_32', algorithm: 'rsa-pss-sha256', least: 100 },
  { file: 'rsa_pss_2048_sha256_mgf1_32_params', algorithm: 'rsa-pss-sha256', least: 100 },
  // A salt of another length, or MGF1 with another hash: good signatures, but not TLS's (RFC 8446 §4.2.3).
  { file: 'rsa_pss_2048_sha256_mgf1_0', algorithm: 'rsa-pss-sha256', refuseAll: true, least: 100 },
  {
    file: 'rsa_pss_2048_sha256_mgf1sha1_20',
    algorithm: 'rsa-pss-sha256',
    refuseAll: true,
    least: 100,
  },
]

describe.each(providers)('signatures over $name', (provider) => {
  it.skipIf(!haveVectors).each(vectorFiles)(
    `$algorithm agrees with Wycheproof $file${vectorsNote}`,
    { timeout: 60_000 },
    async ({ file, algorithm, refuseAll, least }) => {
      const verify = verifierOf(provider, algorithm)
      let count = 0
      for (const group of readVectors<SignatureVector>(file)) {
        const spki = hex(String(group.publicKeyDer))
        for (const { msg, sig, result, tcId } of group.tests) {
          const isGood = await verify(spki, hex(msg), hex(sig))
          expect(typeof isGood).toBe('boolean')
          if (refuseAll) {
            // What is bad there, for its salt, may be good here.
            if (result === 'valid') expect(isGood, `tcId ${tcId}`).toBe(false)
          } else if (result !== 'acceptable') {
            expect(isGood, `tcId ${tcId}`).toBe(result === 'valid')
          }
          count++
        }
      }
      expect(count).toBeGreaterThanOrEqual(least)
    },
  )

  it.each(keys)(
    '$kind: has the schemes of the key, the preferred first',
    async ({ pair, schemes }) => {
      const key = await provider.importPrivateKey(pkcs8Of(pair.privateKey))
      expect(key.schemes).toEqual(schemes)
      await expect(async () => key.sign(0x0a0a, new Uint8Array(1))).rejects.toThrow(RangeError)
    },
  )

  it('refuses a signature by a key of another kind, whatever it says', async () => {
    const data = provider.random(50)
    const algorithms = Object.keys(provider.signatureVerifiers) as SignatureAlgorithm[]
    for (const { kind, pair } of keys) {
      const spki = spkiOf(pair.publicKey)
      const key = await provider.importPrivateKey(pkcs8Of(pair.privateKey))
      for (const scheme of key.schemes) {
        const signature = await key.sign(scheme, data)
        const own = signatureScheme(scheme)!.algorithm
        for (const algorithm of algorithms) {
          const isGood = await verifierOf(provider, algorithm)(spki, data, signature)
          expect(isGood, `${kind} ${scheme.toString(16)} ${algorithm}`).toBe(algorithm === own)
        }
      }
    }
  })

  it('verifies any hash with any curve, as certificates and TLS 1.2 use them', async () => {
    const data = provider.random(50)
    for (const { publicKey, privateKey } of [p256, p384, p521]) {
      for (const hash of ['sha1', 'sha256', 'sha384', 'sha512'] as const) {
        const signature = Uint8Array.from(sign(hash, data, privateKey))
        const verify = verifierOf(provider, `ecdsa-${hash}`)
        expect(await verify(spkiOf(publicKey), data, signature)).toBe(true)
        expect(await verify(spkiOf(publicKey), flip(data, 0), signature)).toBe(false)
      }
    }
  })

  it('verifies RSA PKCS #1 with each hash, SHA-1 for what is old', async () => {
    const data = provider.random(50)
    for (const hash of ['sha1', 'sha256', 'sha384', 'sha512'] as const) {
      const signature = Uint8Array.from(sign(hash, data, rsa.privateKey))
      const verify = verifierOf(provider, `rsa-pkcs1-${hash}`)
      expect(await verify(spkiOf(rsa.publicKey), data, signature)).toBe(true)
      expect(await verify(spkiOf(rsa.publicKey), data, flip(signature, 100))).toBe(false)
      expect(await verify(spkiOf(rsaPss.publicKey), data, signature)).toBe(false)
    }
  })

  it('answers false for keys that are none', async () => {
    const spki = spkiOf(p256.publicKey)
    const data = provider.random(10)
    const signature = Uint8Array.from(sign('sha256', data, p256.privateKey))
    const bad = [
      new Uint8Array(0),
      spki.subarray(1),
      spki.subarray(0, 60),
      Uint8Array.of(...spki, 0),
      flip(spki, spki.length - 1),
      spkiOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey),
      spkiOf(generateKeyPairSync('x25519').publicKey),
    ]
    for (const algorithm of Object.keys(provider.signatureVerifiers) as SignatureAlgorithm[]) {
      for (const key of bad) {
        expect(await verifierOf(provider, algorithm)(key, data, signature)).toBe(false)
      }
      expect(await verifierOf(provider, algorithm)(spki, data, new Uint8Array(0))).toBe(false)
    }
  })

  it('honours what an RSASSA-PSS key is restricted to', async () => {
    const data = provider.random(10)
    const spki = spkiOf(rsaPss384.publicKey)
    const unrestricted = spkiOf(rsaPss.publicKey)
    const signature = Uint8Array.from(
      sign('sha256', data, { key: rsaPss.privateKey, saltLength: 32 }),
    )
    expect(await verifierOf(provider, 'rsa-pss-sha256')(unrestricted, data, signature)).toBe(true)
    expect(await verifierOf(provider, 'rsa-pss-sha256')(spki, data, signature)).toBe(false)
  })

  it('RSA: offers only the schemes that the modulus has room for', async () => {
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const key = await provider.importPrivateKey(pkcs8Of(small.privateKey))
    // PSS with SHA-512 needs 130 bytes (RFC 8017 §9.1.1), and there are 128.
    expect(key.schemes).toEqual([0x0804, 0x0805, 0x0401, 0x0501, 0x0601])
    const data = provider.random(10)
    for (const scheme of key.schemes) {
      const verify = verifierOf(provider, signatureScheme(scheme)!.algorithm)
      const signature = await key.sign(scheme, data)
      expect(await verify(spkiOf(small.publicKey), data, signature)).toBe(true)
    }
  })

  const mlDsa = [
    ['ml-dsa-44', ml_dsa44, 0x11],
    ['ml-dsa-65', ml_dsa65, 0x12],
    ['ml-dsa-87', ml_dsa87, 0x13],
  ] as const
  const haveMlDsa = provider.name === 'noble' || hasMlDsa
  it.skipIf(!haveMlDsa).each(mlDsa)(
    `%s verifies${haveMlDsa ? '' : ' (SKIPPED: this Node has no ML-DSA)'}`,
    async (name, dsa, arc) => {
      const { publicKey, secretKey } = dsa.keygen()
      const oid = Uint8Array.of(0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, arc)
      const algorithm = derElement(DerTag.sequence, derElement(DerTag.objectIdentifier, oid))
      const bits = derElement(DerTag.bitString, Uint8Array.of(0), publicKey)
      const spki = derElement(DerTag.sequence, algorithm, bits)
      const data = provider.random(30)
      const signature = dsa.sign(data, secretKey)
      expect(await verifierOf(provider, name)(spki, data, signature)).toBe(true)
      expect(await verifierOf(provider, name)(spki, flip(data, 1), signature)).toBe(false)
      expect(await verifierOf(provider, name)(spki, data, flip(signature, 9))).toBe(false)
    },
  )
})

describe.each(pairs)('$0.name signs, $1.name verifies', (signer, verifier) => {
  it.each(keys)('$kind', async ({ pair }) => {
    const key = await signer.importPrivateKey(pkcs8Of(pair.privateKey))
    const spki = spkiOf(pair.publicKey)
    for (const scheme of key.schemes) {
      const verify = verifierOf(verifier, signatureScheme(scheme)!.algorithm)
      for (const length of [0, 1, 130, 5000]) {
        const data = signer.random(length)
        const signature = await key.sign(scheme, data)
        expect(signature.constructor).toBe(Uint8Array)
        expect(await verify(spki, data, signature)).toBe(true)
        expect(await verify(spki, Uint8Array.of(...data, 0), signature)).toBe(false)
        expect(await verify(spki, data, flip(signature, signature.length >> 1))).toBe(false)
      }
    }
  })
})

describe('public keys that are kept', () => {
  it('are the last that were used, and so many', () => {
    const kept = createPublicKeys(2)
    const spkis = [p256, p384, p521].map(({ publicKey }) => spkiOf(publicKey))
    const objects = spkis.map((spki) => {
      const key = kept.find(spki)
      kept.keep(spki, key)
      return key
    })
    expect(kept.find(spkis[2]!)).toBe(objects[2])
    expect(kept.find(spkis[1]!)).toBe(objects[1])
    expect(kept.find(spkis[0]!)).not.toBe(objects[0])
    kept.keep(spkis[1]!, objects[1]!)
    kept.keep(spkis[0]!, objects[0]!)
    expect(kept.find(spkis[1]!)).toBe(objects[1])
    expect(kept.find(spkis[2]!)).not.toBe(objects[2])
  })
})

describe('a verifier of ECDSA on the curves that are named', () => {
  const data = new TextEncoder().encode('data')
  for (const [name, { publicKey, privateKey }] of Object.entries({ p256, p384, p521 }))
    it(`knows P-256 and P-384, asked with a key on ${name}`, async () => {
      const verify = ecdsaVerifier(sha256, [ecdsaP256, ecdsaP384])
      const signature = sign('sha256', data, privateKey)
      expect(await verify(spkiOf(publicKey), data, signature)).toBe(name !== 'p521')
      expect(await verify(spkiOf(publicKey), data, flip(signature, 9))).toBe(false)
    })
})
