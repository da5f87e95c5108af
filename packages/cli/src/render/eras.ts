/** How the versions before TLS 1.3 do what it does otherwise: the differences that textbooks name, side by side. */
import { nameOf, ProtocolVersion, protocolVersions } from 'handfast'
import type { Paper } from './paper.ts'

interface Era {
  readonly from: number
  readonly how: string
}

/** Of each thing, what was done from which version on, the oldest first. */
const things: Readonly<Record<string, readonly Era[]>> = {
  'changed records': [
    {
      from: ProtocolVersion.SSL3,
      how: 'are noticed by a keyed MAC: the key and fixed bytes are hashed with the data, twice. It came before HMAC (RFC 6101 §5.2.3.1)',
    },
    {
      from: ProtocolVersion.TLS10,
      how: 'are noticed by HMAC, whose construction was proved to be as good as its hash (RFC 2104)',
    },
    {
      from: ProtocolVersion.TLS12,
      how: 'are noticed by HMAC with CBC, or by the cipher itself with GCM, CCM or Poly1305 (AEAD)',
    },
    { from: ProtocolVersion.TLS13, how: 'are noticed by the cipher itself (AEAD), always' },
  ],
  'making keys': [
    {
      from: ProtocolVersion.SSL3,
      how: "is MD5 over SHA-1 over the secret, with 'A', 'BB', 'CCC' … in front (RFC 6101 §6.1)",
    },
    {
      from: ProtocolVersion.TLS10,
      how: 'is a PRF: HMAC-MD5 of one half of the secret, XOR HMAC-SHA-1 of the other, so that one may fall (RFC 2246 §5)',
    },
    {
      from: ProtocolVersion.TLS12,
      how: 'is a PRF with one hash, which the cipher suite names, mostly SHA-256 (RFC 5246 §5)',
    },
    {
      from: ProtocolVersion.TLS13,
      how: 'is HKDF: first extract an even secret, then expand it, with a label for each use (RFC 5869)',
    },
  ],
  Finished: [
    {
      from: ProtocolVersion.SSL3,
      how: 'is 36 bytes, MD5 and SHA-1 over all messages and the master secret',
    },
    {
      from: ProtocolVersion.TLS10,
      how: 'is 12 bytes of the PRF over the MD5 and the SHA-1 of all messages',
    },
    { from: ProtocolVersion.TLS12, how: 'is 12 bytes of the PRF over one hash of all messages' },
    {
      from: ProtocolVersion.TLS13,
      how: 'is an HMAC over the hash of all messages, of its full length',
    },
  ],
  'the start of a record of CBC': [
    {
      from: ProtocolVersion.SSL3,
      how: 'is mixed with the end of the record before (implicit IV). Who knows that beforehand can test guesses of what is secret (BEAST), so this side splits its records: one byte first',
    },
    {
      from: ProtocolVersion.TLS11,
      how: 'is mixed with a random IV of its own, sent along (explicit IV, RFC 4346 §6.2.3.2)',
    },
    {
      from: ProtocolVersion.TLS13,
      how: 'is no more: there is no CBC, and both sides count records to make their nonces, which are not sent',
    },
  ],
  padding: [
    {
      from: ProtocolVersion.SSL3,
      how: 'of CBC may be anything, so that nobody can check it (POODLE)',
    },
    {
      from: ProtocolVersion.TLS10,
      how: 'of CBC is checked; a side that betrays the outcome can be made to decrypt (Lucky 13; encrypt_then_mac mends it)',
    },
    {
      from: ProtocolVersion.TLS13,
      how: 'is zeros inside of the encryption: it hides how long the content is',
    },
  ],
}

/** @param version of the connection, TLS 1.2 or before */
export function renderEras(paper: Paper, version: number): void {
  const { bold, dim } = paper.colors
  const name = nameOf(protocolVersions, version)
  paper.heading('What later versions do otherwise', `than ${name}`)
  for (const [thing, eras] of Object.entries(things)) {
    const here = eras.findLastIndex(({ from }) => from <= version)
    paper.gap()
    paper.text(thing, { indent: 4, style: bold })
    eras.slice(here).forEach(({ from, how }, index) => {
      const label = index === 0 ? `in ${name}` : `from ${nameOf(protocolVersions, from)}`
      paper.row(label, how, { indent: 6, column: 22, style: index === 0 ? (line) => line : dim })
    })
  }
}
