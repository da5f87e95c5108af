/** An empty project, as a user's, with the packed packages installed in it. */

import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '../../scripts/build.mjs'
import { pack } from '../../scripts/pack.mjs'
import { root } from '../../scripts/workspace.mjs'

export interface Project {
  folder: string
  /** The names of the installed packages. */
  names: string[]
  /** The specifiers that the installed packages export, `handfast/node` for example. */
  specifiers: string[]
  remove(): void
}

/** Builds, packs and installs. Throws an Error with npm's words if one of them fails. */
export async function createProject(): Promise<Project> {
  if (!(await build())) throw new Error('the packages do not compile')
  const packed = pack()
  const folder = mkdtempSync(join(tmpdir(), 'handfast-packed-'))
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const typesOfNode = `@types/node@${versionOf('@types/node')}`
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  const tarballs = packed.map(({ tarball }) => tarball)
  const { status, stderr } = spawnSync('npm', [...args, ...tarballs, typesOfNode], {
    cwd: folder,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error(`the packed packages do not install: ${stderr}`)
  cpSync(join(root, 'conformance', 'packages', 'programs'), folder, { recursive: true })
  const names = packed.map(({ name }) => name)
  return {
    folder,
    names,
    specifiers: names.flatMap((name) => specifiersOf(folder, name)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function specifiersOf(folder: string, name: string): string[] {
  const path = join(folder, 'node_modules', name, 'package.json')
  const { exports = {} } = JSON.parse(readFileSync(path, 'utf8'))
  return Object.keys(exports)
    .filter((subpath) => subpath !== './package.json')
    .map((subpath) => name + subpath.slice(1))
}

function versionOf(name: string): string {
  return JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version
}
