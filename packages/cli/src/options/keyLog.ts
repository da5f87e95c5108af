/** The key log: lines that let Wireshark read what was recorded. Whoever has them can read it too. */
import { appendFileSync } from 'node:fs'
import { usageError } from '../exit.ts'
import type { Terminal } from '../terminal.ts'
import { reasonOf } from './files.ts'

/**
 * @param file of `--keylog`; SSLKEYLOGFILE names one too, as for browsers and curl
 * @returns what receives each line; undefined where nobody asked for it
 * @throws CommandError (usage) for a file that cannot be written
 */
export function keyLogTo(
  file: string | undefined,
  { env }: Pick<Terminal, 'env'>,
): ((line: string) => void) | undefined {
  const wanted = { '--keylog': file, SSLKEYLOGFILE: env.SSLKEYLOGFILE }
  const paths = new Set<string>()
  for (const [option, path] of Object.entries(wanted)) {
    if (!path) continue
    append(option, path, '')
    paths.add(path)
  }
  if (paths.size === 0) return undefined
  return (line) => {
    for (const path of paths) append('--keylog', path, `${line}\n`)
  }
}

function append(option: string, path: string, text: string): void {
  try {
    appendFileSync(path, text, { mode: 0o600 })
  } catch (error) {
    throw usageError(`${option}: ${path} cannot be written (${reasonOf(error)})`)
  }
}
