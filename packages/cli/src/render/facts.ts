/** What a message says, in a few lines: its fields by the RFC's names, those that people ask for first. */

import type { MessageEvent } from 'handfast'
import { annotate, type Field } from 'handfast/trace'
import { bytes, listed } from './words.ts'

export interface Fact {
  readonly name: string
  readonly value: string
}

/** Names too long for a column, and how people call them. */
const shortNames: Readonly<Record<string, string>> = {
  application_layer_protocol_negotiation: 'ALPN',
  signed_certificate_timestamp: 'SCTs',
  post_handshake_auth: 'post-handshake auth',
  psk_key_exchange_modes: 'PSK modes',
  certificate_request_context: 'request context',
  certificate_authorities: 'authorities',
  signature_algorithms_cert: 'signatures, certs',
  // RFC 5246 §7.4.1, where they are not called legacy yet.
  legacy_version: 'version',
  legacy_session_id: 'session_id',
  legacy_session_id_echo: 'session_id',
  // Of ServerKeyExchange and ClientKeyExchange.
  public: 'public key',
  dh_ys: 'dh_Ys (public key)',
  dh_yc: 'dh_Yc (public key)',
  ecdh_yc: 'ecdh_Yc (public key)',
  encrypted_pre_master_secret: 'encrypted premaster',
  supported_signature_algorithms: 'signature_algorithms',
}

/** The order in which extensions are told; the others follow by name only. */
const toldInFull = [
  'server_name',
  'supported_versions',
  'key_share',
  'supported_groups',
  'signature_algorithms',
  'signature_algorithms_cert',
  'application_layer_protocol_negotiation',
  'pre_shared_key',
  'cookie',
  'certificate_authorities',
  'record_size_limit',
  'early_data',
]

/** `--bytes` shows them. */
const untold = new Set([
  'msg_type',
  'length',
  'curve_type',
  'legacy_compression_methods',
  'legacy_compression_method',
  'extensions',
])

/** Of no more use in TLS 1.3. */
const sessionIds = new Set(['legacy_session_id', 'legacy_session_id_echo'])

/** Extensions whose bodies are better told than shown. */
const tellers: Readonly<
  Record<string, (value: string, event: MessageEvent, fields: readonly Field[]) => string>
> = {
  server_name: (value) => (value === 'empty' ? 'acknowledged' : value),
  signature_algorithms: schemesInWords,
  session_ticket: (value, { name }) => {
    if (name === 'ServerHello') return 'one will follow'
    return value === 'empty' ? 'none yet; asks for one' : `the session's: ${value}`
  },
  pre_shared_key: (value, { name }, fields) => {
    if (name === 'ServerHello') return `the session is taken (number ${value} of the offer)`
    const [ticket, binder] = ['identity', 'PskBinderEntry'].map((wanted) =>
      lengthOf(fields, wanted),
    )
    return `a ticket of ${bytes(ticket ?? 0)}, and ${bytes(binder ?? 0)} that prove its secret (binder)`
  },
}

function schemesInWords(value: string): string {
  const names = value.split(', ').filter((name) => !name.startsWith('GREASE'))
  return names.length > 6 ? `${listed(names, 5)} (--bytes lists them)` : names.join(', ')
}

/** Bytes of the first field of this name, its length prefix left out. */
function lengthOf(fields: readonly Field[], wanted: string): number | undefined {
  for (const { name, start, contentStart = start, end, children } of fields) {
    if (name === wanted) return end - contentStart
    const inside = lengthOf(children, wanted)
    if (inside !== undefined) return inside
  }
  return undefined
}

/**
 * @param isClassic the connection is of TLS 1.2 or before
 * @returns nothing for a message that has a telling of its own (`Certificate`)
 */
export function factsOf(event: MessageEvent, isClassic: boolean): readonly Fact[] {
  const fields = annotate(event)
  const facts: Fact[] = []
  const extensions = extensionsOf(fields)
  const told = isClassic ? [...toldInFull, 'session_ticket'] : toldInFull
  for (const name of told) {
    const value = extensions.get(name)
    if (value !== undefined)
      facts.push({
        name: shortNames[name] ?? name,
        value: tellers[name]?.(value, event, fields) ?? value,
      })
  }
  const isUntold = (name: string) =>
    untold.has(name) ||
    (name === 'legacy_version' && extensions.has('supported_versions')) ||
    (sessionIds.has(name) && !isClassic)
  const own = fields
    .flatMap((field) => (event.name === 'ServerKeyExchange' ? partsOf(field) : [field]))
    .filter(({ name }) => !isUntold(name))
    .map((field) => ({
      name: shortNames[field.name] ?? field.name,
      value:
        field.name === 'supported_signature_algorithms'
          ? schemesInWords(inWords(field))
          : inWords(field),
    }))
    .filter(({ value }) => value !== 'empty')
  // The choice of versions and suites stands at the top, below the name; the random after the other choices.
  const isChoice = ({ name }: Fact) => name === 'version' || name.startsWith('cipher_suite')
  const rest = own.filter((fact) => !isChoice(fact))
  const others = [...extensions.keys()].filter((name) => !told.includes(name))
  const grease = others.filter((name) => name.startsWith('GREASE'))
  const named = others.filter((name) => !grease.includes(name))
  const first =
    facts.findLastIndex(({ name }) => /^(server_name|supported_versions)$/.test(name)) + 1
  return [
    ...facts.slice(0, first),
    ...own.filter(isChoice),
    ...facts.slice(first),
    ...rest,
    ...(named.length > 0 ? [{ name: 'also', value: named.join(', ') }] : []),
    ...(grease.length > 0
      ? [
          {
            name: 'GREASE',
            value: 'reserved values among the offers, which a server must pass over',
          },
        ]
      : []),
  ].map(({ name, value }) => ({ name, value: withoutGrease(value) }))
}

/** Parameters and signature are structures: what people look for is inside. */
function partsOf(field: Field): readonly Field[] {
  return field.value === undefined && field.children.length > 0 ? field.children : [field]
}

/** The bodies of a message's extensions in words, by name. */
function extensionsOf(fields: readonly Field[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const list = fields.find(({ name }) => name === 'extensions')
  for (const extension of list?.children ?? []) {
    const type = extension.children.find(({ name }) => name === 'extension_type')?.value
    if (type === undefined) continue
    found.set(type, extensionValue(extension))
  }
  return found
}

function extensionValue(extension: Field): string {
  const body = extension.children.filter(
    ({ name }) => name !== 'extension_type' && name !== 'length',
  )
  const [only] = body
  if (only === undefined) return 'empty'
  const inside = only.children.filter(({ name }) => name !== 'length')
  if (only.value !== undefined) return inWords(only)
  return inside.map((field) => `${field.name}: ${inWords(field)}`).join(', ') || 'empty'
}

/** RFC 8701's reserved values in a list: they are told once, for the whole message. */
function withoutGrease(value: string): string {
  return value.replace(/GREASE \(0x[0-9a-f]+\)(?: \(\d+ bytes?\))?, /g, '')
}

/** A field in words; opaque bytes as their beginning and their number. */
export function inWords(field: Field): string {
  const value = field.value ?? field.children.map(inWords).join(', ')
  return value.replace(
    /^(?:[0-9a-f]{2}){17,}(?= |$)/,
    (digits) => `${digits.slice(0, 16)}… (${bytes(digits.length / 2)})`,
  )
}
