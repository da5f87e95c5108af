// Runs a benchmark that is written in TypeScript, on the Node that runs this, from the sources:
//
//   node bench/run.mjs NAME [its options]

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'

const [name = '', ...options] = process.argv.slice(2)
const entry = join(import.meta.dirname, `${name}.ts`)
if (!/^\w+$/.test(name) || !existsSync(entry)) {
  process.stderr.write('usage: node bench/run.mjs NAME [options]; NAME is a file of this folder\n')
  process.exit(2)
}
const outDir = mkdtempSync(join(tmpdir(), 'handfast-bench-'))
try {
  await build({
    configFile: false,
    logLevel: 'warn',
    resolve: { conditions: ['handfast-source'] },
    ssr: { noExternal: true, resolve: { conditions: ['handfast-source', 'node', 'import'] } },
    build: { ssr: entry, outDir, minify: false, target: 'node20', emptyOutDir: false },
  })
  // A young generation of 512 MiB: allocations can be counted, and no collection falls into a measurement.
  const flags = ['--expose-gc', '--max-semi-space-size=512', '--min-semi-space-size=512']
  const file = [`${name}.js`, `${name}.mjs`].map((made) => join(outDir, made)).find(existsSync)
  const child = spawn(process.execPath, [...flags, file, ...options], { stdio: 'inherit' })
  process.exitCode = await new Promise((resolve) => child.on('close', resolve))
} finally {
  rmSync(outDir, { recursive: true })
}
