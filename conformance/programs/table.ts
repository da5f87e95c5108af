/** docs/programs.md: made of the tests' own titles and the locked versions of the libraries. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Row {
  /** Names of packages; none for Node's own. */
  readonly packages: readonly string[]
  readonly name?: string
  /** The test's file, without `.test.ts`. */
  readonly test: string
  readonly entry: string
  readonly peer: string
}

const byRegister = '`handfast/register`'

export const rows: readonly Row[] = [
  {
    packages: [],
    name: '`https`, `http2`',
    test: 'https',
    entry: byRegister,
    peer: 'Node over node:tls and over handfast; curl, OpenSSL',
  },
  {
    packages: ['undici'],
    test: 'undici',
    entry: 'option `connect`: `undiciConnector()`',
    peer: 'Node over node:tls',
  },
  {
    packages: ['ws'],
    test: 'ws',
    entry: 'options `createConnection` and `server`',
    peer: 'ws over node:tls and over handfast',
  },
  { packages: ['pg'], test: 'pg', entry: byRegister, peer: 'PostgreSQL' },
  { packages: ['mysql2'], test: 'mysql2', entry: byRegister, peer: 'MariaDB' },
  { packages: ['ioredis'], test: 'ioredis', entry: byRegister, peer: 'Redis' },
  {
    packages: ['nodemailer', 'smtp-server'],
    test: 'nodemailer',
    entry: byRegister,
    peer: 'each other, the server over node:tls and over handfast; OpenSSL',
  },
  { packages: ['mqtt'], test: 'mqtt', entry: `${byRegister}, and a stream`, peer: 'Mosquitto' },
  {
    packages: ['@grpc/grpc-js'],
    test: 'grpc',
    entry: byRegister,
    peer: 'grpc-js over node:tls and over handfast',
  },
  {
    packages: [],
    name: '`cluster`',
    test: 'cluster',
    entry: byRegister,
    peer: 'clients over handfast and over node:tls',
  },
]

const introduction = `# Programs that others wrote

Each of these runs over handfast, unchanged, in the tests of \`conformance/programs\`, against the servers named, which the
tests start and end. By \`handfast/register\`, handfast is in the place of \`node:tls\` ([how](node.md)).

Versions are those of the lock file; what was exercised are the titles of the tests. This file is made by
\`npx vitest run conformance/programs/table -u\`, and a test compares it.
`

/** Words for what a parametrized title stands for. */
const parameters: readonly (readonly [RegExp, string])[] = [
  [/(server|broker) that is %s/, '$1 for another name, or of an unknown authority'],
  [/ with QoS %i/, ' with QoS 0, 1 and 2'],
  [/curl %s/, 'curl --http1.1, --http2'],
  [/scheduling: %s/, 'round robin, and none'],
]

/** The titles of the tests in a source, as they stand there. */
export function titlesIn(source: string): string[] {
  const calls =
    /^ *(?:it\(|it\.skipIf\([^\n]*\)\(|it\.each\((?:\[[^\]]*\]|\[\n[\s\S]*?\n *\])(?: as const)?\)\()\s*(['`])(.*?)\1/gm
  return [...source.matchAll(calls)].map(([, , title]) =>
    parameters.reduce(
      (text, [pattern, words]) => text.replace(pattern, words),
      title!.replace(/\$\{.*\}/, ''),
    ),
  )
}

export function table(): string {
  const here = import.meta.dirname
  const locked = JSON.parse(readFileSync(join(here, '../../package-lock.json'), 'utf8')).packages
  const lines = rows.map(({ packages, name, test, entry, peer }) => {
    const versions = packages.map((each) => `${each} ${locked[`node_modules/${each}`].version}`)
    const source = readFileSync(join(here, `${test}.test.ts`), 'utf8')
    const exercised = [...new Set(titlesIn(source))].join('; ')
    return `| ${[name ?? versions.join(', '), entry, peer, exercised].join(' | ')} |`
  })
  const head = [
    '| library | how handfast gets in | other end | what was exercised |',
    '|---|---|---|---|',
  ]
  return `${introduction}\n${[...head, ...lines].join('\n')}\n`
}
