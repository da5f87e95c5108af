/**
 * Whether the time that a server takes tells what it found in an RSA ciphertext (Marvin) or in a CBC record (Lucky 13):
 * `node bench/run.mjs oracles [rounds]`. Pairs of classes are measured in turns, and compared by Welch's t of the times below
 * their common 90th percentile. A |t| above 4.5 with many rounds means that somebody near could tell the two apart.
 */
import { constants, generateKeyPairSync, publicEncrypt } from 'node:crypto'
import { type ClassicCipherSuite, ClassicCipherSuiteId } from 'handfast'
import { nodeProvider, signingKey } from 'handfast/crypto/node'
import { BlockProtection12 } from '../packages/handfast/src/record/blockProtection12.ts'

const rounds = Number(process.argv.at(-1)) || 4000

interface Moments {
  readonly mean: number
  readonly variance: number
  readonly count: number
}

function moments(values: readonly number[]): Moments {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
  return { mean, variance, count: values.length }
}

/** @returns Welch's t, and both means in microseconds */
function compare(a: readonly number[], b: readonly number[]) {
  const limit = [...a, ...b].sort((x, y) => x - y)[Math.floor((a.length + b.length) * 0.9)]!
  const [first, second] = [a, b].map((times) => moments(times.filter((time) => time < limit))) as [
    Moments,
    Moments,
  ]
  const error = Math.sqrt(first.variance / first.count + second.variance / second.count)
  return { t: (first.mean - second.mean) / error, first: first.mean, second: second.mean }
}

/** Runs every class in turns, each time with a fresh input, and reports each beside the first. */
function measure(title: string, classes: Readonly<Record<string, () => () => void>>): void {
  const names = Object.keys(classes)
  const times = new Map(names.map((name) => [name, [] as number[]]))
  for (let round = -200; round < rounds; round++) {
    // Another order each time: what runs first is not always the same.
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round + 200) % names.length]!
      const run = classes[name]!()
      const start = process.hrtime.bigint()
      run()
      const time = Number(process.hrtime.bigint() - start) / 1000
      if (round >= 0) times.get(name)!.push(time)
    }
  }
  const [base, ...others] = names
  process.stdout.write(`${title}, ${rounds} rounds, against "${base}"\n`)
  for (const name of others) {
    const { t, first, second } = compare(times.get(base!)!, times.get(name)!)
    process.stdout.write(
      `  ${name.padEnd(34)} ${first.toFixed(2)} µs, ${second.toFixed(2)} µs, t = ${t.toFixed(2)}\n`,
    )
  }
}

// ── RSA key transport ───────────────────────────────────────────────────────────────────────────────────────────────

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const key = signingKey(privateKey)
const encrypt = (message: Uint8Array) =>
  publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, message)
const block = (...start: number[]) => {
  const bytes = Buffer.from(nodeProvider.random(256)).map((byte) => byte | 1)
  bytes.set(start)
  return publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, bytes)
}
const premaster = (...start: number[]) => {
  const bytes = nodeProvider.random(48)
  bytes.set(start)
  return bytes
}
const otherwise = nodeProvider.random(48)
const decrypting = (make: () => Uint8Array) => () => {
  const ciphertext = make()
  return () => void key.decryptPremaster?.(ciphertext, 0x0303, otherwise)
}
measure('RSA key transport', {
  'a good ciphertext': decrypting(() => encrypt(premaster(3, 3))),
  'another good ciphertext': decrypting(() => encrypt(premaster(3, 3))),
  'another version': decrypting(() => encrypt(premaster(3, 1))),
  'a secret of 47 bytes': decrypting(() => encrypt(premaster(3, 3).subarray(1))),
  'no 00 02 at the start': decrypting(() => block(0, 1)),
  'no end of the padding': decrypting(() => block(0, 2)),
})

// ── CBC, MAC then encrypt ───────────────────────────────────────────────────────────────────────────────────────────

const suite = nodeProvider.classicCipherSuites?.find(
  ({ id }) => id === ClassicCipherSuiteId.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
) as ClassicCipherSuite
if (suite.protection.kind !== 'block') throw new TypeError('Not a block cipher')
const { cipher, mac } = suite.protection
const cbc = await cipher.importKey(nodeProvider.random(16))
const header = Uint8Array.of(23, 3, 3, 2, 16)
const opening =
  (padding: number, value = padding) =>
  () => {
    const macKey = nodeProvider.random(20)
    const options = { key: cbc, blockLength: 16, mac, macKey, crypto: nodeProvider }
    const protection = new BlockProtection12({ ...options, encryptThenMac: false })
    // 512 bytes of plaintext whose MAC is wrong, and whose padding is what the class says.
    const plaintext = nodeProvider.random(512)
    plaintext.fill(padding, 512 - padding - 1)
    plaintext[511] = value
    const iv = nodeProvider.random(16)
    const record = Buffer.concat([header, iv, cbc.encrypt(iv, plaintext) as Uint8Array])
    return () => void protection.open(record)
  }
measure('CBC with HMAC-SHA1, MAC then encrypt', {
  'padding of 1 byte': opening(0),
  'the same again': opening(0),
  'padding of 16 bytes': opening(15),
  'padding of 256 bytes': opening(255),
  'padding that is wrong': opening(15, 200),
})
