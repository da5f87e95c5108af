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
  paper.heading('The key schedule', functionInWords(first))
  const roots = treeOf(events, beginning)
  const look = {
    explaining,
    stepAt: Math.max(...roots.map((root) => widthOf(root, 0))) + 2,
  }
  for (const root of roots) renderNode(paper, root, '', '', look)
}

function functionInWords({ operation, hash }: KeyScheduleEvent): string {
  if (operation === 'SSL 3.0') return 'MD5 and SHA-1 in each other, RFC 6101 §6.1, §6.2'
  if (hash === 'md5-sha1') return 'PRF with MD5 and SHA-1, RFC 2246 §5, §6.3, §8.1'
  const name = hash.replace('sha', 'SHA-')
  return operation === 'PRF'
    ? `PRF with ${name}, RFC 5246 §5, §6.3, §8.1`
    : `HKDF with ${name}, RFC 8446 §7.1`
}

const isClassic = ({ operation }: KeyScheduleEvent) =>
  operation === 'PRF' || operation === 'SSL 3.0'

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
    if (parent === undefined && isClassic(event)) {
      parent = inputNode(from[0] ?? '', beginning)
      latest.set(parent.name, parent)
      roots.push(parent)
    }
    // The key block is cut from its beginning on.
    if (name === 'key_block') cut = 0
    const node: Node = {
      name,
      step:
        operation === 'partition'
          ? `bytes ${cut} to ${cut + length - 1}`
          : stepInWords(event, beginning),
      isSecret: operation === 'HKDF-Extract' || name === 'master_secret',
      explanation:
        operation === 'HKDF-Extract' || (isClassic(event) && !latest.has(name))
          ? explain(event)
          : undefined,
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
function stepInWords(event: KeyScheduleEvent, { resumed }: Beginning): string {
  const { operation, from, label = '', transcript = [], length } = event
  if (operation === 'HKDF-Extract') return `Extract of ${from.join(' and ')}`
  const over =
    transcript.length > 0
      ? `over ${range(transcript, isClassic(event) && !resumed)}`
      : isClassic(event)
        ? 'with both randoms'
        : ''
  const parts = [
    // SSL 3.0 has no labels.
    operation === 'SSL 3.0' ? '' : `"${label}"`,
    over,
    isClassic(event) || operation === 'HKDF-Expand-Label' ? `${length} bytes` : '',
  ]
  return parts.filter((part) => part !== '').join(', ')
}

/**
 * The messages in a transcript by the first and the last: `ClientHello…server Finished`.
 * @param clientFirst whose Finished is the first of the two
 */
function range(messages: readonly string[], clientFirst: boolean): string {
  const last = messages.at(-1) ?? ''
  const isFirst = messages.filter((name) => name === 'Finished').length === 1
  const end =
    last === 'Finished' ? `${isFirst === clientFirst ? 'client' : 'server'} Finished` : last
  return messages.length === 1 ? end : `${messages[0]}…${end}`
}
