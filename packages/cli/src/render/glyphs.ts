/** The signs beyond ASCII that a transcript uses, and what stands in for them where the terminal has only ASCII. */
import type { Terminal } from '../terminal.ts'

export const glyphs = {
  /** A message that anyone on the way can read. */
  thin: '─',
  /** A message that is encrypted. */
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
} as const

/** One character for one, so that nothing is moved. */
const replacements: Readonly<Record<string, string>> = {
  '─': '-',
  '═': '=',
  '◀': '<',
  '▶': '>',
  '✓': '+',
  '✗': 'x',
  '·': '.',
  '→': '>',
  '├': '|',
  '└': '`',
  '│': '|',
  '…': '~',
  '§': '#',
}

const replaced = new RegExp(`[${Object.keys(replacements).join('')}]`, 'g')

export function toAscii(text: string): string {
  return text.replace(replaced, (sign) => replacements[sign] ?? '?')
}

/** By the locale's character set, where the environment names one (POSIX: LC_ALL, then LC_CTYPE, then LANG). */
export function isAsciiOnly({ env }: Pick<Terminal, 'env'>): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG
  return locale !== undefined && locale !== '' && !/utf-?8/i.test(locale)
}
