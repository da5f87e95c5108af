/** The key schedule as a tree: what is made of what, by which step (RFC 8446 §7.1; RFC 5246 §6.3, §8.1). */
import type { KeyScheduleEvent } from 'handfast'
import { explain, explainField } from 'handfast/trace'
import { glyphs } from './glyphs.ts'
import type { Paper } from './paper.ts'

interface Node {
  readonly name: string
  /** The step, in words. */
  readonly step: string
  /** One of the secrets that the others hang on. */
  readonly isSecret: boolean
  /** What a newcomer is told of it. */
  readonly explanation: string | undefined
  readonly children: Node[]
}

/** How the connection came to the secret that goes in first, up to TLS 1.2. */
export interface Beginning {
  readonly keyExchange?: string
  readonly resumed: boolean
}

export function renderKeySchedule(
  paper: Paper,
  events: readonly KeyScheduleEvent[],
  { explain: explaining, ...beginning }: Beginning & { readonly explain: boolean },
): void {
  const [first] = events
  if (first === undefined) return
  const hash = first.hash.replace('sha', 'SHA-')
  paper.heading(
    'The key schedule',
    first.operation === 'PRF'
      ? `PRF with ${hash}, RFC 5246 §5, §6.3, §8.1`
      : `HKDF with ${hash}, RFC 8446 §7.1`,
  )
  const roots = treeOf(events, beginning)
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
function widthOf({ name, children }: Node, depth: number): number {
  return Math.max(depth * 2 + name.length, ...children.map((child) => widthOf(child, depth + 1)))
}

/** A step hangs below the first of its inputs that another step made; of TLS 1.2 the first input hangs there too. */
function treeOf(events: readonly KeyScheduleEvent[], beginning: Beginning): Node[] {
  const roots: Node[] = []
  const latest = new Map<string, Node>()
  let cut = 0
  for (const event of events) {
    const { name, operation, from, length } = event
    let parent = from.map((input) => latest.get(input)).find((found) => found !== undefined)
    if (parent === undefined && operation === 'PRF') {
      parent = inputNode(from[0] ?? '', beginning)
      latest.set(parent.name, parent)
      roots.push(parent)
    }
    // The key block is cut from its beginning on.
    if (name === 'key_block') cut = 0
    const node: Node = {
      name,
      step: operation === 'partition' ? `bytes ${cut} to ${cut + length - 1}` : stepInWords(event),
      isSecret: operation === 'HKDF-Extract' || name === 'master_secret',
      explanation: operation === 'HKDF-Extract' || operation === 'PRF' ? explain(event) : undefined,
      children: [],
    }
    if (operation === 'partition') cut += length
    ;(parent?.children ?? roots).push(node)
    latest.set(name, node)
  }
  return roots
}

/** By the key exchange, where the premaster secret is from. */
const origins: Readonly<Record<string, string>> = {
  ECDHE: 'computed by both sides, of the own private and the other public key (ECDHE)',
  DHE: 'computed by both sides, of the own private and the other public key (DHE)',
  RSA: "made by the client, sent encrypted with the server's key (RSA), 48 bytes",
  PSK: 'the key that both sides had before',
  ECDHE_PSK: 'computed by both sides (ECDHE), with the key that they had before',
}

function inputNode(name: string, { keyExchange = '', resumed }: Beginning): Node {
  return {
    name,
    step: resumed ? 'of the session that is resumed' : (origins[keyExchange] ?? ''),
    isSecret: true,
    explanation: resumed ? undefined : explainField(name),
    children: [],
  }
}

function renderNode(
  paper: Paper,
  { name, step, isSecret, explanation, children }: Node,
  stem: string,
  branch: string,
  look: Look,
): void {
  const { explaining, stepAt } = look
  const { dim, yellow, bold } = paper.colors
  const lead = `${stem}${branch}`
  paper.row(`${lead}${name}`, step, {
    column: 4 + stepAt,
    style: dim,
    labelStyle: () => `${dim(lead)}${isSecret ? bold(yellow(name)) : yellow(name)}`,
  })
  const below = stem + (branch === '' ? '' : branch === glyphs.last ? '  ' : glyphs.trunk)
  if (explaining && explanation !== undefined)
    paper.text(explanation, {
      indent: 4 + below.length + 2,
      style: (line) => paper.colors.italic(dim(line)),
    })
  children.forEach((child, index) => {
    const isLast = index === children.length - 1
    renderNode(paper, child, below, isLast ? glyphs.last : glyphs.branch, look)
  })
}

/** `Extract(0, (EC)DHE)`, `"c hs traffic" over ClientHello…ServerHello` */
function stepInWords(event: KeyScheduleEvent): string {
  const { operation, from, label = '', transcript = [], length } = event
  if (operation === 'HKDF-Extract') return `Extract of ${from.join(' and ')}`
  const isPrf = operation === 'PRF'
  const over =
    transcript.length > 0
      ? `, over ${range(transcript, label)}`
      : isPrf
        ? ', with both randoms'
        : ''
  const size = isPrf || operation === 'HKDF-Expand-Label' ? `, ${length} bytes` : ''
  return `"${label}"${over}${size}`
}

/** The messages in a transcript by the first and the last: `ClientHello…server Finished`. */
function range(messages: readonly string[], label: string): string {
  const last = messages.at(-1) ?? ''
  // In TLS 1.3, and where a session of TLS 1.2 is resumed, the server's Finished is the first of the two.
  const isClients =
    label === 'server finished' || messages.filter((name) => name === 'Finished').length > 1
  const end = last === 'Finished' ? `${isClients ? 'client' : 'server'} Finished` : last
  return messages.length === 1 ? end : `${messages[0]}…${end}`
}
