/** docs/node-compat.md says of each name that Node documents whether it is here, and the tests show it. */
import { readdirSync, readFileSync } from 'node:fs'
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

/** What no script of these tests names, and why. */
const unshown: Readonly<Record<string, string>> = {
  'socket.connect: connectListener': 'the parameter, not a name that a program writes',
  'net.Socket: connectionAttemptTimeout':
    'wants an address that swallows packets, which loopback has not',
  CERT_CHAIN_TOO_LONG:
    'of a chain of more than a hundred; the budget of @handfast/x509 has tests there',
}

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
  const missing = rows.filter(
    ({ name, verdict }) => verdict !== 'no' && !isShown(name) && unshown[name] === undefined,
  )
  expect(missing.map(({ name }) => name)).toEqual([])
  for (const name of Object.keys(unshown))
    expect(isShown(name), `${name} is shown by now`).toBe(false)
})
