/** The outcome in a few rows, with the verdict that a browser's padlock would give, in words. */
import { type Certificate, parseCertificate, type Verdict } from '@handfast/x509'
import {
  type ConnectionInfo,
  type EarlyDataStatus,
  nameOf,
  ProtocolVersion,
  protocolVersions,
} from 'handfast'
import { keyInWords, namesOf, shortName } from './certificates.ts'
import { glyphs } from './glyphs.ts'
import { harmless, type Paper } from './paper.ts'
import { type Seen, seenByOthers } from './seen.ts'
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

export function renderSummary(
  paper: Paper,
  info: ConnectionInfo,
  story: Story,
  options: SummaryOptions,
): void {
  const row = (label: string, value: string) => paper.row(label, value, { column: 24 })
  renderPadlock(paper, info, options)
  for (const caveat of caveatsOf(info, story))
    paper.text(`! ${caveat}`, { indent: 4, style: paper.colors.yellow })
  paper.gap()
  row('version', versionInWords(info))
  const suite = cipherInWords(info)
  row('cipher suite', `${info.cipherSuiteName}${suite === undefined ? '' : `: ${suite}`}`)
  const exchange = keyExchangeInWords(info, story)
  if (exchange !== undefined) row('key exchange', exchange)
  if (info.version < ProtocolVersion.TLS13) row('guards', guardsInWords(info))
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
  row('others can read', seenInWords(seenByOthers(story, info)))
  const { sent, received } = story.bytes
  row('bytes', `${bytes(sent)} sent, ${bytes(received)} received`)
  row('resumption', resumptionInWords(info, story))
  if (info.earlyData !== undefined) row('early data', earlyDataInWords(info.earlyData))
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
  if (info.version < ProtocolVersion.TLS12) {
    paper.text(
      `! Encrypted with ${serverName}, but not secure: ${versionInWords(info)} does not hold against those who try.`,
      { style: (text) => bold(yellow(text)) },
    )
    return
  }
  const anchor = info.verdict?.path.at(-1)
  if (info.pskIdentity !== undefined) {
    const name = harmless(new TextDecoder().decode(info.pskIdentity))
    paper.text(
      `${glyphs.pass} Secure, where the key is: at the other end is who has the key ${JSON.stringify(name)} too.`,
      { style: (text) => bold(green(text)) },
    )
    paper.text('No certificate vouches for it. Everybody who has the key can be either end.', {
      indent: 4,
    })
    return
  }
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

/** `TLS 1.2` */
export function versionInWords({ version }: Pick<ConnectionInfo, 'version'>): string {
  return nameOf(protocolVersions, version)
}

/** What TLS 1.2 allows, and is better not allowed. */
function caveatsOf(info: ConnectionInfo, story: Story): string[] {
  const { keyExchange = '' } = story.classic ?? {}
  const caveats: string[] = []
  if (info.version === ProtocolVersion.SSL3)
    caveats.push(
      'SSL 3.0 is broken: its padding cannot be checked, and whoever can make the client repeat itself reads what is secret (POODLE, RFC 7568).',
    )
  else if (info.version < ProtocolVersion.TLS12)
    caveats.push(
      `${versionInWords(info)} is obsolete: it relies on MD5 and SHA-1, and browsers refuse it (RFC 8996).`,
    )
  if (info.cipherSuiteName.includes('3DES'))
    caveats.push('3DES has blocks of 64 bits: in much data some repeat, and betray it (Sweet32).')
  if (keyExchange === 'RSA' || keyExchange === 'PSK')
    caveats.push(
      `No forward secrecy: whoever gets the ${keyExchange === 'RSA' ? "server's" : 'pre-shared'} key, even years later, can read what was recorded.`,
    )
  if (info.encryptThenMac === false)
    caveats.push(
      'CBC without encrypt_then_mac: a server that betrays whether the padding was right can be made to decrypt (Lucky 13, POODLE).',
    )
  if (info.extendedMasterSecret === false)
    caveats.push(
      'Without extended_master_secret: somebody between could give two connections the same keys (triple handshake).',
    )
  return caveats
}

/** The cipher of a suite and its hash, by the parts of the name (RFC 8446 §B.4, RFC 5246 §C). */
function cipherInWords({
  cipherSuiteName: suite,
  version,
}: Pick<ConnectionInfo, 'cipherSuiteName' | 'version'>): string | undefined {
  const [, cipher = '', hash] = /^TLS_(?:\w+_WITH_)?(\w+?)(?:_SHA(\d*))?$/.exec(suite) ?? []
  const aes = /^AES_(\d+)_(GCM|CCM|CBC)(_8)?$/.exec(cipher)
  const isBlock = aes?.[2] === 'CBC' || cipher === '3DES_EDE_CBC'
  const how =
    aes !== null
      ? `AES with a key of ${aes[1]} bits, in ${aes[2]}${aes[3] ? ' with a short tag of 8 bytes' : ''}`
      : cipher.startsWith('CHACHA20')
        ? 'ChaCha20 with a key of 256 bits, and Poly1305'
        : cipher.startsWith('3DES')
          ? 'triple DES, in CBC'
          : undefined
  if (how === undefined) return undefined
  const sha = `SHA-${hash || (isBlock ? '1' : '256')}`
  const mac = version === ProtocolVersion.SSL3 ? `SSL's keyed MAC, the forerunner of HMAC,` : 'HMAC'
  return isBlock ? `${how}; changes are noticed by ${mac} with ${sha}` : `${how}; hashes by ${sha}`
}

/** How the secret came about, and what that means for a recording. */
function keyExchangeInWords(info: ConnectionInfo, story: Story): string | undefined {
  if (info.groupName !== undefined) return groupInWords(info.groupName)
  if (info.resumed)
    return info.version < ProtocolVersion.TLS13
      ? 'none: the secret is that of the session'
      : undefined
  switch (story.classic?.keyExchange) {
    case 'RSA':
      return "RSA: the client sent the secret, encrypted with the key of the server's certificate"
    case 'PSK':
      return 'none: the secret is the pre-shared key'
    default:
      return undefined
  }
}

/** What was added to TLS 1.2 against attacks, and TLS 1.3 has built in. */
function guardsInWords(info: ConnectionInfo): string {
  const guards = {
    extended_master_secret: info.extendedMasterSecret,
    'secure renegotiation': info.secureRenegotiation,
    encrypt_then_mac: info.encryptThenMac,
  }
  const named = (wanted: boolean) =>
    Object.entries(guards).flatMap(([name, has]) => (has === wanted ? [name] : []))
  const missing = named(false)
  return `${listed(named(true)) || 'none'}${missing.length > 0 ? `; the server lacks ${listed(missing)}` : ''}`
}

function seenInWords(seen: Seen): string {
  const parts = [
    seen.serverName && `the server's name`,
    seen.serverCertificate && "the server's certificate",
    seen.clientCertificate && "the client's certificate",
    seen.alpnProtocol && 'the protocol (ALPN)',
    seen.session && 'which session is resumed',
  ].filter((part) => part !== undefined && part !== false)
  return parts.length === 0 ? 'nothing of it' : listed(parts)
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
    ? info.resumed && info.version < ProtocolVersion.TLS13
      ? `${now}the session can be resumed again`
      : `${now}the server gave no ticket while we listened`
    : `${now}${first.byId ? 'a session id' : count(story.sessions.length, 'ticket')} for later, good for ${span(first.lifetime)}`
}

function earlyDataInWords(status: EarlyDataStatus): string {
  if (status === 'accepted') return 'accepted: it was there before the server answered'
  return status === 'refused'
    ? 'refused: no program there has seen it'
    : 'not sent: the session does not allow it'
}

/** Before the client may send data: each ClientHello is one; up to TLS 1.2 a key exchange is another. */
export function roundTrips(story: Story): number {
  return story.messages.filter(({ name }) => name === 'ClientHello' || name === 'ClientKeyExchange')
    .length
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
