/** JA4: a client by what its ClientHello offers, whatever the order of suites and extensions. The TLS client's alone. */
import { type MaybePromise, runSteps, type Steps, settle } from '@handfast/x509'
import { fromText, hexOf } from '../codec/bytes.ts'
import { findExtension, hasExtension } from '../codec/extension.ts'
import { applicationLayerProtocolNegotiation } from '../codec/extensions/application_layer_protocol_negotiation.ts'
import type { ClientHello } from '../codec/messages.ts'
import { ExtensionType } from '../codec/registry.ts'
import { type Offers, offersOf } from './offers.ts'

/** Digits that are kept of a hash. */
const hashDigits = 12
/** In the place of a hash of nothing. */
const nothing = '0'.repeat(hashDigits)

const versionCodes: Readonly<Record<number, string>> = {
  772: '13',
  771: '12',
  770: '11',
  769: '10',
  768: 's3',
  2: 's2',
}

/** What is hashed, unhashed: `JA4_r`. */
export function ja4Text(hello: ClientHello): string {
  return partsOf(hello).join('_')
}

/** @param sha256 of the provider, for example `hashes.sha256.digest`. @returns such as `t13d1516h2_8daaf6152771_e5627efa2ab1` */
export function ja4(
  hello: ClientHello,
  sha256: (data: Uint8Array) => MaybePromise<Uint8Array>,
): MaybePromise<string> {
  return runSteps(hashed(partsOf(hello), sha256))
}

function* hashed(
  [summary, ...texts]: readonly string[],
  sha256: (data: Uint8Array) => MaybePromise<Uint8Array>,
): Steps<string> {
  const parts = [summary]
  for (const text of texts)
    parts.push(
      text === '' ? nothing : hexOf(yield* settle(sha256(fromText(text)))).slice(0, hashDigits),
    )
  return parts.join('_')
}

function partsOf(hello: ClientHello): [summary: string, suites: string, extensions: string] {
  const offers = offersOf(hello)
  const schemes = offers.signatureSchemes.map(hex4)
  // The summary tells of them; so a client has one hash for names and addresses, and for each protocol.
  const extensions = offers.extensions.filter(
    (type) =>
      type !== ExtensionType.server_name &&
      type !== ExtensionType.application_layer_protocol_negotiation,
  )
  const sorted = (values: readonly number[]) => values.map(hex4).sort().join(',')
  return [
    summaryOf(hello, offers),
    sorted(offers.cipherSuites),
    sorted(extensions) + (schemes.length > 0 ? `_${schemes.join(',')}` : ''),
  ]
}

function summaryOf(hello: ClientHello, { versions, cipherSuites, extensions }: Offers): string {
  const version = versions.length > 0 ? Math.max(...versions) : hello.legacyVersion
  const named = hasExtension(hello.extensions, ExtensionType.server_name)
  const count = ({ length }: readonly number[]) => String(Math.min(length, 99)).padStart(2, '0')
  return [
    't',
    versionCodes[version] ?? '00',
    named ? 'd' : 'i',
    count(cipherSuites),
    count(extensions),
    protocolEnds(hello),
  ].join('')
}

/** The first and the last character of the first protocol of ALPN; of its bytes in hexadecimal where one is no letter or digit. */
function protocolEnds(hello: ClientHello): string {
  const protocols = findExtension(
    hello.extensions,
    applicationLayerProtocolNegotiation,
    'ClientHello',
  )
  const first = protocols?.[0]
  if (first === undefined || first.length === 0) return '00'
  const ends = [first[0]!, first.at(-1)!]
  if (ends.every(isAlphanumeric)) return String.fromCharCode(...ends)
  const hex = hexOf(first)
  return hex[0]! + hex.at(-1)!
}

function isAlphanumeric(byte: number): boolean {
  return /^[0-9A-Za-z]$/.test(String.fromCharCode(byte))
}

function hex4(value: number): string {
  return value.toString(16).padStart(4, '0')
}
