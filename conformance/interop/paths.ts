/** Where the peers lie: see install.sh. */

import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const interopFolder = dirname(fileURLToPath(import.meta.url))
export const cacheFolder =
  process.env.HANDFAST_PEERS_CACHE ?? join(dirname(interopFolder), '.cache')

/** A program of one of Debian's newer suites that install.sh unpacked, if it is there. */
export function unpackedProgram(
  suite: 'unstable' | 'experimental' | 'testing',
  name: string,
): string | undefined {
  const path = join(cacheFolder, 'newer', suite, 'run', name)
  return existsSync(path) ? path : undefined
}

/** A program on the PATH, if it is there. */
export function systemProgram(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name)
    if (folder !== '' && existsSync(path)) return path
  }
  return undefined
}

/** Why a program of install.sh is absent, in words. */
export const notInstalled = (what: string) =>
  `${what} is not installed (conformance/interop/install.sh brings it)`
