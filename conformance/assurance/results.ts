/** What each run of a test says in figures; `npm run conformance:figures` writes them into docs/assurance.md. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** @param figures by what they count, in the words of the document */
export function tellFigures(
  name: string,
  figures: Readonly<Record<string, string | number>>,
): void {
  const folder = join(import.meta.dirname, '..', '.cache', 'assurance')
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, `${name}.json`),
    `${JSON.stringify({ node: process.version, date: new Date().toISOString().slice(0, 10), figures }, null, 2)}\n`,
  )
}
