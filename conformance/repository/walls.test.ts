/**
 * The walls of the architecture: which file may import what. Arrows point one way, cli → handfast →
 * x509 → nothing, and the engine knows neither Node nor the browser.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, normalize, relative, sep } from 'node:path'
import { describe, expect, it } from 'vitest'
import { manifest, packageFolders, root } from '../../scripts/workspace.mjs'

/**
 * What the files below a folder may import beside files of their own package: names of packages,
 * or `node:` for what Node brings. The longest folder that contains a file decides.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'packages/x509/src': [],
  'packages/ca/src': ['@handfast/x509'],
  'packages/ca/src/node': ['node:', '@handfast/x509'],
  'packages/handfast/src': ['@handfast/x509'],
  'packages/handfast/src/crypto/noble': ['@noble/', '@handfast/x509'],
  'packages/handfast/src/crypto/node': ['node:', '@handfast/x509'],
  'packages/handfast/src/node': ['node:', '@handfast/x509', 'node-forge'],
  'packages/cli/src': ['node:', '@handfast/', 'handfast', 'commander', 'picocolors', 'tldts'],
}

/**
 * Folders that only the files in them, and in the folders named, may import from: adapters know the
 * engine, and the engine does not know them.
 */
const enteredFrom: Readonly<Record<string, readonly string[]>> = {
  'packages/ca/src/node': [],
  'packages/handfast/src/node': [],
  'packages/handfast/src/web': [],
  // The hashes and ciphers of old versions are OpenSSL's: the legacy door is for Node.
  'packages/handfast/src/crypto/node': [
    'packages/handfast/src/node',
    'packages/handfast/src/legacy',
  ],
  'packages/handfast/src/crypto/web': ['packages/handfast/src/web'],
  // The other providers take from noble what OpenSSL of an older Node, or WebCrypto, lacks.
  'packages/handfast/src/crypto/noble': [
    'packages/handfast/src/web',
    'packages/handfast/src/crypto/node',
    'packages/handfast/src/crypto/web',
  ],
}

interface Import {
  file: string
  specifier: string
}

/** Every module that a source names: static, type-only and dynamic imports, re-exports, and what it asks the process for. */
function importsOf(file: string): Import[] {
  const source = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  const forms = [
    /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm,
    /^\s*import\s*['"]([^'"]+)['"]/gm,
    /\b(?:import|require|getBuiltinModule)\s*\(\s*['"]([^'"]+)['"]\s*\)/g,
  ]
  return forms.flatMap((form) =>
    [...source.matchAll(form)].map((match) => ({ file, specifier: match[1]! })),
  )
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[cm]?tsx?$/.test(name))
    .map((name) => join(folder, name))
}

const isInside = (path: string, folder: string) => path.startsWith(folder + sep)
const isRelative = (specifier: string) => specifier.startsWith('.')
const target = ({ file, specifier }: Import) => normalize(join(dirname(file), specifier))

const packages = packageFolders().map((folder) => relative(root, folder))
const sourceImports = packages.flatMap((folder) =>
  filesBelow(join(folder, 'src')).flatMap(importsOf),
)

describe('the walls', () => {
  it('are looked at from every source', () => {
    expect(sourceImports.length).toBeGreaterThan(50)
    const withRules = Object.keys(mayImport)
    for (const { file } of sourceImports) {
      expect(
        withRules.some((folder) => isInside(file, folder)),
        `a rule for ${file}`,
      ).toBe(true)
    }
  })

  it('let each folder import only what it may', () => {
    const trespassers = sourceImports
      .filter(({ specifier }) => !isRelative(specifier))
      .filter(({ file, specifier }) => {
        const folders = Object.keys(mayImport).filter((folder) => isInside(file, folder))
        const nearest = folders.reduce((one, other) => (one.length > other.length ? one : other))
        const name = builtinModules.includes(specifier) ? `node:${specifier}` : specifier
        return !mayImport[nearest]!.some(
          (allowed) =>
            name === allowed || name.startsWith(/[:/]$/.test(allowed) ? allowed : `${allowed}/`),
        )
      })
    expect(trespassers).toEqual([])
  })

  it('keep relative imports inside their package, and those of sources inside src', () => {
    const trespassers = packages.flatMap((folder) =>
      filesBelow(folder)
        .filter((file) => !file.includes(`node_modules${sep}`) && !/dist\b/.test(file))
        .flatMap(importsOf)
        .filter(({ specifier }) => isRelative(specifier))
        .filter((found) => {
          const source = join(folder, 'src')
          return !isInside(target(found), isInside(found.file, source) ? source : folder)
        }),
    )
    expect(trespassers).toEqual([])
  })

  // To import them as ES modules reads every export, and with it loads what is behind their getters: undici behind node:http.
  it('keep slow modules of Node out of what a connection loads, but by process.getBuiltinModule()', () => {
    const slow = /^import (?!type\b)[^'"]*from 'node:(fs|https?|http2|tls|util|zlib)'/m
    const files = filesBelow('packages/handfast/src')
    expect(files.filter((file) => slow.test(readFileSync(join(root, file), 'utf8')))).toEqual([])
  })

  it('keep the engine ignorant of its adapters and its providers', () => {
    const trespassers = sourceImports.filter((found) => {
      if (!isRelative(found.specifier)) return false
      return Object.entries(enteredFrom).some(
        ([folder, others]) =>
          isInside(target(found), folder) &&
          ![folder, ...others].some((allowed) => isInside(found.file, allowed)),
      )
    })
    expect(trespassers).toEqual([])
  })

  it('have no dependency declared that the rules do not know', () => {
    for (const folder of packages) {
      const rules = Object.entries(mayImport).filter(([below]) => isInside(below, folder))
      const allowed = rules.flatMap(([, names]) => names)
      for (const name of Object.keys(manifest(join(root, folder)).dependencies ?? {})) {
        const isKnown = allowed.some((prefix) => name === prefix || name.startsWith(prefix))
        expect(isKnown, `${folder} depends on ${name}`).toBe(true)
      }
    }
  })
})
