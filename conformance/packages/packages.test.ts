/**
 * The packages as they would be published, used in an empty project as their users would: from ES
 * modules, from `require()` and from TypeScript, on every supported line of Node.
 */

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeMajors, nodePath } from '../../scripts/nodes.mjs'
import { bin } from '../../scripts/workspace.mjs'
import { createProject, type Project } from './project.ts'

/** How a user of TypeScript compiles for Node. */
const typescript = ['--module', 'nodenext', '--target', 'es2023', '--types', 'node', '--strict']

let project: Project
beforeAll(async () => {
  project = await createProject()
  run(process.execPath, bin('typescript', 'tsc'), ...typescript, 'use.mts') // makes use.mjs
})
afterAll(() => project?.remove())

/** Runs a program of the project with a Node; fails with what it said unless it exits with 0. */
function run(node: string, ...args: string[]): string {
  const options = { cwd: project.folder, encoding: 'utf8', timeout: 60_000 } as const
  const { status, signal, stdout, stderr } = spawnSync(node, args, options)
  expect(status ?? signal, `${stdout}${stderr}`).toBe(0)
  return stdout
}

describe.each(nodeMajors)('on Node %i', (major) => {
  let node: string
  beforeAll(() => {
    node = nodePath(major)
  })

  it('is that Node', () => {
    expect(run(node, '--version')).toMatch(new RegExp(`^v${major}\\.`))
  })

  it('`import` and `require()` find the same exports, and some, at each specifier', () => {
    const found = JSON.parse(run(node, 'exports.mjs', ...project.specifiers))
    expect(Object.keys(found)).toEqual(project.specifiers)
    for (const [specifier, names] of Object.entries<Record<string, string[]>>(found)) {
      expect(names.import, specifier).not.toEqual([])
      expect(names.require, specifier).toEqual(names.import)
    }
  })

  it('a program of ES modules works', () => {
    expect(run(node, 'use.mjs')).toBe('ok\n')
  })

  it('a program that requires them works', () => {
    expect(run(node, 'use.cjs')).toBe('ok\n')
  })

  it('the command runs its demonstration', () => {
    const command = join(project.folder, 'node_modules', '@handfast', 'cli', 'dist', 'main.js')
    expect(run(node, command, '--version')).toMatch(/^(handfast )?\d+\.\d+\.\d+\n$/)
    const shown = run(node, command, 'demo')
    for (const message of ['ClientHello', 'ServerHello', 'CertificateVerify', 'Finished']) {
      expect(shown).toContain(message)
    }
  })
})

describe('TypeScript', () => {
  it.each([
    ['nodenext', 'nodenext'],
    ['node16', 'node16'],
    ['esnext', 'bundler'],
  ])(
    'with module %s and moduleResolution %s accepts a use of every package',
    (module, resolution) => {
      const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess']
      const how = ['--module', module, '--moduleResolution', resolution, '--target', 'es2023']
      const tsc = bin('typescript', 'tsc')
      run(process.execPath, tsc, '--noEmit', ...strict, ...how, '--types', 'node', 'use.mts')
    },
  )

  it('reports a wrong use', () => {
    const args = [bin('typescript', 'tsc'), '--noEmit', ...typescript, 'misuse.mts']
    const { status, stdout } = spawnSync(process.execPath, args, {
      cwd: project.folder,
      encoding: 'utf8',
    })
    expect(status).not.toBe(0)
    const reported = stdout.match(/misuse\.mts\(\d+,\d+\): error TS\d+/g) ?? []
    expect(reported.length, stdout).toBe(1)
  })
})

describe('the readme', () => {
  it('begins with a program that compiles and runs', () => {
    for (const name of project.names) {
      if (name === '@handfast/cli') continue // it begins with a command instead
      const readme = readFileSync(join(project.folder, 'node_modules', name, 'README.md'), 'utf8')
      const program = /^```ts\n(.*?)^```$/ms.exec(readme)?.[1]
      if (program === undefined) throw new Error(`the readme of ${name} has no program`)
      const file = `readme-${name.replace(/\W/g, '-')}`
      writeFileSync(join(project.folder, `${file}.mts`), program)
      run(process.execPath, bin('typescript', 'tsc'), ...typescript, `${file}.mts`)
      run(process.execPath, `${file}.mjs`)
    }
  })
})

describe('the tarballs', () => {
  it('hold the compiled files, the sources that the source maps name, a readme, a licence', () => {
    for (const name of project.names) {
      run(process.execPath, 'files.mjs', join(project.folder, 'node_modules', name))
    }
  })
})
