/** The outcome in a few rows, with the verdict that a browser's padlock would give, in words. */
import { type Certificate, parseCertificate, type Verdict } from '@handfast/x509'
import type { ConnectionInfo } from 'handfast'
import { keyInWords, namesOf, shortName } from './certificates.ts'
import { glyphs } from './glyphs.ts'
import type { Paper } from './paper.ts'
import type { Story } from './story.ts'
import { bytes, count, day, duration, fromNow, listed, span } from './words.ts'

export interface SummaryOptions {
  /** The name that was asked for. */
  readonly serverName: string
  /** What our own check found, where the connection went on in spite of it (`--insecure`). */
  readonly refused: Verdict | undefined
  /** Milliseconds since 1970. */
  readonly now: number
  /** Milliseconds from the first byte sent to the handshake's completion. */
  readonly took: number
}

const suitesInWords: Readonly<Record<string, string>> = {
  TLS_AES_128_GCM_SHA256: 'AES with a key of 128 bits, in GCM; hashes by SHA-256',
  TLS_AES_256_GCM_SHA384: 'AES with a key of 256 bits, in GCM; hashes by SHA-384',
  TLS_CHACHA20_POLY1305_SHA256: 'ChaCha20 with a key of 256 bits, and Poly1305; hashes by SHA-256',
  TLS_AES_128_CCM_SHA256: 'AES with a key of 128 bits, in CCM; hashes by SHA-256',
  TLS_AES_128_CCM_8_SHA256: 'AES with a key of 128 bits, in CCM with a short tag of 8 bytes',
}

export function renderSummary(
  paper: Paper,
  info: ConnectionInfo,
  story: Story,
  options: SummaryOptions,
): void {
  const row = (label: string, value: string) => paper.row(label, value, { column: 24 })
  renderPadlock(paper, info, options)
  paper.gap()
  row('version', 'TLS 1.3')
  const suite = suitesInWords[info.cipherSuiteName]
  row('cipher suite', `${info.cipherSuiteName}${suite === undefined ? '' : `: ${suite}`}`)
  if (info.groupName !== undefined) row('key exchange', groupInWords(info.groupName))
  const leaf = readable(info.peerCertificates[0])
  if (leaf !== undefined) {
    row(
      'certificate',
      `${keyInWords(leaf)}, from ${shortName(leaf.issuer)}, until ${day(leaf.notAfter)} (${fromNow(leaf.notAfter, options.now)})`,
    )
    row('for', listed(namesOf(leaf), 8))
  }
  if (info.ocspResponse !== undefined) row('OCSP', 'the server staples a response')
  const timestamps = info.signedCertificateTimestamps.length + embedded(leaf)
  if (timestamps > 0) row('transparency', `${count(timestamps, 'timestamp')} of public logs (SCTs)`)
  if (info.alpnProtocol !== undefined) row('protocol (ALPN)', info.alpnProtocol)
  row(
    'handshake',
    `${count(roundTrips(story), 'round trip')}, ${duration(options.took)}${
      info.helloRetried ? '; one of them because the server wanted another key share' : ''
    }`,
  )
  const { sent, received } = story.bytes
  row('bytes', `${bytes(sent)} sent, ${bytes(received)} received`)
  row('resumption', resumptionInWords(info, story))
}

/** What a padlock says, and what it does not. */
function renderPadlock(paper: Paper, info: ConnectionInfo, options: SummaryOptions): void {
  const { serverName, refused } = options
  const { green, yellow, bold } = paper.colors
  paper.gap()
  if (refused !== undefined) {
    const why = refused.failures[0]?.message ?? 'the certificate was not accepted'
    paper.text(`! Encrypted, but not secure: anybody could be at the other end.`, {
      style: (text) => bold(yellow(text)),
    })
    paper.text(`A browser would refuse: ${why}. You asked to go on (--insecure).`, { indent: 4 })
    return
  }
  const anchor = info.verdict?.path.at(-1)
  paper.text(
    `${glyphs.pass} Secure: this is ${serverName}, and nobody on the way can read or change what is said.`,
    {
      style: (text) => bold(green(text)),
    },
  )
  paper.text(
    info.resumed
      ? 'The session of an earlier handshake vouches for it.'
      : anchor === undefined
        ? 'The certificate was accepted.'
        : `${shortName(anchor.subject)}, which you trust, vouches for it. What it cannot say: whether its owner is honest.`,
    { indent: 4 },
  )
}

export function groupInWords(name: string): string {
  return name.includes('MLKEM')
    ? `${name}: hybrid, and so safe from the quantum computers that may come`
    : `${name}: classical; a quantum computer of the future could read what was recorded today`
}

function resumptionInWords(info: ConnectionInfo, story: Story): string {
  const [first] = story.sessions
  const now = info.resumed ? 'this was one; ' : ''
  return first === undefined
    ? `${now}the server gave no ticket while we listened`
    : `${now}${count(story.sessions.length, 'ticket')} for later, good for ${span(first.lifetime)}`
}

/** Of the handshake alone: each ClientHello is one. */
export function roundTrips(story: Story): number {
  return story.messages.filter(({ name }) => name === 'ClientHello').length
}

/** SCTs inside of the certificate (RFC 6962 §3.3). */
function embedded(leaf: Certificate | undefined): number {
  try {
    return leaf?.signedCertificateTimestamps?.length ?? 0
  } catch {
    return 0
  }
}

function readable(der: Uint8Array | undefined): Certificate | undefined {
  try {
    return der && parseCertificate(der)
  } catch {
    return undefined
  }
}
