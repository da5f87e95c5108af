/** The few signs beyond ASCII that a transcript uses, and what stands in for them where the terminal has only ASCII. */
import type { Terminal } from '../terminal.ts'

export interface Glyphs {
  /** A message that anyone on the way can read. */
  readonly thin: string
  /** A message that is encrypted. */
  readonly thick: string
  readonly left: string
  readonly right: string
  readonly pass: string
  readonly fail: string
  readonly skip: string
  readonly to: string
  readonly branch: string
  readonly last: string
  readonly trunk: string
}

const unicode: Glyphs = {
  thin: '─',
  thick: '═',
  left: '◀',
  right: '▶',
  pass: '✓',
  fail: '✗',
  skip: '·',
  to: '→',
  branch: '├ ',
  last: '└ ',
  trunk: '│ ',
}

const ascii: Glyphs = {
  thin: '-',
  thick: '=',
  left: '<',
  right: '>',
  pass: '+',
  fail: 'x',
  skip: '.',
  to: '>',
  branch: '| ',
  last: '` ',
  trunk: '| ',
}

/** By the locale's character set, where the environment names one (POSIX: LC_ALL, then LC_CTYPE, then LANG). */
export function glyphsFor({ env }: Pick<Terminal, 'env'>): Glyphs {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG
  return locale && !/utf-?8/i.test(locale) ? ascii : unicode
}
