/** A cluster whose workers share a port and the keys of their tickets: a session goes on at another worker. */

import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as nodeTls from 'node:tls'
import * as handfast from 'handfast/node'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { build } from '../../scripts/build.mjs'
import {
  type Child,
  type Credentials,
  makeCredentials,
  makeFolder,
  removeFolder,
  start,
} from './support.ts'

const folder = makeFolder()
let own: Credentials
beforeAll(async () => {
  expect(await build()).toBe(true)
  own = await makeCredentials(folder)
}, 120_000)
afterAll(() => removeFolder(folder))

type Address = { readonly port: number; readonly host: string } | { readonly path: string }

async function startCluster(options: object): Promise<{ child: Child; port: number }> {
  const file = join(folder, 'cluster.json')
  const { cert, key } = own.server
  const address = { host: '127.0.0.1', port: 0 }
  writeFileSync(file, JSON.stringify({ cert, key, listen: address, ...options }))
  const here = import.meta.dirname
  const app = join(here, 'apps/cluster.mjs')
  const child = start(process.execPath, ['--import', 'handfast/register', app, file], { cwd: here })
  onTestFinished(() => void child.stop())
  const ports = await child.waitFor('port', (log) => /^listening (.*)$/m.exec(log)?.[1])
  return { child, port: JSON.parse(ports)[0] }
}

interface Visit {
  readonly pid: number
  readonly resumed: boolean
  readonly session: Buffer | undefined
}

async function visit(tls: typeof nodeTls, address: Address, session?: Buffer): Promise<Visit> {
  const socket = tls.connect({ ...address, servername: 'localhost', ca: own.ca, session })
  let newest: Buffer | undefined
  socket.on('session', (bytes) => {
    newest = bytes
  })
  const text = Buffer.concat(await socket.toArray())
  socket.destroy()
  return { ...JSON.parse(String(text)), session: newest }
}

/** Visits until this happened, at most so often; several at once, so that no worker gets them all. */
async function until(
  tls: typeof nodeTls,
  address: Address,
  session: Buffer | undefined,
  wanted: (visit: Visit) => boolean,
): Promise<Visit> {
  for (let i = 0; i < 20; i++) {
    const visits = await Promise.all([1, 2, 3, 4].map(() => visit(tls, address, session)))
    const found = visits.find(wanted)
    if (found !== undefined) return found
  }
  throw new Error('it did not happen in 80 visits')
}

const clients = { handfast: handfast as unknown as typeof nodeTls, 'node:tls': nodeTls }

describe.each(Object.entries(clients))('to a cluster over handfast, a client over %s', (_, tls) => {
  const ticketKeys = randomBytes(48).toString('hex')

  it.each(['round robin', 'none'])(
    'resumes at another worker (scheduling: %s)',
    async (scheduling) => {
      const { port } = await startCluster({ ticketKeys, scheduling })
      const address = { port, host: '127.0.0.1' }
      const first = await visit(tls, address)
      expect(first.resumed).toBe(false)
      const other = await until(tls, address, first.session, ({ pid }) => pid !== first.pid)
      expect(other.resumed).toBe(true)
    },
  )

  it('does not, where each worker has keys of its own', async () => {
    const { port } = await startCluster({})
    const address = { port, host: '127.0.0.1' }
    const first = await visit(tls, address)
    const other = await until(tls, address, first.session, ({ pid }) => pid !== first.pid)
    expect(other.resumed).toBe(false)
    const same = await until(tls, address, first.session, ({ pid }) => pid === first.pid)
    expect(same.resumed).toBe(true)
  })

  it('resumes no more after the keys were changed, and then with the new ones', async () => {
    const { child, port } = await startCluster({ ticketKeys })
    const address = { port, host: '127.0.0.1' }
    const first = await visit(tls, address)
    child.process.stdin.write(`${randomBytes(48).toString('hex')}\n`)
    await child.waitFor('new keys', (log) => /^rotated$/m.test(log) || undefined)
    const after = await visit(tls, address, first.session)
    expect(after.resumed).toBe(false)
    const other = await until(tls, address, after.session, ({ pid }) => pid !== after.pid)
    expect(other.resumed).toBe(true)
  })

  it('shares a unix socket', async () => {
    const path = join(folder, `${_.replace(/\W/g, '')}.sock`)
    await startCluster({ ticketKeys, listen: { path } })
    const first = await visit(tls, { path })
    const other = await until(tls, { path }, first.session, ({ pid }) => pid !== first.pid)
    expect(other.resumed).toBe(true)
  })
})
