/** What resuming a session saved, beside the first handshake. */
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

export function renderSaving(paper: Paper, first: Observation, second: Observation): void {
  const { bold, dim, green } = paper.colors
  paper.heading('What the session saved', 'RFC 8446 §2.2')
  const line = ({ label, first, second, saved }: Row, style = (text: string) => text) => {
    const [a, b, c] = columns as [number, number, number]
    paper.line(
      [
        { text: label.padEnd(a - 4), style: dim },
        { text: first.padEnd(b - a), style },
        { text: second.padEnd(c - b), style },
        { text: saved, style: green },
      ],
      4,
    )
  }
  line({ label: '', first: 'first handshake', second: 'resumed', saved: '' }, bold)
  for (const row of rowsOf(first, second)) line(row)
  paper.gap()
  paper.text(
    'A resumed handshake needs no certificate and no signature: both sides prove that they know the secret of the session. A fresh key exchange is made all the same, so that a stolen ticket does not open what is said now.',
    { indent: 4 },
  )
}

function rowsOf(first: Observation, second: Observation): Row[] {
  const amount = (label: string, of: (seen: Observation) => number, unit = String): Row => {
    const [a, b] = [of(first), of(second)]
    return { label, first: unit(a), second: unit(b), saved: a > b ? `${unit(a - b)} less` : '' }
  }
  return [
    amount('round trips', ({ story }) => roundTrips(story)),
    amount('bytes of handshake messages', handshakeBytes, bytes),
    amount('certificates sent', certificates),
    amount('signatures made and verified', signatures),
    amount('milliseconds', ({ took }) => took, (value) => duration(value)),
  ]
}

/** Up to the client's Finished: tickets and data come after the handshake. */
function handshakeBytes({ story }: Observation): number {
  return story.messages
    .filter(({ name }) => name !== 'NewSessionTicket')
    .reduce((sum, message) => sum + message.bytes.length, 0)
}

function certificates({ info, story }: Observation): number {
  const shown = story.messages.some(({ name }) => name === 'Certificate')
  return shown ? (info?.peerCertificates.length ?? 0) : 0
}

/** One of each CertificateVerify, and those of the certificates that were checked. */
function signatures({ story }: Observation): number {
  const proofs = story.messages.filter(({ name }) => name === 'CertificateVerify').length
  if (proofs === 0) return 0
  const checked = story.verdicts.flatMap(({ verdict }) => verdict.checks)
  return proofs + checked.filter(({ what }) => what === 'signature').length
}
