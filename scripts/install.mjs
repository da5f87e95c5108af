// Brings node_modules to what package-lock.json says. Uses nothing but Node itself.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workspace.mjs'

/**
 * Installs the dependencies if any is absent or of another version than locked. Ends the process
 * with exit code 1 and npm's own words if that fails.
 */
export function ensureInstalled() {
  if (isInstalled()) return
  process.stderr.write('Installing dependencies (once; this takes a moment) …\n')
  // `npm install` and not `npm ci`: it keeps what is there, and it accepts a lock file that was
  // written where packages for other platforms could not be seen. --no-save leaves the lock alone.
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']
  const { status, stdout, stderr } = spawnSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (status !== 0) {
    process.stderr.write(`${stdout ?? ''}${stderr ?? ''}\nnpm install failed.\n`)
    process.exit(1)
  }
}

/** npm keeps beside the packages a list of what it installed: compared with the lock file's. */
function isInstalled() {
  const installedList = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installedList)) return false
  const installed = JSON.parse(readFileSync(installedList, 'utf8')).packages
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  return Object.entries(locked).every(([path, entry]) => {
    // Optional packages are those for other platforms; '' and packages/… are the workspaces.
    if (entry.optional || entry.devOptional || !path.startsWith('node_modules/')) return true
    return installed[path]?.version === entry.version
  })
}
