/** What the matrix did, kept in the cache for table.mjs, which writes docs/interop.md. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from './paths.ts'

export interface CaseResult {
  readonly direction: string
  /** Place among the cases of its direction. */
  readonly index: number
  /** Where it is not TLS 1.3. */
  readonly version?: string
  readonly axis: string
  readonly value: string
  readonly outcome: 'passed' | 'failed' | 'not supported'
  /** Why it is not supported, and how that is known; or what failed. */
  readonly reason?: string
}

export interface PeerResult {
  readonly peer: string
  readonly version: string
  readonly source: string
  /** Why the peer did not take part at all. */
  readonly absent?: string
  readonly cases: readonly CaseResult[]
}

export const resultsFolder = join(cacheFolder, 'results')

export function writeResult(result: PeerResult): void {
  mkdirSync(resultsFolder, { recursive: true })
  const file = `${result.peer.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.json`
  writeFileSync(join(resultsFolder, file), `${JSON.stringify(result, null, 2)}\n`)
}
