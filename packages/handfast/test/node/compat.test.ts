/** docs/node-compat.md says of each name that Node documents whether it is here, and the tests show it. */
import { readdirSync, readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { expect, it } from 'vitest'
import documented from './documentedNames.json' with { type: 'json' }

const here = new URL('.', import.meta.url)
const table = readFileSync(new URL('../../../../docs/node-compat.md', here), 'utf8')
const rows = [...table.matchAll(/^\| `([^`]+)` \| (yes|no|differs) \| (.*) \|$/gm)].map(
  ([, name, verdict, words]) => ({ name: name!, verdict: verdict!, words: words! }),
)
const tests = readdirSync(here)
  .filter((name) => /\.ts$/.test(name) && !/^(compat|types)\.test\.ts$/.test(name))
  .map((name) => readFileSync(new URL(name, here), 'utf8'))
  .join('\n')

/** The word that a program writes: of `tls.connect: host` it is `host`. */
const wordOf = (name: string) => name.split(/: |\./).at(-1)!

it('has a row for each name that Node documents, and no other', () => {
  expect(rows.map(({ name }) => name).sort()).toEqual([...documented.names].sort())
})

it('says of each difference what it is', () => {
  for (const { name, verdict, words } of rows)
    if (verdict !== 'yes') expect(words, name).toMatch(/\w/)
})

it('has a test for each name that is here', () => {
  const isShown = (name: string) => new RegExp(`\\b${wordOf(name)}\\b`).test(tests)
  const missing = rows.filter(({ name, verdict }) => verdict !== 'no' && !isShown(name))
  expect(missing.map(({ name }) => name)).toEqual([])
})

/** What sockets have and Node does not document: some is old, some is for Node itself. */
const undocumented = ['constructor', 'read', 'setServername', 'setSession']

it('has a row for each public member of the running Node’s sockets', () => {
  const members = [Socket, TLSSocket].flatMap(({ prototype }) =>
    Object.getOwnPropertyNames(prototype).filter((name) => !name.startsWith('_')),
  )
  const named = new Set(rows.map(({ name }) => wordOf(name)))
  const missing = members.filter((name) => !named.has(name) && !undocumented.includes(name))
  expect(missing).toEqual([])
})
