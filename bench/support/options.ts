/** The options that every benchmark of whole connections takes. */
import { parseArgs } from 'node:util'
import type { Clock } from './measure.ts'

export interface BenchOptions {
  /** A file for the result, as JSON. */
  readonly json: string | undefined
  /** Whether a measure of this name is wanted. */
  readonly wants: (name: string) => boolean
  /** One implementation alone, for a profile. */
  readonly by: string | undefined
  readonly rounds: number
  /** Of one measurement. */
  readonly seconds: number
  readonly clock: Clock
}

export function benchOptions(defaults: { rounds: number; seconds: number }): BenchOptions {
  const { values } = parseArgs({
    options: {
      json: { type: 'string' },
      only: { type: 'string', default: '' },
      by: { type: 'string' },
      rounds: { type: 'string', default: String(defaults.rounds) },
      seconds: { type: 'string', default: String(defaults.seconds) },
      clock: { type: 'string', default: 'cpu' },
      // What a process that helps this one is told; see processes.ts.
      role: { type: 'string' },
    },
  })
  return {
    json: values.json,
    wants: wantedBy(values.only),
    by: values.by,
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    clock: values.clock as Clock,
  }
}

/** @param only texts between bars: a name has one of them, or is one that ends in `$` */
export function wantedBy(only: string): (name: string) => boolean {
  const texts = only.split('|')
  return (name) =>
    texts.some((text) => (text.endsWith('$') ? `${name}$` === text : name.includes(text)))
}
