/** `--import handfast/register` on every line of Node: a program that prints what runs over which library, run both ways. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuthority } from '@handfast/ca'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { build } from '../../scripts/build.mjs'
import { nodeMajors, nodePath } from '../../scripts/nodes.mjs'
import { start } from '../interop/process.ts'

const here = import.meta.dirname
let folder: string

beforeAll(async () => {
  // The switch is for what is published: the compiled package.
  expect(await build()).toBe(true)
  folder = mkdtempSync(join(tmpdir(), 'handfast-register-'))
  const authority = await createAuthority({ subject: { commonName: 'Test Root' } })
  const { chain: cert, key } = await authority.issue({ names: ['localhost'] })
  writeFileSync(join(folder, 'root.pem'), authority.root)
  writeFileSync(join(folder, 'identity.json'), JSON.stringify({ cert, key }))
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function reached(node: string, ...flags: string[]): Promise<Record<string, unknown>> {
  const child = start(
    node,
    [...flags, join(here, 'apps/reached.mjs'), join(folder, 'identity.json')],
    {
      cwd: here,
      env: { NODE_EXTRA_CA_CERTS: join(folder, 'root.pem') },
    },
  )
  expect(await child.ended(), child.log()).toBe(0)
  return JSON.parse(child.stdout())
}

describe.each(nodeMajors)('on Node %i', (major) => {
  const session = {
    encrypted: true,
    protocol: 'h2',
    authorized: true,
    isTLSSocket: true,
    peer: 'DNS:localhost',
  }
  /** What is seen when handfast is in the place of node:tls, or is not. */
  const expected = (ours: boolean) => ({
    'import tls': ours,
    'import { connect }': true,
    "require('tls')": ours,
    "require('node:tls')": ours,
    getBuiltinModule: ours,
    'https.get': { client: ours, server: ours },
    'import { get }': { client: ours, server: ours },
    // Assigned to in the program.
    DEFAULT_MAX_VERSION: 'TLSv1.2',
    fetch: { client: ours, server: ours },
    'http2.connect': { client: ours, server: ours, ...session },
    'import { connect as h2 }': { client: ours, server: ours, ...session },
    // Node 20 has no WebSocket.
    ...(major >= 22 ? { WebSocket: ours } : {}),
    'a worker thread': ours,
    'a forked process': ours,
  })

  it('everything runs over handfast with the switch', async () => {
    expect(await reached(nodePath(major), '--import', 'handfast/register')).toEqual(expected(true))
  })

  it('and nothing without it', async () => {
    expect(await reached(nodePath(major))).toEqual(expected(false))
  })
})
