// npm run conformance: everything of docs/assurance.md that needs nothing from outside the repository, one after another,
// and then the figures. It takes less than a quarter of an hour.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { bin, root } from '../../scripts/workspace.mjs'

const suites = [
  ['known attacks', 'conformance/attacks'],
  ['descriptions of messages', 'packages/handfast/test/codec'],
  [
    'hostile peers',
    'packages/handfast/test/engine',
    'packages/handfast/test/tls12/hostile.test.ts',
  ],
  [
    'mutated certificates',
    'packages/x509/test/mutation.test.ts',
    'packages/x509/test/budget.test.ts',
  ],
  ['model of the protocol', 'conformance/model'],
  ['secrets', 'conformance/secrets'],
  ['fuzzing', 'conformance/fuzz'],
  ['OpenSSL, Go and rustls, differences', 'conformance/differential'],
  ['load', 'conformance/load'],
  ['transfers', 'conformance/transfer'],
  ['soak', 'conformance/soak'],
]
const failed = []
const started = Date.now()
for (const [i, [name, ...paths]] of suites.entries()) {
  console.log(`\n[${i + 1}/${suites.length}] ${name}`)
  const { status } = spawnSync(process.execPath, [bin('vitest', 'vitest'), 'run', ...paths], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) failed.push(name)
}
const minutes = ((Date.now() - started) / 60_000).toFixed(1)
spawnSync(process.execPath, [join(import.meta.dirname, 'figures.mjs')], { stdio: 'inherit' })
console.log(`\n${suites.length - failed.length} of ${suites.length} in ${minutes} minutes`)
for (const name of failed) console.log(`✗ ${name}`)
process.exitCode = failed.length > 0 ? 1 : 0
