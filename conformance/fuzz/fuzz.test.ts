/** Every input that ever failed, and a short search for more. `npm run conformance:fuzz -- --seconds 3600` searches longer. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { targetNames } from './build.ts'
import { writeIdentities } from './identities.ts'
import { main, withoutJazzer } from './main.ts'

const folder = mkdtempSync(join(tmpdir(), 'handfast-fuzz-'))
const findings = join(import.meta.dirname, 'findings')

beforeAll(async () => {
  process.env.FUZZ_FOLDER = folder
  await writeIdentities(folder)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(targetNames)('%s', (name) => {
  const below = join(findings, name)
  const inputs = existsSync(below) ? readdirSync(below) : []
  it('does no harm with what once did', async () => {
    const { fuzz } = await import(`./targets/${name}.ts`)
    // What anybody begins with.
    for (const input of [[], [0], [0xff], new Array(300).fill(0xff), new Array(300).fill(0x30)])
      expect(() => fuzz(Uint8Array.from(input))).not.toThrow()
    for (const input of inputs) {
      const started = performance.now()
      expect(() => fuzz(new Uint8Array(readFileSync(join(below, input)))), input).not.toThrow()
      expect(performance.now() - started, input).toBeLessThan(5000)
    }
  })
})

it('Jazzer.js finds nothing in two seconds for each target', async ({ skip }) => {
  const reason = withoutJazzer()
  skip(reason !== undefined, reason)
  expect(await main(['--seconds', '2'])).toBe(0)
}, 300_000)
