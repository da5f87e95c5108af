/** What the provider over WebCrypto does on platforms that lack some of it. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { equalBytes, random, sha256, sha384, sha512 } from '../../src/crypto/noble/index.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import type { CryptoProvider } from '../../src/crypto/provider.ts'
import {
  secp256r1,
  TLS_AES_128_GCM_SHA256,
  webProvider,
  webSignatureVerifiers,
  x25519,
} from '../../src/crypto/web/index.ts'
import { certificateVerifier, clientConnectionOf, tls13Client } from '../../src/index.ts'
import { clientConfig, exchange, pairOf, trust } from '../engine/pair.ts'
import { countWebCryptoCalls } from '../engine/webCrypto.ts'
import { groupOf } from './providers.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

/** WebCrypto without these algorithms or curves. */
function platformWithout(...missing: readonly string[]): void {
  const { subtle } = globalThis.crypto
  const names = (algorithm: unknown): unknown[] =>
    typeof algorithm === 'string' ? [algorithm] : Object.values(algorithm ?? {})
  vi.stubGlobal('crypto', {
    getRandomValues: globalThis.crypto.getRandomValues.bind(globalThis.crypto),
    subtle: new Proxy(subtle, {
      get:
        (target, method: keyof typeof subtle) =>
        async (...parameters: unknown[]) => {
          if (parameters.some((one) => names(one).some((name) => missing.includes(name as string))))
            throw new DOMException('Unrecognized name', 'NotSupportedError')
          return (target[method] as (...all: unknown[]) => unknown).apply(target, parameters)
        },
    }),
  })
}

describe('a platform that lacks', () => {
  it.each(['x25519', 'secp521r1'])('%s: the key exchange is made without it', async (name) => {
    platformWithout('X25519', 'P-521')
    const ours = groupOf(webProvider, name)
    const theirs = groupOf(nodeProvider, name)
    const pair = await theirs.generate()
    const made = (await ours.encapsulate(pair.share))!
    expect(await pair.decapsulate(made.share)).toEqual(made.secret)
    const own = await ours.generate()
    const answer = (await theirs.encapsulate(own.share))!
    expect(await own.decapsulate(answer.share)).toEqual(answer.secret)
  })

  it.each([
    ['ed25519', generateKeyPairSync('ed25519'), null],
    ['ecdsa-sha512', generateKeyPairSync('ec', { namedCurve: 'P-521' }), 'sha512'],
  ] as const)('%s: signatures are checked and made without it', async (name, keys, hash) => {
    platformWithout('Ed25519', 'P-521')
    const data = Uint8Array.of(1, 2, 3)
    const spki = new Uint8Array(keys.publicKey.export({ format: 'der', type: 'spki' }))
    const verify = webProvider.signatureVerifiers[name]!
    const signature = new Uint8Array(sign(hash, data, keys.privateKey))
    expect(await verify(spki, data, signature)).toBe(true)
    expect(await verify(spki, Uint8Array.of(9), signature)).toBe(false)
    const pkcs8 = new Uint8Array(keys.privateKey.export({ format: 'der', type: 'pkcs8' }))
    const key = await webProvider.importPrivateKey(pkcs8)
    const made = await key.sign(key.schemes[0]!, data)
    expect(await nodeProvider.signatureVerifiers[name]!(spki, data, made)).toBe(true)
  })

  it('WebCrypto altogether: says so', async () => {
    vi.stubGlobal('crypto', { getRandomValues: () => undefined })
    await expect(async () => groupOf(webProvider, 'secp256r1').generate()).rejects.toMatchObject({
      code: 'ERR_NOT_PROVIDED',
      message: expect.stringContaining('noble provider'),
    })
  })
})

it('a provider of parts makes a connection with groups, suites and algorithms that it names', async () => {
  const calls = countWebCryptoCalls()
  const crypto: CryptoProvider = {
    name: 'of parts',
    random,
    equal: equalBytes,
    hashes: { sha256, sha384, sha512 },
    cipherSuites: [TLS_AES_128_GCM_SHA256],
    groups: [x25519, secp256r1],
    signatureVerifiers: webSignatureVerifiers(),
    importPrivateKey() {
      throw new Error('This client shows no certificate')
    },
  }
  const verifyCertificate = certificateVerifier({ crypto, trust })
  const config = clientConfig({ crypto, verifyCertificate })
  const client = { connection: clientConnectionOf([tls13Client], config), events: [], trace: [] }
  const pair = { client, server: pairOf().server }
  for (exchange(pair); calls.underWay > 0; exchange(pair))
    await new Promise((resolve) => setImmediate(resolve))
  expect(pair.server.connection.info).toMatchObject({
    groupName: 'x25519',
    cipherSuiteName: 'TLS_AES_128_GCM_SHA256',
  })
})
