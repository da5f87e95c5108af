/**
 * Lines of text of a given width. Everything that is printed goes through here, so that two things hold everywhere:
 * nothing is wider than the paper, and nothing that a peer says reaches the terminal as a command of its own.
 */
import type { Colors } from '../terminal.ts'
import { glyphs, toAscii } from './glyphs.ts'

export type Style = (text: string) => string

export interface Piece {
  readonly text: string
  readonly style?: Style
}

/** Characters that steer a terminal or turn the order of text: C0, C1, and the bidirectional controls. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const steering = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Makes text of a peer's harmless to look at. */
export function harmless(text: string): string {
  return text.replace(steering, (character) => {
    const code = character.charCodeAt(0)
    return code > 0xff
      ? `\\u${code.toString(16).padStart(4, '0')}`
      : `\\x${code.toString(16).padStart(2, '0')}`
  })
}

/** Breaks text at spaces; a word longer than a line is cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of harmless(text).split(' ')) {
    let rest = word
    if (line !== '' && line.length + 1 + rest.length > width) {
      lines.push(line)
      line = ''
    } else if (line !== '') {
      line += ` ${rest}`
      continue
    }
    while (rest.length > width) {
      lines.push(rest.slice(0, width))
      rest = rest.slice(width)
    }
    line = rest
  }
  if (line !== '' || lines.length === 0) lines.push(line)
  return lines
}

const plain: Style = (text) => text

export class Paper {
  readonly colors: Colors
  readonly width: number
  readonly #ascii: boolean
  readonly #lines: string[] = []
  /** The line below the last heading. */
  #rule: string | undefined

  /** @param width columns. @param ascii true where the terminal has nothing beyond ASCII */
  constructor(colors: Colors, width: number, ascii = false) {
    this.colors = colors
    this.width = width
    this.#ascii = ascii
  }

  /** What was written, each line with its end. */
  toString(): string {
    const text = this.#lines.map((line) => `${line.trimEnd()}\n`).join('')
    return this.#ascii ? toAscii(text) : text
  }

  /** An empty line, unless there is one already, or a heading. */
  gap(): void {
    const last = this.#lines.at(-1)
    if (last !== undefined && last !== '' && last !== this.#rule) this.#lines.push('')
  }

  /** A paragraph. @param indent columns */
  text(text: string, { indent = 2, style = plain }: { indent?: number; style?: Style } = {}): void {
    for (const line of wrap(text, this.width - indent)) this.#put(indent, style(line))
  }

  /** A line that may be wider than the paper, for what is copied from it as a whole. */
  verbatim(text: string, { indent = 2 }: { indent?: number } = {}): void {
    this.#put(indent, harmless(text))
  }

  /** A label and its value, which may take several lines. @param column where the value begins */
  row(
    label: string,
    value: string,
    { indent = 4, column = 24, style = plain, labelStyle = this.colors.dim as Style } = {},
  ): void {
    const room = column - indent - 1
    const [first = '', ...others] = wrap(value, this.width - column)
    const name = harmless(label)
    if (name.length > room) {
      this.#put(indent, labelStyle(name))
      this.#put(column, style(first))
    } else
      this.#put(indent, `${labelStyle(name)}${' '.repeat(room + 1 - name.length)}${style(first)}`)
    for (const line of others) this.#put(column, style(line))
  }

  /** Pieces one after the other, on one line; what does not fit is cut. */
  line(pieces: readonly Piece[], indent = 2): void {
    let left = this.width - indent
    let line = ''
    for (const { text, style = plain } of pieces) {
      const shown = harmless(text).slice(0, left)
      left -= shown.length
      line += shown === '' ? '' : style(shown)
    }
    this.#put(indent, line)
  }

  /** Something at the left end of a line and something at the right. */
  ends(left: Piece, right: Piece, { indent = 2, fill = ' ', fillStyle = plain } = {}): void {
    const rightText = harmless(right.text)
    const leftText = harmless(left.text).slice(0, this.width - indent - rightText.length - 1)
    const room = this.width - indent - leftText.length - rightText.length
    const between = fillStyle(fill.repeat(Math.max(1, room)))
    this.#put(
      indent,
      `${(left.style ?? plain)(leftText)}${between}${(right.style ?? plain)(rightText)}`,
    )
  }

  /** The title of a part. */
  heading(title: string, remark = ''): void {
    const { bold, dim } = this.colors
    this.gap()
    this.ends({ text: title, style: bold }, { text: remark, style: dim })
    this.#put(2, dim(glyphs.thin.repeat(this.width - 2)))
    this.#rule = this.#lines.at(-1)
  }

  #put(indent: number, line: string): void {
    this.#lines.push(`${' '.repeat(indent)}${line}`)
  }
}
