/** What each run of a test says in figures; `npm run conformance:figures` writes them into docs/assurance.md. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @param figures by what they count, in the words of the document
 * @param long true for a run that a command makes and `npm test` does not: it has a row of its own, which no short one replaces
 */
export function tellFigures(
  name: string,
  figures: Readonly<Record<string, string | number>>,
  { long = false }: { readonly long?: boolean } = {},
): void {
  const folder = join(import.meta.dirname, '..', '.cache', 'assurance')
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, `${name}${long ? '-long' : ''}.json`),
    `${JSON.stringify({ node: process.version, date: new Date().toISOString().slice(0, 10), figures }, null, 2)}\n`,
  )
}
