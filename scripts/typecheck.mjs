// npm run typecheck: the types of every package, then those of the tests, which see them all.

import { basename, join } from 'node:path'
import { ensureInstalled } from './install.mjs'
import { nodeMajors } from './nodes.mjs'
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
  const checkTypes = async (name, project, ...more) => {
    const args = ['-p', project, '--noEmit', '--pretty', 'false', ...more]
    sound = (await check(name, tsc, args)) && sound
  }
  for (const [name, project] of projects) await checkTypes(name, project)
  // Programs on later lines of Node have other types for what handfast/node stands in for.
  for (const major of nodeMajors.slice(1)) {
    const types = join(root, 'node_modules', `@types-${major}`)
    const name = `types of handfast/node with those of Node ${major}`
    await checkTypes(name, join(root, 'tsconfig.later.json'), '--typeRoots', types)
  }
  return sound
}

if (process.argv[1] === import.meta.filename) {
  ensureInstalled()
  process.exitCode = (await typecheck()) ? 0 : 1
}
