/** A server of `handfast/node` with ten thousand clients at once, most of them bad. `LOAD=2000` makes fewer of them. */
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { tellFigures } from '../assurance/results.ts'
import { Programs } from './programs.ts'

const total = Number(process.env.LOAD ?? 10_000)
const part = (share: number) => Math.floor(total * share)
const programs = new Programs()

interface Look {
  readonly heap: number
  readonly buffers: number
  readonly resident: number
  readonly secure: number
  readonly refused: number
  readonly most: number
  readonly open: number
  readonly files: number
  readonly unhandled: readonly string[]
}

interface Pace {
  readonly echo: number
  readonly echoWorst: number
  readonly handshake: number
  readonly handshakeWorst: number
}

beforeAll(() => programs.build('server', 'crowd'), 60_000)
afterAll(() => programs.close())

it('ten thousand clients, most of them bad, cost little and hold up nobody', async ({ skip }) => {
  skip(!existsSync('/proc/self/fd'), 'open files are counted in /proc')
  // Longer than it takes them all to come: they are there together.
  const server = programs.start('server', ['30000'])
  const port = await server.ask<number>('port')
  const crowd = programs.start('crowd')
  const good = programs.start('crowd')
  const calm = await good.ask<Pace>('probe', { port, times: 40 })
  const before = await server.ask<Look>('look')
  const kinds = {
    silent: part(0.2),
    stopping: part(0.45),
    dripping: part(0.2),
    halfClosing: part(0.05),
    resetting: part(0.045),
    flooding: part(0.005),
    filling: 20,
    good: part(0.05) - 20,
  }
  const started = performance.now()
  await crowd.ask('come', { port, crowd: kinds })
  const seconds = (performance.now() - started) / 1000
  const crowded = await server.ask<Look>('look')
  const pace = await good.ask<Pace>('probe', { port, times: 40 })
  const { flooded } = await crowd.ask<{ flooded: number }>('look')

  // Those who did not finish a handshake lose their place; the others keep it.
  const honest = kinds.good + kinds.filling
  const end = Date.now() + 60_000
  let later = crowded
  while (later.open > honest + 2 && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 500))
    later = await server.ask<Look>('look')
  }
  await crowd.ask('leave')
  // The program that did not read looks again: only now it can see that they are gone.
  await server.ask('read')
  let after = later
  while (after.open > 0 && Date.now() < end + 10_000) after = await server.ask<Look>('look')
  const still = await good.ask<Pace>('probe', { port, times: 10 })

  const perPeer = (crowded.heap + crowded.buffers - before.heap - before.buffers) / crowded.open
  tellFigures('load', {
    'clients at once': crowded.most,
    'seconds until all had come': seconds.toFixed(1),
    'memory for each, KiB': (perPeer / 1024).toFixed(1),
    'an answer takes, ms (alone, in the crowd)': `${calm.echo.toFixed(1)}, ${pace.echo.toFixed(1)}`,
    'a connection and an answer take, ms (alone, in the crowd)': `${calm.handshake.toFixed(1)}, ${pace.handshake.toFixed(1)}`,
    'unhandled errors': after.unhandled.length,
  })
  expect(after.unhandled).toEqual([])
  expect(server.ended).toBeUndefined()
  // Floods and resets are over at once; all others were there together.
  expect(crowded.most).toBeGreaterThan(total * 0.85)
  // The good and the filling ones stay, the others were told to go, each of them once.
  expect(later.open).toBeLessThanOrEqual(honest + 2)
  expect(later.open).toBeGreaterThanOrEqual(honest)
  expect(later.refused).toBeGreaterThanOrEqual(total - honest - kinds.resetting)
  // What 20 peers could make it keep of what nobody reads is bounded, and so is what all the others cost.
  expect(flooded).toBeLessThan(20 * 16 * 2 ** 20)
  expect(perPeer).toBeLessThan(64 * 1024)
  // In a crowd a place in the queue is what is waited for.
  expect(pace.echo).toBeLessThan(250)
  expect(pace.handshake).toBeLessThan(1000)
  expect(still.echo).toBeLessThan(250)
  expect(after.open).toBe(0)
  expect(after.files).toBeLessThanOrEqual(before.files + 5)
  expect(after.heap - before.heap).toBeLessThan(20 * 2 ** 20)
}, 180_000)
