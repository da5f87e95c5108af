/** Two handshakes side by side: their messages flight by flight, then what each cost and what others could see of it. */
import type { HandshakeFacts, MessageFact } from '../net/handshakeFacts.ts'
import { glyphs } from './glyphs.ts'
import { type Paper, type Piece, type Style, wrap } from './paper.ts'
import { bytes, count, duration } from './words.ts'

export interface ComparisonOptions {
  readonly peer: string
  /** Say what each row means. */
  readonly explain: boolean
}

interface Row {
  readonly label: string
  /** What it is, for a newcomer. */
  readonly meaning: string
  readonly of: (facts: HandshakeFacts) => string | undefined
}

const seenBy = (known: boolean, asked = true) =>
  !asked ? 'there is none' : known ? 'yes, in the clear' : 'no, encrypted'

const cost: readonly Row[] = [
  {
    label: 'round trips',
    meaning:
      'How often a message must go there and back before the client may send data: what is felt as delay.',
    of: ({ roundTrips }) => String(roundTrips),
  },
  {
    label: 'time',
    meaning:
      'Of one handshake, without name resolution and TCP; a second one, since the first of a program is slower.',
    of: ({ milliseconds }) => (milliseconds === undefined ? undefined : duration(milliseconds)),
  },
  {
    label: 'from the client',
    meaning:
      'Bytes on the wire; with TLS 1.3 a public key for each group that the client bets on comes with the first message.',
    of: (facts) => bytes(facts.bytes.client),
  },
  {
    label: 'from the server',
    meaning: 'Bytes on the wire, most of them certificates.',
    of: (facts) => bytes(facts.bytes.server),
  },
]

const protection: readonly Row[] = [
  {
    label: 'key exchange',
    meaning:
      'Where the two sides agree on a secret. Names with MLKEM hold against quantum computers too.',
    of: ({ keyExchange }) => keyExchange,
  },
  {
    label: 'forward secrecy',
    meaning:
      "Whoever gets the server's key later cannot read what was recorded today. TLS 1.2 leaves it to the cipher suite, TLS 1.3 always has it.",
    of: ({ forwardSecrecy }) =>
      forwardSecrecy === undefined ? undefined : forwardSecrecy ? 'yes' : 'no',
  },
  {
    label: 'quantum-safe',
    meaning:
      'What is recorded today is not to be read by a quantum computer of the future. TLS 1.2 has no such key exchange.',
    of: ({ postQuantum }) => (postQuantum === undefined ? undefined : postQuantum ? 'yes' : 'no'),
  },
  {
    label: 'cipher suite',
    meaning:
      'In TLS 1.2 it names the key exchange and the signature too; in TLS 1.3 the cipher and the hash only.',
    of: ({ cipherSuite }) => cipherSuite,
  },
  {
    label: 'signature',
    meaning: 'By which the server proved that the certificate is its own.',
    of: ({ signatureScheme, cipherSuite }) =>
      signatureScheme ?? (cipherSuite && 'none: it decrypts'),
  },
]

const eavesdropping: readonly Row[] = [
  {
    label: 'messages in the clear',
    meaning: 'Of all messages of the handshake; change_cipher_spec is none.',
    of: ({ flights }) => {
      const all = flights.flat().filter(({ name }) => name !== 'change_cipher_spec')
      return `${all.filter(({ encrypted }) => !encrypted).length} of ${all.length}`
    },
  },
  {
    label: "the server's name",
    meaning: 'Sent in the first message, before there are keys: both versions show it.',
    of: ({ seen }) => (seen.serverName === undefined ? 'not sent' : seenBy(true)),
  },
  {
    label: "the server's certificate",
    meaning: 'It says who is being talked to, even where no name was asked for.',
    of: (facts) => facts.cipherSuite && seenBy(facts.seen.serverCertificate),
  },
  {
    label: "the client's certificate",
    meaning: 'It says who the client is.',
    of: (facts) =>
      facts.cipherSuite &&
      (facts.clientCertificateShown || !facts.clientCertificateAsked
        ? seenBy(facts.seen.clientCertificate, facts.clientCertificateShown)
        : 'asked for, none shown'),
  },
  {
    label: 'the protocol (ALPN)',
    meaning:
      'What the server chose; what the client offers is in its first message, for all to see.',
    of: (facts) =>
      facts.cipherSuite &&
      (facts.applicationProtocol === undefined
        ? 'none agreed (--alpn)'
        : seenBy(facts.seen.alpnProtocol !== undefined)),
  },
  {
    label: 'the ticket for later',
    meaning:
      'By a ticket that was seen when it was handed out, a client is known again when it comes back.',
    of: (facts) => facts.cipherSuite && (facts.seen.newTicket ? 'yes, in the clear' : 'no'),
  },
]

/** Columns of the labels of rows. */
const labelWidth = 27

export function renderComparison(
  paper: Paper,
  columns: readonly HandshakeFacts[],
  { peer, explain }: ComparisonOptions,
): void {
  const { bold, dim, red } = paper.colors
  paper.gap()
  paper.ends(
    { text: columns.map(({ version }) => version).join(' and '), style: bold },
    { text: `with ${peer}`, style: bold },
  )
  const [thin, thick] = [glyphs.thin.repeat(3), glyphs.thick.repeat(3)]
  paper.line([{ text: `${thin} anyone on the way can read it   ${thick} encrypted`, style: dim }])
  renderMessages(paper, columns)
  for (const { version, failure } of columns) {
    if (failure === undefined) continue
    paper.gap()
    paper.text(
      `${glyphs.fail} ${version} did not come about: ${failure.message.replace('The peer', 'The server')} (${failure.code})`,
      {
        style: red,
      },
    )
  }
  const tables = {
    'What it costs': cost,
    'What protects it': protection,
    'What others see': eavesdropping,
  }
  for (const [title, rows] of Object.entries(tables)) {
    paper.heading(title)
    cells(
      paper,
      '',
      columns.map(({ version }) => ({ text: version, style: bold })),
    )
    for (const { label, meaning, of } of rows) {
      cells(
        paper,
        label,
        columns.map((facts) => ({ text: (facts.failure === undefined && of(facts)) || '-' })),
      )
      if (explain)
        paper.text(meaning, { indent: 6, style: (line) => paper.colors.italic(dim(line)) })
    }
  }
}

/** A label and a value in each column; values that are too long go on below. */
function cells(paper: Paper, label: string, values: readonly Piece[]): void {
  const width = Math.floor((paper.width - 4 - labelWidth) / values.length)
  // A long name of a suite is broken where its parts meet.
  const lines = values.map(({ text }) =>
    wrap(text.length > width - 2 ? text.replace('_WITH_', '_WITH_ ') : text, width - 2),
  )
  const height = Math.max(...lines.map(({ length }) => length))
  for (let at = 0; at < height; at++)
    paper.line(
      [
        { text: (at === 0 ? label : '').padEnd(labelWidth), style: paper.colors.dim },
        ...values.map(({ style }, column) => ({
          text: (lines[column]?.[at] ?? '').padEnd(width),
          ...(style && { style }),
        })),
      ],
      4,
    )
}

/** The messages of each as arrows; flights begin on one line, so that a further round trip shows. */
function renderMessages(paper: Paper, columns: readonly HandshakeFacts[]): void {
  const gap = 4
  const width = Math.floor((paper.width - 2 - gap) / columns.length)
  const row = (pieces: readonly Piece[]) =>
    paper.line(
      pieces.flatMap((piece, at) => (at === 0 ? [piece] : [{ text: ' '.repeat(gap) }, piece])),
    )
  paper.gap()
  row(
    columns.map(({ version, roundTrips }) => ({
      text: `${version}: ${count(roundTrips, 'round trip')}`.padEnd(width),
      style: paper.colors.bold,
    })),
  )
  const most = Math.max(...columns.map(({ flights }) => flights.length))
  for (let flight = 0; flight < most; flight++) {
    paper.gap()
    const messages = columns.map(({ flights }) => flights[flight] ?? [])
    const height = Math.max(...messages.map(({ length }) => length))
    for (let at = 0; at < height; at++)
      row(
        messages.map((column) => {
          const message = column[at]
          return message === undefined ? { text: ' '.repeat(width) } : arrow(paper, message, width)
        }),
      )
  }
}

function arrow(paper: Paper, { name, sender, encrypted }: MessageFact, width: number): Piece {
  const stroke = encrypted ? glyphs.thick : glyphs.thin
  const style: Style = sender === 'client' ? paper.colors.cyan : paper.colors.magenta
  const [start, end] =
    sender === 'client'
      ? [stroke.repeat(3), glyphs.right]
      : [`${glyphs.left}${stroke.repeat(2)}`, stroke]
  const line = stroke.repeat(Math.max(1, width - start.length - name.length - end.length - 2))
  return { text: `${start} ${name} ${line}${end}`, style }
}
