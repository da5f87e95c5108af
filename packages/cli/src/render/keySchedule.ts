/** The key schedule as a tree: what is made of what, by which step (RFC 8446 §7.1). */
import type { KeyScheduleEvent } from 'handfast'
import { explain } from 'handfast/trace'
import { glyphs } from './glyphs.ts'
import type { Paper } from './paper.ts'

interface Node {
  readonly event: KeyScheduleEvent
  readonly children: Node[]
}

export function renderKeySchedule(
  paper: Paper,
  events: readonly KeyScheduleEvent[],
  { explain: explaining }: { readonly explain: boolean },
): void {
  const [first] = events
  if (first === undefined) return
  paper.heading('The key schedule', `HKDF with ${first.hash.replace('sha', 'SHA-')}, RFC 8446 §7.1`)
  const roots = treeOf(events)
  const look = {
    explaining,
    stepAt: Math.max(...roots.map((root) => widthOf(root, 0))) + 2,
  }
  for (const root of roots) renderNode(paper, root, '', '', look)
}

interface Look {
  readonly explaining: boolean
  /** Columns from the tree's left side to where the steps are told. */
  readonly stepAt: number
}

/** Columns of the widest name, with what stands before it. */
function widthOf({ event, children }: Node, depth: number): number {
  return Math.max(
    depth * 2 + event.name.length,
    ...children.map((child) => widthOf(child, depth + 1)),
  )
}

/** A step hangs below the first of its inputs that another step made. */
function treeOf(events: readonly KeyScheduleEvent[]): Node[] {
  const roots: Node[] = []
  const latest = new Map<string, Node>()
  for (const event of events) {
    const node: Node = { event, children: [] }
    const parent = event.from.map((name) => latest.get(name)).find((found) => found !== undefined)
    ;(parent?.children ?? roots).push(node)
    latest.set(event.name, node)
  }
  return roots
}

function renderNode(
  paper: Paper,
  { event, children }: Node,
  stem: string,
  branch: string,
  look: Look,
): void {
  const { explaining, stepAt } = look
  const { dim, yellow, bold } = paper.colors
  const isSecret = event.operation === 'HKDF-Extract'
  const lead = `${stem}${branch}`
  const { name } = event
  paper.row(`${lead}${name}`, stepInWords(event), {
    column: 4 + stepAt,
    style: dim,
    labelStyle: () => `${dim(lead)}${isSecret ? bold(yellow(name)) : yellow(name)}`,
  })
  const below = stem + (branch === '' ? '' : branch === glyphs.last ? '  ' : glyphs.trunk)
  if (explaining && isSecret) {
    const text = explain(event)
    if (text !== undefined)
      paper.text(text, {
        indent: 4 + below.length + 2,
        style: (line) => paper.colors.italic(dim(line)),
      })
  }
  children.forEach((child, index) => {
    const isLast = index === children.length - 1
    renderNode(paper, child, below, isLast ? glyphs.last : glyphs.branch, look)
  })
}

/** `Extract(0, (EC)DHE)`, `"c hs traffic" over ClientHello…ServerHello` */
function stepInWords({ operation, from, label, transcript, length }: KeyScheduleEvent): string {
  if (operation === 'HKDF-Extract') return `Extract of ${from.join(' and ')}`
  const over =
    transcript === undefined || transcript.length === 0 ? '' : `, over ${range(transcript)}`
  return `"${label ?? ''}"${over}${operation === 'HKDF-Expand-Label' ? `, ${length} bytes` : ''}`
}

/** The messages in a transcript by the first and the last: `ClientHello…server Finished`. */
function range(messages: readonly string[]): string {
  const last = messages.at(-1) ?? ''
  // The server's Finished is the first of the two (RFC 8446 §2).
  const isSecond = messages.filter((name) => name === 'Finished').length > 1
  const end = last === 'Finished' ? `${isSecond ? 'client' : 'server'} Finished` : last
  return messages.length === 1 ? end : `${messages[0]}…${end}`
}
