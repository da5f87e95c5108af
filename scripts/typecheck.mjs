// npm run typecheck: the types of every package, then those of the tests, which see them all.

import { basename, join } from 'node:path'
import { ensureInstalled } from './install.mjs'
import { check } from './steps.mjs'
import { bin, packageFolders, root } from './workspace.mjs'

/** Checks the types; each package is one check. Resolves to whether all are sound. */
export async function typecheck() {
  const tsc = bin('typescript', 'tsc')
  const projects = [
    ...packageFolders().map((folder) => [`types of packages/${basename(folder)}`, folder]),
    // With the globals of neither Node nor a browser: the engine uses none.
    ['types of the engine alone', join(root, 'tsconfig.engine.json')],
    ['types of the tests', root],
  ]
  let sound = true
  for (const [name, project] of projects) {
    sound = (await check(name, tsc, ['-p', project, '--noEmit', '--pretty', 'false'])) && sound
  }
  return sound
}

if (process.argv[1] === import.meta.filename) {
  ensureInstalled()
  process.exitCode = (await typecheck()) ? 0 : 1
}
