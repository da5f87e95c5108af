import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeProvider } from 'handfast/crypto/node'
import { build } from 'vite'
import { expect, test } from 'vitest'

const { random } = nodeProvider
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test('gives out every byte once, whatever the lengths', () => {
  const seen = new Set<string>()
  for (let i = 0; i < 300; i++) {
    const length = 16 + ((i * 37) % 300)
    const bytes = random(length)
    expect(bytes).toHaveLength(length)
    // Every 16 of them: nothing comes twice, and nothing that was wiped.
    for (let at = 0; at + 16 <= length; at++) {
      const window = hex(bytes.subarray(at, at + 16))
      expect(seen.has(window)).toBe(false)
      seen.add(window)
    }
  }
})

test('what it gave out stays as it was, and belongs to the caller', () => {
  const first = random(32)
  const copy = first.slice()
  first.fill(0, 0, 16)
  const others = Array.from({ length: 200 }, () => random(32))
  expect(hex(first.subarray(16))).toBe(hex(copy.subarray(16)))
  expect(others.every((bytes) => bytes.buffer.byteLength === 32)).toBe(true)
})

test('processes that begin with one snapshot do not draw the same', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'handfast-snapshot-'))
  try {
    const source = join(import.meta.dirname, '../../src/crypto/node/random.ts')
    await build({
      configFile: false,
      logLevel: 'error',
      build: {
        ssr: source,
        outDir: directory,
        rollupOptions: { output: { format: 'cjs', entryFileNames: 'random.cjs' } },
      },
    })
    const [entry, blob] = [join(directory, 'entry.cjs'), join(directory, 'blob')]
    writeFileSync(
      entry,
      `const module = { exports: {} }; const exports = module.exports
      ${readFileSync(join(directory, 'random.cjs'), 'utf8')}
      module.exports.random(32)
      require('node:v8').startupSnapshot.setDeserializeMainFunction(() => {
        process.stdout.write(Buffer.from(module.exports.random(32)).toString('hex'))
      })`,
    )
    execFileSync(process.execPath, ['--snapshot-blob', blob, '--build-snapshot', entry])
    const drawn = () =>
      execFileSync(process.execPath, ['--snapshot-blob', blob], { encoding: 'utf8' })
    const [one, other] = [drawn(), drawn()]
    expect(one).toMatch(/^[0-9a-f]{64}$/)
    expect(other).toMatch(/^[0-9a-f]{64}$/)
    expect(other).not.toBe(one)
  } finally {
    rmSync(directory, { recursive: true })
  }
})
