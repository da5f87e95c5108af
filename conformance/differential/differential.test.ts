/** The comparison with other implementations, short: `npm run conformance:differential` makes thousands of connections. */
import { expect, it } from 'vitest'
import { judge, peers } from './main.ts'

for (const [name, start] of Object.entries(peers))
  it(name, async ({ skip }) => {
    const victims = await start()
    if (typeof victims === 'string') return skip(victims)
    try {
      expect(await judge(name, victims, { count: 400 })).toBe(true)
    } finally {
      victims.close()
    }
  }, 900_000)
