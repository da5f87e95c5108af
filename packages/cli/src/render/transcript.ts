/**
 * The handshake as a picture: an arrow for each message, from the left (the client) to the right (the server) or back,
 * thin where anyone on the way can read it and double where it is encrypted; below each what it says and what followed.
 */
import type { Verdict } from '@handfast/x509'
import type { KeysEvent } from 'handfast'
import { explain } from 'handfast/trace'
import { certificateLines, shortName } from './certificates.ts'
import { factsOf } from './facts.ts'
import { glyphs } from './glyphs.ts'
import { messageBytes } from './hexdump.ts'
import type { Paper, Style } from './paper.ts'
import type { AlertItem, Flight, Item, MessageItem, Note, RecordItem, Story } from './story.ts'
import { bytes, count, duration, span } from './words.ts'

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
  /** What has been explained. */
  readonly explained: Set<string>
}

/** Columns: arrows begin at 2, what is said of a message at 6, values at 30. */
const notesAt = 6
const valuesAt = 30

export function renderTranscript(paper: Paper, story: Story, options: TranscriptOptions): void {
  const { peer } = options
  const { bold, dim } = paper.colors
  paper.gap()
  paper.ends({ text: 'client (you)', style: bold }, { text: `${peer} (server)`, style: bold })
  const thin = glyphs.thin.repeat(3)
  const thick = glyphs.thick.repeat(3)
  paper.line([{ text: `${thin} anyone on the way can read it   ${thick} encrypted`, style: dim }])
  const telling = { ...options, explained: new Set<string>() }
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

/** `─── ClientHello ──────────── 1,559 bytes ──▶` */
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
  if (isNew(options, `${event.direction} ${event.name}`)) renderExplanation(paper, explain(event))
  if (event.name === 'Certificate') certificateLines(paper, event, notesAt)
  else
    for (const { name, value } of factsOf(event))
      if (!options.brief || name === 'pre_shared_key')
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
  if (isNew(options, `${event.direction} ${event.description}`))
    renderExplanation(paper, explain(event))
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
  if (item.name === 'change_cipher_spec')
    paper.text('Means nothing in TLS 1.3; it keeps old middleboxes calm (RFC 8446 §D.4).', {
      indent: notesAt,
      style: paper.colors.dim,
    })
}

/** Whether this is to be explained: each thing is, once. */
function isNew({ explain, explained }: Telling, what: string): boolean {
  if (!explain || explained.has(what)) return false
  explained.add(what)
  return true
}

function renderExplanation(paper: Paper, text: string | undefined, indent = notesAt): void {
  const { italic, dim } = paper.colors
  if (text !== undefined) paper.text(text, { indent, style: (line) => italic(dim(line)) })
}

function renderNotes(paper: Paper, notes: readonly Note[], options: Telling): void {
  if (options.brief) {
    for (const note of notes)
      if (note.type === 'decision' && note.what === 'resumption') renderNote(paper, note, options)
    return
  }
  // New keys for both directions at once are one thing to tell.
  for (let i = 0; i < notes.length; i++) {
    const note = notes[i]!
    const next = notes[i + 1]
    const both =
      note.type === 'keys' && next?.type === 'keys' && note.protection === next.protection
    if (both) {
      const text = bothInWords(note)
      const labelStyle = paper.colors.cyan
      paper.row(`+ ${note.protection} keys`, text, {
        indent: notesAt,
        column: valuesAt,
        labelStyle,
      })
      i++
    } else renderNote(paper, note, options)
  }
}

function bothInWords({ protection }: KeysEvent): string {
  return protection === 'handshake'
    ? "from here on both sides' messages are encrypted"
    : 'for the data of both sides'
}

function renderNote(paper: Paper, note: Note, options: Telling): void {
  const { green, red, yellow, dim, cyan } = paper.colors
  const say = (sign: string, style: Style, what: string, text: string) =>
    paper.row(`${sign} ${what}`, text, {
      indent: notesAt,
      column: valuesAt,
      labelStyle: style,
    })
  switch (note.type) {
    case 'decision': {
      const offered = note.offered.filter((name) => !name.startsWith('GREASE'))
      const among = offered.length > 1 ? `, of ${offered.length} offered` : ''
      say(glyphs.to, yellow, note.what, `${note.chosen}${among}. ${note.why}`)
      break
    }
    case 'check': {
      const [sign, style] = {
        pass: [glyphs.pass, green],
        fail: [glyphs.fail, red],
        skipped: [glyphs.skip, dim],
      }[note.result] as [string, Style]
      const verb = { pass: 'verified against', fail: 'fails against', skipped: 'not checked:' }
      const detail = note.detail === undefined ? '' : `: ${note.detail}`
      say(sign, style, note.what, `${verb[note.result]} ${note.against}${detail}`)
      break
    }
    case 'keys':
      say('+', cyan, `${note.protection} keys`, keysInWords(note))
      break
    case 'verdict': {
      const failed = note.verdict.failures[0]
      if (note.verdict.valid) say(glyphs.pass, green, 'certificate', acceptedInWords(note.verdict))
      else say(glyphs.fail, red, 'certificate', failed?.message ?? 'refused')
      break
    }
    case 'session':
      say(
        '+',
        cyan,
        'session',
        `a ticket of ${bytes(note.ticketLength)}, good for ${span(note.lifetime)}`,
      )
      break
  }
  if (note.type === 'decision' && isNew(options, note.what))
    renderExplanation(paper, explain(note), valuesAt)
}

function keysInWords({ direction, protection, generation }: KeysEvent): string {
  const owner = direction === 'sent' ? 'client' : 'server'
  if (generation > 0)
    return `the ${owner} encrypts with new keys from here on (change ${generation})`
  return protection === 'handshake'
    ? `from here on the ${owner}'s messages are encrypted`
    : `for the data that the ${owner} sends`
}

function acceptedInWords({ path, checks }: Verdict): string {
  const failed = checks.find(({ result }) => result === 'fail')
  if (failed !== undefined)
    return `taken as you asked (--insecure); it fails: ${failed.detail ?? failed.what}`
  const passed = checks.filter(({ result }) => result === 'pass').length
  const anchor = path.at(-1)
  return anchor === undefined || passed === 0
    ? 'accepted without a check'
    : `accepted: ${count(passed, 'check')} passed, up to ${shortName(anchor.subject)}`
}
