/** The soak, for a moment: `npm run conformance:soak -- --minutes 60` goes on for longer. */
import { expect, it } from 'vitest'
import { main, slopeOf } from './main.ts'

it('sees a leak', () => {
  const samples = Array.from({ length: 20 }, (_, i) => ({
    connections: i * 100,
    held: 5_000_000 + i * 100 * 300 + (i % 2) * 10_000,
    resident: 50_000_000,
  }))
  expect(slopeOf(samples, 'held')).toBeGreaterThan(250)
  expect(slopeOf(samples, 'held')).toBeLessThan(350)
  expect(slopeOf(samples, 'resident')).toBe(0)
})

it('memory does not grow with the connections', async () => {
  expect(await main(['--minutes', '0.25'])).toBe(0)
}, 180_000)
