/**
 * The handshake as a picture: an arrow for each message, from the left (the client) to the right (the server) or back,
 * thin where anyone on the way can read it and double where it is encrypted; below each what it says and what followed.
 */
import { certificateLines } from './certificates.ts'
import { Explainer } from './explainer.ts'
import { factsOf } from './facts.ts'
import { glyphs } from './glyphs.ts'
import { messageBytes } from './hexdump.ts'
import { notesAt, renderNotes, valuesAt } from './notes.ts'
import type { Paper, Style } from './paper.ts'
import type { AlertItem, Flight, Item, MessageItem, RecordItem, Story } from './story.ts'
import { bytes, count, duration } from './words.ts'

export interface TranscriptOptions {
  /** Show each message's bytes and fields. */
  readonly bytes: boolean
  /** Say what each message is for. */
  readonly explain: boolean
  /** Only the messages, and what makes a resumption one. */
  readonly brief: boolean
  /** Milliseconds of the connection's clock from which times count. */
  readonly start: number
  /** The other side, as a name for people. */
  readonly peer: string
}

/** What is kept while a transcript is told. */
interface Telling extends TranscriptOptions {
  readonly explainer: Explainer
  /** TLS 1.2 or before was agreed. */
  readonly isClassic: boolean
}

export function renderTranscript(paper: Paper, story: Story, options: TranscriptOptions): void {
  const { peer } = options
  const { bold, dim } = paper.colors
  paper.gap()
  paper.ends({ text: 'client (you)', style: bold }, { text: `${peer} (server)`, style: bold })
  const thin = glyphs.thin.repeat(3)
  const thick = glyphs.thick.repeat(3)
  paper.line([{ text: `${thin} anyone on the way can read it   ${thick} encrypted`, style: dim }])
  const isClassic = story.classic !== undefined
  const telling = { ...options, isClassic, explainer: new Explainer(options.explain) }
  story.flights.forEach((flight, index) => {
    renderFlight(paper, flight, index + 1, telling)
  })
}

function renderFlight(paper: Paper, flight: Flight, number: number, options: Telling): void {
  const { dim, bold } = paper.colors
  const { start } = options
  const size = flight.records.reduce((sum, { length }) => sum + length, 0)
  const who = flight.direction === 'sent' ? 'client' : 'server'
  const other = who === 'client' ? 'server' : 'client'
  paper.gap()
  paper.ends(
    { text: `Flight ${number}: ${who} ${glyphs.to} ${other}`, style: bold },
    {
      text: `${bytes(size)} in ${count(flight.records.length, 'record')}, at ${duration(flight.time - start)}`,
      style: dim,
    },
  )
  renderNotes(paper, flight.notes, options)
  for (const item of flight.items) renderItem(paper, item, flight, options)
}

function renderItem(paper: Paper, item: Item, flight: Flight, options: Telling): void {
  switch (item.kind) {
    case 'message':
      renderMessage(paper, item, options)
      break
    case 'alert':
      renderAlert(paper, item, flight, options)
      break
    case 'record':
      renderRecord(paper, item, flight, options)
      break
  }
}

interface Arrow {
  readonly direction: Flight['direction']
  readonly encrypted: boolean
  readonly name: string
  readonly size: string
  readonly style?: Style
}

/** `─── ClientHello ──────────── 1457 bytes ──▶` */
function arrow(paper: Paper, options: Arrow): void {
  const { direction, encrypted, name, size } = options
  const { cyan, magenta, bold } = paper.colors
  const stroke = encrypted ? glyphs.thick : glyphs.thin
  const ink: Style = options.style ?? (direction === 'sent' ? cyan : magenta)
  const start = direction === 'sent' ? stroke.repeat(3) : `${glyphs.left}${stroke.repeat(2)}`
  const end = direction === 'sent' ? `${stroke.repeat(2)}${glyphs.right}` : stroke.repeat(3)
  const line = paper.width - 2 - start.length - end.length - name.length - size.length - 4
  paper.line([
    { text: `${start} `, style: ink },
    { text: name, style: (text) => bold(ink(text)) },
    { text: ` ${stroke.repeat(Math.max(1, line))} `, style: ink },
    { text: size },
    { text: ` ${end}`, style: ink },
  ])
}

function renderMessage(paper: Paper, item: MessageItem, options: Telling): void {
  const { event, notes } = item
  if (!options.brief) paper.gap()
  arrow(paper, {
    direction: event.direction,
    encrypted: event.protection !== 'plaintext',
    name: event.name,
    size: bytes(event.bytes.length),
  })
  options.explainer.once(paper, `${event.direction} ${event.name}`, event, notesAt)
  if (event.name === 'Certificate') certificateLines(paper, event, notesAt)
  else
    for (const { name, value } of factsOf(event, options.isClassic))
      if (!options.brief || name === 'pre_shared_key' || name === 'session_ticket')
        paper.row(name, value, { indent: notesAt, column: valuesAt })
  if (options.bytes) messageBytes(paper, event, notesAt)
  renderNotes(paper, notes, options)
}

function renderAlert(paper: Paper, { event }: AlertItem, flight: Flight, options: Telling): void {
  const { red } = paper.colors
  const last = flight.records.findLast(({ innerType }) => innerType === 'alert')
  const isGoodbye = event.description === 'close_notify'
  if (!options.brief) paper.gap()
  arrow(paper, {
    direction: event.direction,
    encrypted: last !== undefined && last.protection !== 'plaintext',
    name: `Alert: ${event.description}`,
    size: bytes(2),
    ...(isGoodbye ? {} : { style: red }),
  })
  options.explainer.once(paper, `${event.direction} ${event.description}`, event, notesAt)
}

function renderRecord(paper: Paper, item: RecordItem, flight: Flight, options: Telling): void {
  const isData = item.name === 'application_data'
  if (options.brief && !isData) return
  if (!options.brief) paper.gap()
  arrow(paper, {
    direction: flight.direction,
    encrypted: item.protection !== 'plaintext',
    name: isData ? 'application data' : item.name,
    size: `${bytes(item.content)}${item.records > 1 ? ` in ${item.records} records` : ''}`,
    ...(isData ? {} : { style: paper.colors.dim }),
  })
  if (item.name !== 'change_cipher_spec') return
  if (options.isClassic) options.explainer.once(paper, item.name, item.event, notesAt)
  renderNotes(paper, item.notes, options)
  if (!options.isClassic)
    paper.text('Means nothing in TLS 1.3; it keeps old middleboxes calm (RFC 8446 §D.4).', {
      indent: notesAt,
      style: paper.colors.dim,
    })
}
