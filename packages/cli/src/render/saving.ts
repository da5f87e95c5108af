/** What resuming a session saved, beside the first handshake. */
import type { Direction } from 'handfast'
import type { Observation } from '../net/observe.ts'
import type { Paper } from './paper.ts'
import { roundTrips } from './summary.ts'
import { bytes, duration } from './words.ts'

interface Row {
  readonly label: string
  readonly first: string
  readonly second: string
  readonly saved: string
}

/** Columns of the numbers. */
const columns = [34, 52, 70]

/** Milliseconds of several handshakes of each kind, where they were measured. */
export interface Times {
  readonly full: readonly number[]
  readonly resumed: readonly number[]
}

export function renderSaving(
  paper: Paper,
  first: Observation,
  second: Observation,
  times: Times = { full: [first.took], resumed: [second.took] },
): void {
  const { bold, dim, green } = paper.colors
  const isClassic = first.story.classic !== undefined
  paper.heading('What the session saved', isClassic ? 'RFC 5246 §7.3' : 'RFC 8446 §2.2')
  const line = ({ label, first, second, saved }: Row, style = (text: string) => text) => {
    const [a, b, c] = columns as [number, number, number]
    paper.line(
      [
        { text: label.padEnd(a - 4), style: dim },
        { text: first.padEnd(b - a), style },
        { text: second.padEnd(c - b), style },
        { text: saved, style: saved.endsWith('less') ? green : dim },
      ],
      4,
    )
  }
  line({ label: '', first: 'first handshake', second: 'resumed', saved: '' }, bold)
  for (const row of rowsOf(first, second, times)) line(row)
  paper.gap()
  paper.text(
    `A resumed handshake needs no certificate and no signature: both sides prove that they know the secret of the session. ${
      isClassic
        ? 'In TLS 1.2 no fresh key exchange is made either: both connections hang on one master secret, and who gets it, or the key that tickets are encrypted with, can read both.'
        : 'A fresh key exchange is made all the same, so that a stolen ticket does not open what is said now.'
    }`,
    { indent: 4 },
  )
}

function rowsOf(first: Observation, second: Observation, times: Times): Row[] {
  const amount = (
    label: string,
    of: (seen: Observation) => number,
    unit: (value: number) => string = String,
  ): Row => {
    const [a, b] = [of(first), of(second)]
    return comparison(label, a, b, unit)
  }
  const { full, resumed } = times
  const label = full.length > 1 ? `time, median of ${full.length}` : 'time'
  return [
    amount('round trips', ({ story }) => roundTrips(story)),
    amount('from the client', (seen) => handshakeBytes(seen, 'sent'), bytes),
    amount('from the server', (seen) => handshakeBytes(seen, 'received'), bytes),
    amount('certificates sent', certificates),
    amount('signatures by the server', signatures),
    comparison(label, median(full), median(resumed), duration),
  ]
}

function comparison(
  label: string,
  first: number,
  second: number,
  unit: (value: number) => string,
): Row {
  const difference = unit(Math.abs(first - second))
  const saved = first === second ? '' : `${difference} ${first > second ? 'less' : 'more'}`
  return { label, first: unit(first), second: unit(second), saved }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

/** The handshake alone: in TLS 1.3 tickets come after it. */
function handshakeBytes({ story }: Observation, wanted: Direction): number {
  return story.messages
    .filter(
      ({ name, direction, version }) =>
        direction === wanted && (version !== undefined || name !== 'NewSessionTicket'),
    )
    .reduce((sum, message) => sum + message.bytes.length, 0)
}

function certificates({ info, story }: Observation): number {
  const shown = story.messages.some(({ name }) => name === 'Certificate')
  return shown ? (info?.peerCertificates.length ?? 0) : 0
}

function signatures({ story }: Observation): number {
  return story.messages.filter(
    ({ name, direction, keyExchange = '' }) =>
      direction === 'received' &&
      (name === 'CertificateVerify' ||
        // The server signs its parameters, where there is a certificate to sign with.
        (name === 'ServerKeyExchange' && !keyExchange.endsWith('PSK'))),
  ).length
}
