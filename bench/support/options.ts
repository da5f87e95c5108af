/** The options that every benchmark of whole connections takes. */
import { parseArgs } from 'node:util'
import type { Clock } from './measure.ts'
import { takenBy, wantedBy } from './wanted.ts'

export interface BenchOptions {
  /** A file for the result, as JSON. */
  readonly json: string | undefined
  /** Whether a measure of this name is wanted. */
  readonly wants: (name: string) => boolean
  /** Whether an implementation of this name takes part; one alone is for a profile. */
  readonly takes: (by: string) => boolean
  readonly rounds: number
  /** Of one measurement. */
  readonly seconds: number
  /** Milliseconds of processor time for the compiler, before the rounds: half of a handshake's first second is compiling. */
  readonly warmup: number
  readonly clock: Clock
}

export function benchOptions(defaults: {
  rounds: number
  seconds: number
  warmup: number
}): BenchOptions {
  const { values } = parseArgs({
    options: {
      json: { type: 'string' },
      only: { type: 'string', default: '' },
      by: { type: 'string' },
      rounds: { type: 'string', default: String(defaults.rounds) },
      seconds: { type: 'string', default: String(defaults.seconds) },
      warmup: { type: 'string', default: String(defaults.warmup) },
      clock: { type: 'string', default: 'cpu' },
      // What a process that helps this one is told; see processes.ts.
      role: { type: 'string' },
    },
  })
  return {
    json: values.json,
    wants: wantedBy(values.only),
    takes: takenBy(values.by),
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    warmup: Number(values.warmup),
    clock: values.clock as Clock,
  }
}
