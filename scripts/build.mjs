// Compiles each package's src/ to its dist/: plain tsc, one process for each package; and makes of them what
// Node loads, and what is small (join.mjs).
//
//   npm run build
//
// A package is compiled into a folder beside dist/ that then takes its place, so that a program
// that runs from dist/ meanwhile sees the old files or the new ones and never half of them, and
// files whose source is gone disappear.

import { spawn } from 'node:child_process'
import { existsSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ensureInstalled } from './install.mjs'
import { bin, packageFolders, root } from './workspace.mjs'

/** Builds the packages whose sources are newer than their dist. Resolves to whether all compiled. */
export async function build({ force = false } = {}) {
  const folders = packageFolders().filter((folder) => force || isStale(folder))
  const results = await Promise.all(folders.map(compile))
  return results.every((compiled) => compiled)
}

/** Whether something that a package's dist is made of has changed since it was made. */
function isStale(folder) {
  const dist = join(folder, 'dist')
  if (!existsSync(dist)) return true
  const made = statSync(dist).mtimeMs
  const inputs = [
    join(root, 'tsconfig.base.json'),
    join(root, 'scripts', 'join.mjs'),
    join(root, 'scripts', 'lazyMlKem.mjs'),
    join(root, 'scripts', 'lean.mjs'),
    join(folder, 'tsconfig.json'),
    join(folder, 'package.json'),
    join(folder, 'src'),
  ]
  return inputs.some((input) => lastChange(input) > made)
}

/** A folder changes itself when a file in it comes or goes. */
function lastChange(path) {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => lastChange(join(path, name))))
}

async function compile(folder) {
  const started = new Date()
  const dist = join(folder, 'dist')
  const fresh = join(folder, `dist.new-${process.pid}`)
  const old = join(folder, `dist.old-${process.pid}`)
  const args = ['-p', folder, '--outDir', fresh, '--noEmitOnError', '--pretty', 'false']
  const child = spawn(process.execPath, [bin('typescript', 'tsc'), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let messages = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    messages += text
  })
  const code = await new Promise((resolve) => child.on('close', resolve))
  if (code !== 0 || !existsSync(fresh)) {
    rmSync(fresh, { recursive: true, force: true })
    process.stderr.write(`${messages}packages/${basename(folder)} does not compile\n`)
    return false
  }
  // What it joins with is there once everything is installed.
  const { joinFiles, leanFiles } = await import('./join.mjs')
  await joinFiles(folder, fresh)
  await leanFiles(folder, fresh)
  utimesSync(fresh, started, started)
  if (existsSync(dist)) renameSync(dist, old)
  renameSync(fresh, dist)
  rmSync(old, { recursive: true, force: true })
  return true
}

if (process.argv[1] === import.meta.filename) {
  ensureInstalled()
  process.exitCode = (await build({ force: true })) ? 0 : 1
}
