/** The bytes of a message: a tree of fields, each with its place, its value and its bytes in hexadecimal. */
import type { MessageEvent } from 'handfast'
import { annotate, type Field } from 'handfast/trace'
import type { Paper } from './paper.ts'

/** Columns: offset and length, then the bytes, then the field. */
const bytesPerLine = 12
/** Lines of bytes of one field before they are cut. */
const mostLines = 6

export function messageBytes(paper: Paper, event: MessageEvent, indent: number): void {
  paper.gap()
  for (const field of annotate(event)) fieldBytes(paper, field, event.bytes, indent, 0)
  paper.gap()
}

function fieldBytes(
  paper: Paper,
  field: Field,
  all: Uint8Array,
  indent: number,
  depth: number,
): void {
  const { dim, red, cyan } = paper.colors
  const { name, start, end, problem, children } = field
  const place = start.toString(16).padStart(4, '0')
  const names = `${'  '.repeat(depth)}${name}`
  const isLeaf = children.length === 0
  const shown = isLeaf ? all.subarray(start, end) : all.subarray(start, start)
  const rows = hexRows(shown)
  const value = problem === undefined ? worthShowing(field) : problem
  const room = bytesPerLine * 3 - 1
  const column = indent + 6 + room + 2
  const labelWidth = Math.max(16, paper.width - column)
  const full = `${names}${value === undefined ? '' : `: ${value}`}`
  // What a field with fields of its own says, they say too.
  const label = !isLeaf && full.length > labelWidth ? names : full
  const paint = problem === undefined ? (isLeaf ? (text: string) => text : cyan) : red
  rows.forEach((row, index) => {
    const at = index === 0 ? place : ''
    paper.line(
      [
        { text: at.padEnd(6), style: dim },
        { text: row.padEnd(room + 2), style: dim },
        { text: index === 0 ? clip(label, labelWidth) : '', style: paint },
      ],
      indent,
    )
  })
  // A certificate's own tree is long: it is opened here like any other field.
  for (const child of children) fieldBytes(paper, child, all, indent, depth + 1)
}

function hexRows(bytes: Uint8Array): string[] {
  const rows: string[] = []
  for (let at = 0; at < bytes.length; at += bytesPerLine)
    rows.push(
      [...bytes.subarray(at, at + bytesPerLine)]
        .map((byte) => byte.toString(16).padStart(2, '0'))
        .join(' '),
    )
  if (rows.length > mostLines) {
    const cut = bytes.length - (mostLines - 1) * bytesPerLine
    return [...rows.slice(0, mostLines - 1), `… ${cut} bytes more`]
  }
  return rows.length === 0 ? [''] : rows
}

/** What the bytes beside it do not say already. */
function worthShowing({ value }: Field): string | undefined {
  return value === undefined || /^[0-9a-f]{8,}$/.test(value) ? undefined : value
}

function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}
