/** docs/programs.md says what the tests here do, and all of it. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { rows, table, titlesIn } from './table.ts'

const here = import.meta.dirname

it('docs/programs.md is made of the tests', async () => {
  await expect(table()).toMatchFileSnapshot(join(here, '../../docs/programs.md'))
})

it('every library has a row, and every test of one', () => {
  const sources = [
    ...readdirSync(here),
    ...readdirSync(join(here, 'apps')).map((app) => `apps/${app}`),
  ]
    .filter((file) => /\.m?[jt]s$/.test(file))
    .map((file) => readFileSync(join(here, file), 'utf8'))
  const imported = sources.flatMap((source) =>
    [...source.matchAll(/^(?:import .*|\} )from '((?:@[^/']+\/)?[^/'.]+)(?:\/[^']*)?'/gm)].map(
      ([, name]) => name!,
    ),
  )
  // What is tested, what tests, and a parser of .proto files.
  const others = /^(node:|tls$|@?handfast|vitest$|@grpc\/proto-loader$)/
  const libraries = [...new Set(imported)].filter((name) => !others.test(name))
  expect(rows.flatMap(({ packages }) => packages).sort()).toEqual(libraries.sort())
  const own = ['register', 'soak', 'table']
  const files = readdirSync(here).flatMap((file) => /^(.*)\.test\.ts$/.exec(file)?.[1] ?? [])
  expect(files.filter((file) => !own.includes(file)).sort()).toEqual(
    rows.map(({ test }) => test).sort(),
  )
})

it('finds every title', () => {
  for (const { test } of rows) {
    const source = readFileSync(join(here, `${test}.test.ts`), 'utf8')
    const calls = source.match(/^ *it(\.|\()/gm) ?? []
    expect(titlesIn(source).length, test).toBe(calls.length)
  }
})
