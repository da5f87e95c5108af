/** Ten thousand connections, ended in every way, leave nothing behind. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { build } from '../../scripts/build.mjs'
import { makeCredentials, makeFolder, removeFolder, start } from './support.ts'

const folder = makeFolder()
const file = join(folder, 'soak.json')
const total = 10_000

beforeAll(async () => {
  expect(await build()).toBe(true)
  const { ca, server } = await makeCredentials(folder)
  writeFileSync(file, JSON.stringify({ ca, cert: server.cert, key: server.key }))
}, 120_000)
afterAll(() => removeFolder(folder))

it('no listener, no handle and no memory is left of 10,000 connections', async () => {
  const here = import.meta.dirname
  const args = ['--expose-gc', join(here, 'apps/soak.mjs'), file, String(total)]
  const child = start(process.execPath, args, { cwd: here })
  expect(await child.ended(240_000), child.log()).toBe(0)
  const { before, after, resumed, warnings } = JSON.parse(child.stdout())
  expect(warnings).toEqual([])
  // Nine of ten try; one of a hundred is refused, and fresh sessions are not always there yet.
  expect(resumed).toBeGreaterThan(total / 2)
  expect(after.listeners).toBe(before.listeners)
  expect(after.resources).toBeLessThanOrEqual(before.resources)
  // Between the two were nine tenths of the connections: a leak of 300 bytes in each would show.
  const limit = 0.9 * total * 300
  expect(after.heapUsed - before.heapUsed).toBeLessThan(limit)
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(limit)
}, 300_000)
