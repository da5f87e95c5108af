/**
 * `npm run conformance:differential -- [--cases N] [--first SEED] [--peer openssl|go|rustls …] [--list]`: the same generated
 * connections against our engine and against others. They accept and refuse the same, for the same kind of reason, or the
 * difference is explained; `--list` prints the explained ones too. An interrupt ends a run early, with what it has.
 */
import { parseArgs } from 'node:util'
import { tellFigures } from '../assurance/results.ts'
import { caseOf } from './cases.ts'
import { type Difference, explanationOf } from './differences.ts'
import { classOf } from './outcomes.ts'
import { goVictims, opensslVictims, ours, rustlsVictims, type Victims, width } from './victims.ts'

export const peers = { openssl: opensslVictims, go: goVictims, rustls: rustlsVictims }
/** More than `npm test` makes. */
const manyCases = 2000

interface Report {
  readonly connections: number
  /** Of all cases, those in which our engine accepted. */
  readonly accepted: number
  /** Cases by what explains the difference. */
  readonly explained: ReadonlyMap<string, readonly string[]>
  readonly unexplained: readonly string[]
  /** Unexplained the first time, and not the second: what is random in a connection decides, or the machine is slow. */
  readonly once: readonly string[]
  /** Cases by the kind of connection. */
  readonly kinds: Readonly<Record<string, number>>
}

const kinds: Readonly<Record<string, (aCase: ReturnType<typeof caseOf>) => boolean>> = {
  'TLS 1.2': ({ configuration }) => configuration.version === 0x0303,
  resumption: ({ configuration }) => configuration.resumes,
  'early data': ({ configuration }) => configuration.earlyData,
  'client certificates': ({ configuration }) => configuration.clientAuth !== 'none',
  HelloRetryRequest: ({ configuration }) => configuration.retry,
  'external keys': ({ configuration }) => configuration.psk !== 'none',
  'flawed from the start': ({ configuration }) => configuration.flaw !== undefined,
}

async function compare(
  victims: Victims,
  count: number,
  first: number,
  say: (line: string) => void,
): Promise<Report> {
  const explained = new Map<string, string[]>()
  const unexplained: string[] = []
  const once: string[] = []
  const counted = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, 0]))
  let accepted = 0
  let seed = first
  let begun = 0
  let done = 0
  let enough = false
  const stop = () => {
    enough = true
  }
  process.once('SIGINT', stop)
  const work = async () => {
    while (begun < count && !enough) {
      const aCase = caseOf(seed++)
      if (!victims.can(aCase.configuration)) continue
      begun++
      for (const [kind, is] of Object.entries(kinds)) if (is(aCase)) counted[kind]!++
      let met = await meet(aCase)
      if (met.verdict === 'unexplained') {
        say(`? ${met.told}`)
        met = await meet(aCase)
        if (met.verdict === 'unexplained') {
          unexplained.push(met.told)
          say(`✗ ${met.told}`)
        } else once.push(met.told)
      }
      if (met.accepted) accepted++
      if (met.verdict === 'explained')
        explained.set(met.why, [...(explained.get(met.why) ?? []), met.told])
      if (++done % 500 === 0)
        say(`${victims.name}: ${done} of ${count}, ${unexplained.length} unexplained`)
    }
  }
  /** With other keys and numbers each time. */
  const meet = async (aCase: ReturnType<typeof caseOf>) => {
    const mine = await ours.meet(aCase)
    const theirs = await victims.meet(aCase, mine.outcome)
    const { seed: number, configuration, mutation, victim } = aCase
    const difference: Difference = {
      peer: victims.name,
      aCase,
      changedHere: mine.changed,
      changedThere: theirs.changed,
      ours: mine.outcome,
      theirs: theirs.outcome,
    }
    const told = `${number}: ${configuration.name}; ${victim}; ${theirs.changed ?? mine.changed}: ${mutation.how}: ${mine.outcome} here, ${theirs.outcome} there`
    const right =
      mutation.where === 'none' &&
      configuration.flaw === undefined &&
      ['none', 'known'].includes(configuration.psk)
    const both = [mine.outcome, theirs.outcome]
    const same = right
      ? both.every((outcome) => outcome === 'accepted')
      : classOf(mine.outcome) === classOf(theirs.outcome)
    const why = right ? undefined : explanationOf(difference)
    const accepted = classOf(mine.outcome) === 'accepted'
    if (same) return { verdict: 'same', accepted, told } as const
    if (why !== undefined) return { verdict: 'explained', accepted, told, why } as const
    return { verdict: 'unexplained', accepted, told } as const
  }
  await Promise.all(Array.from({ length: width }, work))
  process.removeListener('SIGINT', stop)
  return { connections: done, accepted, explained, unexplained, once, kinds: counted }
}

/** Compares, prints and tells the figures. @returns whether nothing is left unexplained */
export async function judge(
  name: string,
  victims: Victims,
  { count, first = 1, list = false }: { count: number; first?: number; list?: boolean },
): Promise<boolean> {
  const report = await compare(victims, count, first, (line) => console.log(line))
  const { accepted, connections, explained, once, unexplained } = report
  const differences = [...explained.values()].flat().length
  tellFigures(
    `differential-${name}`,
    {
      against: victims.name,
      connections,
      'of which accepted': accepted,
      ...report.kinds,
      'met in another way, and explained': differences,
      'unexplained once, but not when repeated': once.length,
      unexplained: unexplained.length,
    },
    { long: connections >= manyCases },
  )
  if (list)
    for (const [why, cases] of explained)
      console.log([`${cases.length}: ${why}`, ...cases].join('\n    '))
  // Where hardly anything is accepted, something else is wrong than what was changed.
  const good = unexplained.length === 0 && accepted >= connections / 20
  console.log(
    `${good ? '✓' : '✗'} ${victims.name}: ${connections} connections, ${accepted} accepted, ${differences} met in another way and explained, ${unexplained.length} unexplained`,
  )
  return good
}

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cases: { type: 'string', default: '8000' },
      first: { type: 'string', default: '1' },
      peer: { type: 'string', multiple: true, default: Object.keys(peers) },
      list: { type: 'boolean', default: false },
    },
  })
  const [count, first] = [Number(values.cases), Number(values.first)]
  const named = Object.entries(peers).filter(([name]) => values.peer.includes(name))
  if (!(count > 0) || !Number.isInteger(first) || named.length === 0) {
    console.error(
      `--cases is a number above 0, --first a whole one, --peer ${Object.keys(peers).join(', ')}`,
    )
    return 2
  }
  let good = true
  for (const [name, start] of named) {
    const victims = await start()
    if (typeof victims === 'string') {
      console.log(`- ${name}: ${victims}`)
      continue
    }
    try {
      good = (await judge(name, victims, { count, first, list: values.list })) && good
    } finally {
      victims.close()
    }
  }
  return good ? 0 : 1
}
