/** The key schedule as a tree: what is made of what, by which step (RFC 8446 §7.1). */
import type { KeyScheduleEvent } from 'handfast'
import { explain } from 'handfast/trace'
import type { Glyphs } from './glyphs.ts'
import type { Paper } from './paper.ts'

interface Node {
  readonly event: KeyScheduleEvent
  readonly children: Node[]
}

/** Where the step is told, beside the name. */
const stepAt = 50

export function renderKeySchedule(
  paper: Paper,
  events: readonly KeyScheduleEvent[],
  { glyphs, explain: explaining }: { readonly glyphs: Glyphs; readonly explain: boolean },
): void {
  const [first] = events
  if (first === undefined) return
  paper.heading('The key schedule', `HKDF with ${first.hash.toUpperCase()}, RFC 8446 §7.1`)
  for (const root of treeOf(events)) {
    renderNode(paper, root, '', '', glyphs, explaining)
  }
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
  glyphs: Glyphs,
  explaining: boolean,
): void {
  const { dim, yellow, bold } = paper.colors
  const isSecret = event.operation === 'HKDF-Extract'
  const lead = `${stem}${branch}`
  const name = `${event.name}`
  paper.line(
    [
      { text: lead, style: dim },
      { text: name, style: isSecret ? (text) => bold(yellow(text)) : yellow },
      { text: ' '.repeat(Math.max(1, stepAt - 4 - lead.length - name.length)) },
      { text: stepInWords(event), style: dim },
    ],
    4,
  )
  const below = stem + (branch === '' ? '' : branch === glyphs.last ? '   ' : glyphs.trunk)
  if (explaining && isSecret) {
    const text = explain(event)
    if (text !== undefined)
      paper.text(text, { indent: 4 + below.length + 3, style: paper.colors.italic })
  }
  children.forEach((child, index) => {
    const isLast = index === children.length - 1
    renderNode(paper, child, below, isLast ? glyphs.last : glyphs.branch, glyphs, explaining)
  })
}

/** `Extract(0, (EC)DHE)`, `"c hs traffic" over ClientHello…ServerHello` */
function stepInWords({ operation, from, label, transcript, length }: KeyScheduleEvent): string {
  if (operation === 'HKDF-Extract') return `Extract of ${from.join(' and ')}`
  const messages = transcript ?? []
  const over =
    messages.length === 0
      ? ''
      : messages.length === 1
        ? `, over ${messages[0]}`
        : `, over ${messages[0]}…${messages.at(-1)}`
  return `"${label ?? ''}"${over}${operation === 'HKDF-Expand-Label' ? `, ${length} bytes` : ''}`
}
