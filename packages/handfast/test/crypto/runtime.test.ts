/** Where the noble provider runs: without node:, without WebCrypto, and not without random bytes. */

import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** Every module of this repository that is reached from `entry`, with the specifiers that it imports. */
function importsFrom(entry: string): Map<string, string[]> {
  const modules = new Map<string, string[]>()
  const open = [entry]
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (modules.has(file)) continue
    const source = readFileSync(file, 'utf8')
    const found = [...source.matchAll(/^(?:import|export)\s(?!type\b)[^'"]*?from\s+'([^']+)'/gm)]
    const specifiers = found.map((match) => match[1]!)
    modules.set(file, specifiers)
    for (const specifier of specifiers) {
      if (specifier.startsWith('.')) open.push(fileURLToPath(new URL(specifier, `file://${file}`)))
      if (specifier === '@handfast/x509') open.push(`${root}packages/x509/src/index.ts`)
    }
  }
  return modules
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

describe('the noble provider', () => {
  it('imports nothing of Node, however far one follows', () => {
    const modules = importsFrom(`${root}packages/handfast/src/crypto/noble/index.ts`)
    const all = [...modules.values()].flat()
    expect(modules.size).toBeGreaterThan(15)
    expect([...modules.keys()].every((file) => existsSync(file))).toBe(true)
    expect(all.filter((specifier) => specifier.startsWith('node:'))).toEqual([])
    const packages = all.filter((specifier) => !specifier.startsWith('.'))
    expect(packages.filter((name) => !/^@(noble|handfast)\//.test(name))).toEqual([])
  })

  it('has no RSA where there is no WebCrypto, and says so', async () => {
    vi.resetModules()
    const { getRandomValues } = globalThis.crypto
    vi.stubGlobal('crypto', { getRandomValues: getRandomValues.bind(globalThis.crypto) })
    const { nobleProvider } = await import('../../src/crypto/noble/index.ts')
    expect(
      Object.keys(nobleProvider.signatureVerifiers).filter((name) => /rsa/.test(name)),
    ).toEqual([])
    expect(nobleProvider.signatureVerifiers['ecdsa-sha256']).toBeDefined()
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pkcs8 = new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }))
    await expect(async () => nobleProvider.importPrivateKey(pkcs8)).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED_PRIVATE_KEY',
      message: expect.stringContaining('WebCrypto'),
    })
  })

  it('answers everything else at once', async () => {
    const { nobleProvider } = await import('../../src/crypto/noble/index.ts')
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pkcs8 = new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }))
    const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }))
    const key = nobleProvider.importPrivateKey(pkcs8)
    if (!('sign' in key)) throw new Error('importPrivateKey answers later')
    const data = Uint8Array.of(1)
    const signature = key.sign(0x0403, data)
    expect(signature).toBeInstanceOf(Uint8Array)
    const verify = nobleProvider.signatureVerifiers['ecdsa-sha256']!
    expect(verify(spki, data, signature as Uint8Array)).toBe(true)
    for (const group of nobleProvider.groups) {
      const pair = group.generate()
      if (!('share' in pair)) throw new Error(`${group.name} answers later`)
      expect(group.encapsulate(pair.share)).toHaveProperty('secret')
    }
  })

  it('refuses to invent randomness', async () => {
    const { nobleProvider } = await import('../../src/crypto/noble/index.ts')
    vi.stubGlobal('crypto', undefined)
    expect(() => nobleProvider.random(1)).toThrow(
      expect.objectContaining({ code: 'ERR_NO_RANDOMNESS' }),
    )
  })
})

it('the node provider answers everything at once', async () => {
  const { nodeProvider } = await import('../../src/crypto/node/index.ts')
  for (const group of nodeProvider.groups) {
    const pair = group.generate()
    if (!('share' in pair)) throw new Error(`${group.name} answers later`)
    expect(group.encapsulate(pair.share)).toHaveProperty('secret')
  }
})
