/** The soak, for a moment: `npm run conformance:soak -- --minutes 60` goes on for longer. */
import { expect, it } from 'vitest'
import { main, slopeOf } from './main.ts'

it('sees a leak', () => {
  const samples = Array.from({ length: 20 }, (_, i) => ({
    connections: i * 100,
    bytes: 5_000_000 + i * 100 * 300 + (i % 2) * 10_000,
  }))
  expect(slopeOf(samples)).toBeGreaterThan(250)
  expect(slopeOf(samples)).toBeLessThan(350)
})

it('memory does not grow with the connections', async () => {
  expect(await main(['--minutes', '0.25'])).toBe(0)
}, 180_000)
