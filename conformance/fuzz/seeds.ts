/** What the targets begin with: honest handshakes, certificates, lists and responses. Run as a program, with the folder. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { answerOcsp, createOcspResponder, encodeOcspRequest } from '../../packages/ca/src/index.ts'
import { type RevokedEntry, signRevocationList } from '../../packages/ca/src/revocation/list.ts'
import { serializeSession } from '../../packages/handfast/src/index.ts'
import { decodePem, encodePem, parseCertificate } from '../../packages/x509/src/index.ts'
import { readIdentities, writeIdentities } from './identities.ts'

const folder = process.argv[2]!
const counts = new Map<string, number>()

function keep(target: string, ...parts: readonly (Uint8Array | number)[]): void {
  const number = counts.get(target) ?? 0
  counts.set(target, number + 1)
  const below = join(folder, 'seeds', target)
  mkdirSync(below, { recursive: true })
  const bytes = parts.map((part) => (typeof part === 'number' ? Uint8Array.of(part) : part))
  writeFileSync(join(below, String(number).padStart(4, '0')), Buffer.concat(bytes))
}

const authority = await writeIdentities(folder)
process.env.FUZZ_FOLDER = folder
const { connected } = await import('./handshakes.ts')

// Each option by itself with TLS 1.3 and TLS 1.2, then some of them with other versions and with what is seldom there.
const usual = [0, 2, 3, 4, 6, 8, 10, 14, 16, 18, 26, 32, 63, 128, 136, 144, 160, 191]
const choices: readonly (readonly [number, readonly number[]])[] = [
  [0, usual],
  [4, [0, 2, 16, 128]],
  [5, [0, 6, 16, 128]],
  [6, [0, 6, 16, 32, 128]],
  [7, [0, 6, 16]],
  [8, [0, 2, 6]],
  [16, [0, 128, 129, 136, 160]],
  [16 | 32, [128, 129]],
  [64, [0, 128]],
  [64 | 5, [0, 128]],
]
for (const [more, options] of choices.flatMap(([first, rest]) =>
  rest.map((one) => [first, one] as const),
)) {
  const pieces: Record<string, Uint8Array[]> = { client: [], server: [] }
  connected({ options, more }, (to, type, content) => {
    pieces[to]!.push(
      Uint8Array.of(type, content.length >> 8, content.length & 255),
      content.slice(),
    )
  })
  for (const [role, parts] of Object.entries(pieces)) {
    keep(role, options, more, ...parts)
    // After the handshake: tickets, new keys, data, the end.
    const after = [
      [22, 0, 5, 24, 0, 0, 1, 1],
      [23, 0, 2, 1, 2],
      [22, 0, 15, 13, 0, 0, 11, 1, 7, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3],
      [21, 0, 2, 1, 0],
    ]
    keep(role, options, more, ...parts, Uint8Array.from(after.flat()))
  }
}
for (let choice = 0; choice < 16; choice++)
  for (const more of [0, 5, 6, 7]) {
    keep('records', choice, 255, more, Uint8Array.of(22, 3, 1, 0, 5, 1, 0, 0, 1, 0))
    keep('records', choice, 3, more, Uint8Array.of(23, 3, 3, 0, 18, 21, ...new Uint8Array(17)))
    keep('records', choice, 255, more, Uint8Array.of(21, 3, 3, 0, 2, 1, 90, 20, 3, 3, 0, 1, 1))
  }

const certificates = [
  authority.certificateDer,
  (await authority.issue({ names: ['server.test', '127.0.0.1', '*.a.test'] })).chainDer[0]!,
  ...rootCertificates.slice(0, 40).map((pem) => decodePem(pem)[0]!.der),
]
for (const certificate of certificates)
  keep(
    'certificate',
    certificate.length >> 8,
    certificate.length & 255,
    certificate,
    authority.certificateDer,
  )
for (const certificate of certificates.slice(0, 5)) {
  const pem = encodePem('CERTIFICATE', certificate)
  keep('pem', Buffer.from(pem))
  keep('pem', Buffer.from(`text\r\n${pem.replaceAll('\n', '\r\n')}${pem}`))
}
const { server } = readIdentities(folder)
const leaf = server[0]!.certificateChain[0]!
const { serialNumber } = parseCertificate(leaf)
const hex = Buffer.from(serialNumber).toString('hex')
const crlOf = (entries: readonly RevokedEntry[]) =>
  signRevocationList(authority, { entries, number: 1, nextUpdate: new Date(Date.now() + 1e9) })
keep('revocation', 0, await crlOf([]))
keep(
  'revocation',
  0,
  await crlOf([{ serialNumber: hex, revokedAt: new Date(), reason: 'keyCompromise' }]),
)
for (const status of [
  'good',
  'unknown',
  { revokedAt: new Date(), reason: 'superseded' },
] as const) {
  const responder = await createOcspResponder({ authority, status: () => status })
  const request = await encodeOcspRequest(
    parseCertificate(leaf),
    parseCertificate(authority.certificateDer),
  )
  keep('revocation', 1, await answerOcsp(request, [responder]))
}
// A list of one timestamp (RFC 6962 §3.3).
const timestamp = [0, ...new Uint8Array(32), ...new Uint8Array(8), 0, 0, 4, 3, 0, 2, 48, 0]
keep('revocation', 2, Uint8Array.of(0, timestamp.length + 2, 0, timestamp.length, ...timestamp))

for (const byId of [false, true])
  keep(
    'tickets',
    serializeSession({
      version: 0x0304,
      cipherSuite: 0x1301,
      psk: new Uint8Array(32),
      issuedAt: 1_789_999_999_000,
      lifetime: 100,
      ageAdd: 7,
      serverName: 'server.test',
      alpnProtocol: 'h2',
      peerCertificates: certificates.slice(0, 2),
      ticket: Uint8Array.of(1, 2, 3),
      ...(byId && { byId }),
    }),
  )
