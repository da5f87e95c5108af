/** What `--ciphers` names, and `--legacy`: the only place that opens the door to what is obsolete. */
import type { LegacyDoor } from 'handfast/legacy'
import { colorsFor, type Terminal } from '../terminal.ts'
import { parseCipherSuites } from './names.ts'

export interface Suites {
  /** Code points; undefined where none are named. */
  readonly ciphers: readonly number[] | undefined
  /** Undefined without `--legacy`. */
  readonly door: LegacyDoor | undefined
}

/** @throws CommandError (usage) for a suite that is not known */
export async function suitesFrom(
  { ciphers, legacy }: { readonly ciphers?: string; readonly legacy?: boolean },
  terminal: Terminal,
): Promise<Suites> {
  const found = legacy ? await import('handfast/legacy') : undefined
  const named =
    ciphers === undefined ? undefined : parseCipherSuites(ciphers, found?.LegacyCipherSuiteId)
  if (found !== undefined) {
    const { yellow } = colorsFor(terminal, terminal.stderr)
    terminal.stderr.write(`${yellow(warning)}\n`)
  }
  return { ciphers: named, door: found?.legacy }
}

const warning =
  '! --legacy: TLS 1.1, TLS 1.0 and SSL 3.0 are broken (RFC 8996, RFC 7568), and so is 3DES. Use them to look, or for a device that knows nothing else, in a network of your own.'
