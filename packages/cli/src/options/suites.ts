/** What `--ciphers` names, and `--legacy`: the only place that opens the door to what is obsolete. */
import type { LegacyDoor } from 'handfast/legacy'
import { usageError } from '../exit.ts'
import { colorsFor, type Terminal } from '../terminal.ts'
import { isOfKeys, parseCipherSuites } from './names.ts'
import { suitesWithKeys } from './preShared.ts'

export interface Suites {
  /** Code points; undefined where none are named, nor a key that has suites of its own. */
  readonly ciphers: readonly number[] | undefined
  /** Undefined without `--legacy`. */
  readonly door: LegacyDoor | undefined
}

/** @throws CommandError (usage) for a suite that is not known */
export async function suitesFrom(
  {
    ciphers,
    legacy,
    psk,
  }: { readonly ciphers?: string; readonly legacy?: boolean; readonly psk?: string },
  terminal: Terminal,
): Promise<Suites> {
  const found = legacy ? await import('handfast/legacy') : undefined
  const withKeys = psk === undefined ? undefined : suitesWithKeys
  const named =
    ciphers === undefined ? withKeys : parseCipherSuites(ciphers, found?.LegacyCipherSuiteId)
  if (withKeys === undefined && named?.some((id) => isOfKeys(id)))
    throw usageError('Some of these cipher suites want a pre-shared key', '--psk FILE brings one.')
  if (found !== undefined) {
    const { yellow } = colorsFor(terminal, terminal.stderr)
    terminal.stderr.write(`${yellow(warning)}\n`)
  }
  return { ciphers: named, door: found?.legacy }
}

const warning =
  '! --legacy: TLS 1.1, TLS 1.0 and SSL 3.0 are broken (RFC 8996, RFC 7568), and so is 3DES. Use them to look, or for a device that knows nothing else, in a network of your own.'
