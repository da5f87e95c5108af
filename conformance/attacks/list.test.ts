/** The list names tests that exist. What the tests show, they show where they are. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../../scripts/workspace.mjs'
import { attacks } from './list.ts'

const sources = new Map<string, string>()
function sourceOf(file: string): string {
  const known = sources.get(file)
  if (known !== undefined) return known
  const source = readFileSync(join(root, file), 'utf8')
  sources.set(file, source)
  return source
}

it.each(attacks)('$name: $seen', ({ tests }) => {
  const named = Object.entries(tests)
  expect(named.length).toBeGreaterThan(0)
  for (const [file, titles] of named)
    for (const title of titles) expect(sourceOf(file), `${file}: ${title}`).toContain(title)
})

it('holds each attack once, and each of its own tests', () => {
  const names = attacks.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const file of ['records', 'handshakes', 'certificates', 'sockets']) {
    const path = `conformance/attacks/${file}.test.ts`
    const listed = attacks.flatMap(({ tests }) => tests[path] ?? []).join(' ')
    for (const [cve] of sourceOf(path).matchAll(/CVE-\d{4}-\d+/g))
      expect(`${listed} ${names.join(' ')}`, `${cve} of ${path}`).toContain(cve)
  }
})
