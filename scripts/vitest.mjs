// Runs vitest and keeps its result.

import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { record, vitestResult } from './results.mjs'
import { run } from './steps.mjs'
import { bin, cache } from './workspace.mjs'

/** Runs the tests that `args` choose, under the given Node, as the named check. */
export async function vitest(name, args, node = process.execPath) {
  console.log(`\n${name}`)
  mkdirSync(cache, { recursive: true })
  const reportFile = join(cache, `vitest-${process.pid}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
  const { code } = await run(node, [bin('vitest', 'vitest'), 'run', ...reporters, ...args], {
    show: true,
  })
  record(name, vitestResult(reportFile, code))
  rmSync(reportFile, { force: true })
}
