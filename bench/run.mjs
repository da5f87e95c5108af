// Runs a benchmark that is written in TypeScript, on the Node that runs this, from the sources:
//
//   node bench/run.mjs NAME [its options]
//
// HANDFAST_BENCH_STACKS says where the other stacks in JavaScript are (JSON, folders by name; {} for none); without it
// they are fetched. HANDFAST_PROFILE=DIR writes a profile of the processor's time there, for Chrome's developer tools.

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { lazyMlKem } from '../scripts/lazyMlKem.mjs'
import { installStacks } from './support/installStacks.mjs'

const wholeConnections = ['bulk', 'coldStart', 'eachEnd', 'echo', 'handshakes', 'idle', 'x509']
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
    // As in what is published for Node.
    plugins: [lazyMlKem],
    ssr: { noExternal: true, resolve: { conditions: ['handfast-source', 'node', 'import'] } },
    build: { ssr: entry, outDir, minify: false, target: 'node20', emptyOutDir: false },
  })
  const flags = ['--expose-gc']
  // A young generation of 512 MiB: allocations can be counted, and no collection falls into a measurement. Whole
  // connections are measured as programs run them: there a collection is part of the cost.
  if (!wholeConnections.includes(name))
    flags.push('--max-semi-space-size=512', '--min-semi-space-size=512')
  // Of full size from the start: what it grows by, up to 96 MiB on Node 24, is the process's and no connection's.
  if (name === 'idle') flags.push('--max-semi-space-size=16', '--min-semi-space-size=16')
  const { HANDFAST_PROFILE: profile } = process.env
  if (profile !== undefined) flags.push('--cpu-prof', `--cpu-prof-dir=${profile}`)
  const file = [`${name}.js`, `${name}.mjs`].map((made) => join(outDir, made)).find(existsSync)
  const env = { ...process.env }
  if (wholeConnections.includes(name))
    env.HANDFAST_BENCH_STACKS ??= JSON.stringify(installStacks().folders)
  const child = spawn(process.execPath, [...flags, file, ...options], { stdio: 'inherit', env })
  // null where a signal ended it.
  process.exitCode = (await new Promise((resolve) => child.on('close', resolve))) ?? 1
} finally {
  rmSync(outDir, { recursive: true })
}
