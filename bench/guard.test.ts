/** What the guard of the benchmark lets pass, and what not. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { baselineFor, guarded, regressions } from './support/guard.mjs'

const baseline: Record<string, Record<string, number>> = JSON.parse(
  readFileSync(new URL('baseline.json', import.meta.url), 'utf8'),
)
const units: Record<string, string> = {
  handshakes: '1/s',
  bulk: 'MB/s',
  echo: 'µs',
  memory: 'KiB',
}

/** What would be measured if handfast were so many times slower, or took so many times the memory. */
function measured(slower: number, node: string) {
  return Object.entries<number>(baselineFor(baseline, node)).map(([name, ratio]) => {
    const unit = units[name.split(/\W/)[0]!]!
    return { name, unit, ratio: unit.endsWith('/s') ? ratio / slower : ratio * slower }
  })
}

describe('the guard against regressions', () => {
  test.each(['20.20.0', '22.1.0', '24.0.0', '26.10.0', '28.0.0', '18.0.0'])(
    'on Node %s',
    (node) => {
      const ratios = baselineFor(baseline, node)
      expect(guarded).toEqual(expect.arrayContaining(Object.keys(ratios)))
      expect(Object.keys(ratios).length).toBeGreaterThan(3)
      expect(regressions(measured(1, node), ratios)).toEqual([])
      expect(regressions(measured(1.25, node), ratios)).toEqual([])
      expect(regressions(measured(0.5, node), ratios)).toEqual([])
      expect(
        regressions(measured(1.5, node), ratios)
          .map(({ name }) => name)
          .sort(),
      ).toEqual(Object.keys(ratios).sort())
    },
  )

  test('says what was measured and what was expected', () => {
    const [slow] = regressions([{ name: 'a', unit: '1/s', ratio: 0.5 }], { a: 0.8 })
    expect(slow!.text).toBe('a: 0.50 times node:tls, where 0.80 was measured before')
  })
})
