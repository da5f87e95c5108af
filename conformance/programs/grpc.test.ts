/**
 * @grpc/grpc-js, client and server. It asks for node:tls and http2: handfast is put in their place. Each end runs in a
 * process of its own, over handfast or over node:tls.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { build } from '../../scripts/build.mjs'
import {
  type Child,
  type Credential,
  type Credentials,
  makeCredentials,
  makeFolder,
  removeFolder,
  start,
} from './support.ts'

// Two processes for each call, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 })

const folder = makeFolder()
let own: Credentials
beforeAll(async () => {
  expect(await build()).toBe(true)
  own = await makeCredentials(folder)
}, 120_000)
afterAll(() => removeFolder(folder))

type Library = 'handfast' | 'node:tls'

function run(library: Library, role: 'server' | 'client', options: object): Child {
  const file = join(folder, `${role}.json`)
  writeFileSync(file, JSON.stringify(options))
  const here = import.meta.dirname
  const flags = library === 'handfast' ? ['--import', 'handfast/register'] : []
  const child = start(process.execPath, [...flags, join(here, 'apps/grpc.mjs'), role, file], {
    cwd: here,
  })
  onTestFinished(() => void child.stop())
  return child
}

async function serve(library: Library, credential: Credential = own.server, more: object = {}) {
  const { cert, key } = credential
  const child = run(library, 'server', { ca: own.ca, cert, key, ...more })
  return Number(await child.waitFor('port', (log) => /^port (\d+)$/m.exec(log)?.[1]))
}

/** What the client says, or its error. */
async function call(library: Library, port: number, more: object = {}): Promise<unknown> {
  const child = run(library, 'client', { ca: own.ca, port, ...more })
  const code = await child.ended(60_000)
  return code === 0 ? JSON.parse(child.stdout()) : child.log()
}

const right = {
  whoAmI: 'nobody at 127.0.0.1',
  echoed: true,
  failure: { code: 9, details: 'as asked' },
  parallel: true,
  counted: 10_000,
  sum: 500_500,
  doubled: [2, 4, 6],
}

describe.each([
  ['handfast', 'handfast'],
  ['handfast', 'node:tls'],
  ['node:tls', 'handfast'],
] as const)('gRPC, its client over %s and its server over %s', (client, server) => {
  it('calls: unary, streams in each direction, errors, 8 MiB', async () => {
    expect(await call(client, await serve(server))).toEqual(right)
  })

  it('shows a client certificate, and is refused without', async () => {
    const port = await serve(server, own.server, { requireCertificate: true })
    const { cert, key } = own.client
    expect(await call(client, port, { cert, key })).toEqual({
      ...right,
      whoAmI: 'alice at 127.0.0.1',
    })
    expect(await call(client, port)).toMatch(/UNAVAILABLE/)
  })

  it.each([
    ['wrongName', /UNAVAILABLE.*(does not match certificate's altnames|ALTNAME)/s],
    ['stranger', /UNAVAILABLE.*unable to verify the first certificate/s],
  ] as const)('refuses a server that is %s', async (name, reason) => {
    expect(await call(client, await serve(server, own[name]))).toMatch(reason)
  })
})
