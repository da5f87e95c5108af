// npm test: everything that must hold before a change is merged. Runs on a fresh clone.
//
// A check that fails does not keep the others from running. The last line counts them all, each
// check below that is not a test runner as one test; the exit code is 0 only if nothing failed.

import { join } from 'node:path'
import { ensureInstalled } from './install.mjs'
import { pack } from './pack.mjs'
import { clearResults, record, report, total } from './results.mjs'
import { check } from './steps.mjs'
import { typecheck } from './typecheck.mjs'
import { vitest } from './vitest.mjs'
import { bin, root } from './workspace.mjs'

ensureInstalled()
clearResults()

try {
  await runChecks()
} catch (error) {
  console.error(error)
  const failures = [error.message]
  record('npm test', { passed: 0, failed: 1, skipped: 0, failures, skips: [] })
}
const sum = total()
process.stdout.write(report(sum))
process.exitCode = sum.failed > 0 ? 1 : 0

async function runChecks() {
  const biome = bin('@biomejs/biome', 'biome')
  const knip = bin('knip', 'knip')
  const publint = bin('publint', 'publint')
  const sizeLimit = bin('size-limit', 'size-limit')
  const attw = bin('@arethetypeswrong/cli', 'attw')

  await typecheck()
  await check('format and lint', biome, ['check', '--error-on-warnings', '.'])
  await check('build', join(root, 'scripts', 'build.mjs'), [])
  await check('bundle sizes', sizeLimit, [])
  await check('unused files, exports and dependencies', knip, [])

  await vitest('unit and conformance tests', [])
  await check('speed, to node:tls', join(root, 'bench', 'all.mjs'), ['--check'])

  // The rest looks at the packages as they would be published.
  for (const { name, tarball } of pack()) {
    await check(`manifest of ${name}`, publint, ['run', '--strict', tarball])
    await check(`type exports of ${name}`, attw, [tarball, '--profile', 'esm-only'])
  }
  await vitest('hostile peers, lean', ['--config', 'conformance/packages/lean.vitest.config.ts'])
  await vitest('packed packages', ['--config', 'conformance/packages/vitest.config.ts'])
}
