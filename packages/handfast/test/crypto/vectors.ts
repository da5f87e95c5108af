/** Vectors that others made (C2SP Wycheproof), from a folder beside the repository; absent on most machines. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = new URL('../../../../../shared/vectors/wycheproof/', import.meta.url)

export interface Vector {
  readonly tcId: number
  readonly comment?: string
  readonly flags: readonly string[]
  readonly result: 'valid' | 'invalid' | 'acceptable'
  readonly [field: string]: unknown
}

export interface VectorGroup<T extends Vector> {
  readonly tests: readonly T[]
  readonly [field: string]: unknown
}

export const haveVectors = existsSync(folder)

/** For the name of a test that is skipped. */
export const vectorsNote = haveVectors
  ? ''
  : ' (SKIPPED: no Wycheproof vectors beside the repository)'

export function readVectors<T extends Vector>(name: string): readonly VectorGroup<T>[] {
  const text = readFileSync(fileURLToPath(new URL(`${name}_test.json`, folder)), 'utf8')
  return JSON.parse(text).testGroups
}

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'))
}
