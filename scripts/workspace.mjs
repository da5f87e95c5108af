// What the scripts share: where things are, and which packages there are.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's folder, absolute. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Results, packed packages and other runtimes are kept here, outside version control. */
export const cache = join(root, '.cache')

/** The folders of `packages/` that are TypeScript projects, absolute, in alphabetical order. */
export function packageFolders() {
  return readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name))
    .filter((folder) => existsSync(join(folder, 'tsconfig.json')))
}

/** A folder's package.json. */
export const manifest = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

/** The packages that go to the registry. */
export const publishedFolders = () => packageFolders().filter((folder) => !manifest(folder).private)

/** The path of a dependency's command, to be run with Node: `bin('typescript', 'tsc')`. */
export function bin(name, command) {
  const folder = join(root, 'node_modules', name)
  const { bin: commands } = manifest(folder)
  const path = typeof commands === 'string' ? commands : commands[command]
  if (!path) throw new Error(`${name} has no command ${command}`)
  return join(folder, path)
}
