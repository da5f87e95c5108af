/**
 * The same generated connections against our engine, OpenSSL and Go: they accept and refuse the same, for the same kind of
 * reason, or the difference is explained. `DIFFERENTIAL_CASES=20000 npx vitest run conformance/differential` makes more.
 */
import { expect, it } from 'vitest'
import { tellFigures } from '../assurance/results.ts'
import { caseOf } from './cases.ts'
import { type Difference, explanationOf } from './differences.ts'
import { classOf } from './outcomes.ts'
import { goVictims, opensslVictims, ours, type Victims, width } from './victims.ts'

const count = Number(process.env.DIFFERENTIAL_CASES ?? 1000)
const first = Number(process.env.DIFFERENTIAL_SEED ?? 1)

async function compare(victims: Victims): Promise<void> {
  const explained = new Map<string, number>()
  const unexplained: string[] = []
  let accepted = 0
  let next = 0
  const work = async () => {
    while (next < count) {
      const seed = first + next++
      const aCase = caseOf(seed)
      const mine = await ours.meet(aCase)
      const met = await victims.meet(aCase)
      if (classOf(mine.outcome) === 'accepted') accepted++
      if (aCase.mutation.where === 'none')
        expect([mine.outcome, met.outcome], `${seed}`).toEqual(['accepted', 'accepted'])
      if (classOf(mine.outcome) === classOf(met.outcome)) continue
      const difference: Difference = {
        peer: victims.name,
        aCase,
        changed: met.changed ?? mine.changed,
        ours: mine.outcome,
        theirs: met.outcome,
      }
      const why = explanationOf(difference)
      if (why !== undefined) explained.set(why, (explained.get(why) ?? 0) + 1)
      else
        unexplained.push(
          `${seed}: ${aCase.configuration.name}, ${aCase.victim}, ${difference.changed}: ${aCase.mutation.how}: ${mine.outcome} here, ${met.outcome} there`,
        )
    }
  }
  await Promise.all(Array.from({ length: width }, work))
  const differences = [...explained.values()].reduce((sum, n) => sum + n, 0)
  tellFigures(`differential-${victims.name.split(/[ \d]/)[0]?.toLowerCase()}`, {
    against: victims.name,
    connections: count,
    'of which accepted': accepted,
    'met in another way, and explained': differences,
    unexplained: unexplained.length,
  })
  expect(unexplained).toEqual([])
  expect(accepted).toBeGreaterThan(count / 20)
}

it('OpenSSL', async () => {
  const victims = await opensslVictims()
  try {
    await compare(victims)
  } finally {
    victims.close()
  }
}, 900_000)

it('Go', async ({ skip }) => {
  const victims = await goVictims()
  skip(victims === undefined, 'Go is not installed')
  try {
    await compare(victims!)
  } finally {
    victims!.close()
  }
}, 900_000)
