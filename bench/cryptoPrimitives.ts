/**
 * How long each operation of a crypto provider takes: the numbers in NOTES.md.
 *
 *     node --conditions=handfast-source bench/cryptoPrimitives.ts [node|noble] [name …]
 *
 * Node 22.18 and newer run it as it is; for Node 20 bundle it first:
 * `npx esbuild bench/cryptoPrimitives.ts --bundle --platform=node --format=esm --conditions=handfast-source`.
 */
import { generateKeyPairSync } from 'node:crypto'
import { signatureScheme } from '../packages/handfast/src/codec/signatureScheme.ts'
import { nobleProvider } from '../packages/handfast/src/crypto/noble/index.ts'
import { nodeProvider } from '../packages/handfast/src/crypto/node/index.ts'

const [which = 'node', ...only] = process.argv.slice(2)
const provider = which === 'noble' ? nobleProvider : nodeProvider

/** The least of the means of seven rounds, in microseconds: what the operation takes when nothing disturbs it. */
async function measure(name: string, run: () => unknown): Promise<void> {
  if (only.length > 0 && !only.some((part) => name.includes(part))) return
  const now = () => Number(process.hrtime.bigint()) / 1000
  let repeats = 1
  for (let took = 0; took < 20_000; repeats *= 2) {
    const start = now()
    for (let i = 0; i < repeats; i++) await run()
    took = now() - start
  }
  const isLater = typeof (run() as PromiseLike<unknown> | undefined)?.then === 'function'
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 7; round++) {
    const start = now()
    if (isLater) for (let i = 0; i < repeats; i++) await run()
    else for (let i = 0; i < repeats; i++) run()
    best = Math.min(best, (now() - start) / repeats)
  }
  const perSecond = Math.round(1e6 / best)
  console.log(`${name.padEnd(44)} ${best.toFixed(2).padStart(10)} µs ${perSecond} /s`)
}

console.log(`${provider.name}, Node ${process.versions.node}, OpenSSL ${process.versions.openssl}`)

const { random, hashes } = provider
const secret = random(32)
const message = random(60)
await measure('sha256 of 60 bytes', () => hashes.sha256.digest(message))
await measure('hmac-sha256 of 60 bytes', () => hashes.sha256.hmac(secret, message))
await measure('hmac-sha384 of 60 bytes', () => hashes.sha384.hmac(secret, message))
await measure('random 32', () => random(32))

for (const { name, aead } of provider.cipherSuites) {
  const key = await aead.importKey(random(aead.keyLength))
  const nonce = random(12)
  const header = random(5)
  for (const length of [32, 16_384]) {
    const text = [random(length), Uint8Array.of(23)]
    const sealed = await key.seal(nonce, header, text, 0)
    await measure(`${name} seal ${length}`, () => key.seal(nonce, header, text, 5))
    await measure(`${name} open ${length}`, () => key.open(nonce, header, sealed))
  }
}

for (const group of provider.groups) {
  const pair = await group.generate()
  const made = (await group.encapsulate(pair.share))!
  await measure(`${group.name} generate`, () => group.generate())
  await measure(`${group.name} encapsulate`, () => group.encapsulate(pair.share))
  await measure(`${group.name} decapsulate`, () => pair.decapsulate(made.share))
}

const keys = {
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  Ed25519: generateKeyPairSync('ed25519'),
  Ed448: generateKeyPairSync('ed448'),
  'RSA-2048': generateKeyPairSync('rsa', { modulusLength: 2048 }),
}
for (const [name, { privateKey, publicKey }] of Object.entries(keys)) {
  const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }))
  const pkcs8 = new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }))
  const key = await provider.importPrivateKey(pkcs8)
  const scheme = key.schemes[0]!
  const signature = await key.sign(scheme, message)
  const verify = provider.signatureVerifiers[signatureScheme(scheme)!.algorithm]!
  await measure(`${name} sign`, () => key.sign(scheme, message))
  await measure(`${name} verify`, () => verify(spki, message, signature))
}
