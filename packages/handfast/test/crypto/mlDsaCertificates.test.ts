/** Certificates with ML-DSA (RFC 9881), made by OpenSSL, verified by every provider that has it. */
import { readFileSync } from 'node:fs'
import {
  createTrustStore,
  decodePem,
  type SignatureAlgorithm,
  type Verdict,
  verifyCertificate,
} from '@handfast/x509'
import { describe, expect, it } from 'vitest'
import type { CryptoProvider } from '../../src/index.ts'
import { flip, providers } from './providers.ts'

const names = ['ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'] as const satisfies SignatureAlgorithm[]

function chainOf(name: string): { readonly leaf: Uint8Array; readonly root: Uint8Array } {
  const text = readFileSync(new URL(`certificates/${name}.pem`, import.meta.url), 'utf8')
  const [leaf, root] = decodePem(text).map(({ der }) => der)
  return { leaf: leaf!, root: root! }
}

async function judge(
  { signatureVerifiers: verifiers }: Pick<CryptoProvider, 'signatureVerifiers'>,
  certificate: Uint8Array,
  root: Uint8Array,
): Promise<Verdict> {
  return verifyCertificate({
    ...{ certificate, intermediates: [], verifiers, name: 'example.com', usage: 'serverAuth' },
    trust: createTrustStore([root]),
    time: Date.UTC(2027, 0, 1),
  })
}

describe.each(providers)('$name', (provider) => {
  for (const name of names) {
    const has = provider.signatureVerifiers[name] !== undefined
    it.skipIf(!has)(
      `${name}: a chain made by OpenSSL${has ? '' : ' (SKIPPED: this Node has no ML-DSA)'}`,
      async () => {
        const { leaf, root } = chainOf(name)
        const verdict = await judge(provider, leaf, root)
        expect(verdict.failures).toEqual([])
        expect(verdict.valid).toBe(true)
        expect(verdict.path[0]!.subjectPublicKeyInfo.algorithm.type).toBe(name)
        const signatures = verdict.checks.filter(({ what }) => what === 'signature')
        expect(signatures).toMatchObject([{ result: 'pass', detail: name }])

        const forged = await judge(provider, flip(leaf, leaf.length - 100), root)
        expect(forged.failures.map(({ code }) => code)).toEqual(['bad-signature'])
        // The root's key changed: with no bytes of the leaf touched, its signature is another's.
        const at = root.findIndex((_, i) => i > 400 && root[i] !== 0)
        const impostor = await judge(provider, leaf, flip(root, at))
        expect(impostor.valid).toBe(false)
      },
    )
  }

  it('refuses what it cannot verify, and says so', async () => {
    const { leaf, root } = chainOf('ml-dsa-44')
    const { 'ml-dsa-44': _, ...others } = provider.signatureVerifiers
    const verdict = await judge({ signatureVerifiers: others }, leaf, root)
    expect(verdict.failures.map(({ code }) => code)).toContain('unsupported-algorithm')
  })
})

it('at least one provider has ML-DSA on every platform', () => {
  for (const name of names)
    expect(providers.some(({ signatureVerifiers }) => signatureVerifiers[name])).toBe(true)
})
