// Packs the published packages as `npm publish` would, into .cache/packed.

import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cache, publishedFolders, root } from './workspace.mjs'

/**
 * Packs what is in each package's dist/ now (build first). Returns `{ name, tarball }` for each
 * package, `tarball` an absolute path. Throws an Error with npm's words if that fails.
 *
 * @returns {{ name: string, tarball: string }[]}
 */
export function pack() {
  const destination = join(cache, 'packed')
  rmSync(destination, { recursive: true, force: true })
  mkdirSync(destination, { recursive: true })
  const args = ['pack', '--json', '--loglevel=error', '--pack-destination', destination]
  const { status, stdout, stderr } = spawnSync('npm', [...args, ...publishedFolders()], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`)
  return JSON.parse(stdout).map(({ name, filename }) => ({
    name,
    tarball: join(destination, filename),
  }))
}
