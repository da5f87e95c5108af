/** What failures the sources can name: each `new TlsError(code, message)`, as a pattern of its message. */
import { readdirSync, readFileSync } from 'node:fs'

export interface Site {
  readonly file: string
  readonly line: number
  readonly code: string
  readonly pattern: RegExp
}

const root = new URL('../../../src/', import.meta.url)
const folders = ['codec', 'handshake', 'keys', 'record', 'session']

/**
 * Every site of the engine, but for TLS 1.2's, which has tests of its own (test/tls12). One whose message is made elsewhere
 * has no pattern, and is left out.
 */
export function failureSites(
  belongs: (file: string) => boolean = (file) => !file.endsWith('12.ts'),
): readonly Site[] {
  const files = folders
    .flatMap((folder) =>
      readdirSync(new URL(folder, root), { recursive: true }).map((file) => `${folder}/${file}`),
    )
    .filter((file) => file.endsWith('.ts') && belongs(file))
  return [...['connection.ts'].filter(belongs), ...files].flatMap(sitesOf)
}

function sitesOf(file: string): Site[] {
  const source = readFileSync(new URL(file, root), 'utf8')
  const sites: Site[] = []
  for (const found of source.matchAll(/new TlsError\(\s*'(ERR_\w+)',/g)) {
    const start = found.index + found[0].length
    const line = source.slice(0, found.index).split('\n').length
    for (const pattern of literalsOf(source, start))
      sites.push({ file, line, code: found[1]!, pattern })
  }
  return sites
}

/** The string and template literals of an argument, from `at` to its comma or parenthesis. */
function literalsOf(source: string, at: number): RegExp[] {
  const patterns: RegExp[] = []
  for (let depth = 0; at < source.length; at++) {
    const character = source[at]!
    if (character === "'" || character === '"') {
      const end = source.indexOf(character, at + 1)
      patterns.push(new RegExp(`^${escaped(source.slice(at + 1, end))}$`))
      at = end
    } else if (character === '`') {
      const { pattern, end } = templateAt(source, at)
      patterns.push(new RegExp(`^${pattern}$`, 's'))
      at = end
    } else if ('([{'.includes(character)) depth++
    else if (character === ')' && depth === 0) break
    else if (')]}'.includes(character)) depth--
    else if (character === ',' && depth === 0) break
  }
  return patterns
}

/** A template literal: what stands between braces may be anything. */
function templateAt(source: string, start: number): { pattern: string; end: number } {
  let pattern = ''
  let at = start + 1
  for (; source[at] !== '`'; at++) {
    if (source[at] !== '$' || source[at + 1] !== '{') {
      pattern += escaped(source[at]!)
      continue
    }
    pattern += '.*'
    for (let depth = 0; ; at++) {
      if (source[at] === '{') depth++
      else if (source[at] === '}' && --depth === 0) break
      else if (source[at] === '`') at = templateAt(source, at).end
    }
  }
  return { pattern, end: at }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
