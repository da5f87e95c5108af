/** The transfers, short: `npm run conformance:transfer` sends many GiB. */
import { expect, it } from 'vitest'
import { main } from './main.ts'

it('bytes arrive as they were sent, through key updates, in both directions', async () => {
  const some = ['--only', 'handfast and handfast', '--only', 'TLS_AES_128']
  expect(await main(['--gib', '0.015625', ...some])).toBe(0)
}, 600_000)
