// The other TLS stacks in JavaScript that handfast is measured against. They are fetched when a benchmark wants them, into
// .cache/stacks, so that nothing else needs them.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cache } from '../../scripts/workspace.mjs'

/** Name and version, as the registry has them. */
const versions = {
  'lemon-tls': '0.7.0',
  '@reclaimprotocol/tls': '0.1.2',
  subtls: '0.5.0',
  'node-forge': '1.4.3',
}

/** The folder of each stack that is there, and why the others are not: `{ folders, versions, missing }`, by name. */
export function installStacks() {
  const found = { folders: {}, versions: {}, missing: {} }
  for (const [name, version] of Object.entries(versions)) {
    const folder = join(cache, 'stacks', `${name.replaceAll('/', '+')}-${version}`)
    const problem = existsSync(folder) ? undefined : fetchStack(`${name}@${version}`, folder)
    if (problem === undefined) {
      found.folders[name] = join(folder, 'node_modules', name)
      found.versions[name] = version
    } else found.missing[name] = problem
  }
  return found
}

/** Installed beside and then renamed, so that no one meets half a stack. @returns what went wrong, if something did */
function fetchStack(spec, folder) {
  const parent = join(cache, 'stacks')
  mkdirSync(parent, { recursive: true })
  const fresh = mkdtempSync(join(parent, 'new-'))
  writeFileSync(join(fresh, 'package.json'), '{ "private": true }\n')
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts']
  const { status, stderr } = spawnSync('npm', [...args, '--loglevel=error', spec], {
    cwd: fresh,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (status === 0 && !existsSync(folder)) renameSync(fresh, folder)
  rmSync(fresh, { recursive: true, force: true })
  return status === 0 ? undefined : stderr?.trim() || 'npm could not be run'
}
