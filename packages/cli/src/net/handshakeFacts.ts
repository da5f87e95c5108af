/** What a handshake was, in facts that can be laid beside those of another: nothing but what was observed. */
import {
  type ConnectionInfo,
  nameOf,
  ProtocolVersion,
  protocolVersions,
  signatureSchemes,
} from 'handfast'
import { type Seen, seenByOthers } from '../render/seen.ts'
import type { Flight, Story } from '../render/story.ts'
import { roundTrips } from '../render/summary.ts'
import type { Observation } from './observe.ts'

export interface MessageFact {
  readonly name: string
  readonly sender: 'client' | 'server'
  /** Of the message, without its records. */
  readonly bytes: number
  readonly encrypted: boolean
}

export interface HandshakeFacts {
  /** The one version that was offered. */
  readonly version: string
  /** Why the handshake failed; the rest is then what there was of it. */
  readonly failure?: { readonly code: string; readonly message: string }
  /** Before the client may send data. */
  readonly roundTrips: number
  /** Of a handshake that nobody watched. */
  readonly milliseconds?: number
  /** On the wire, records included, until both sides were done. */
  readonly bytes: { readonly client: number; readonly server: number }
  /** By flights: what one side sends before it waits for the other. */
  readonly flights: readonly (readonly MessageFact[])[]
  readonly cipherSuite?: string
  /** The group; or `RSA`, where the client sent the secret. */
  readonly keyExchange?: string
  /** Whoever gets the server's key later cannot read what was recorded. */
  readonly forwardSecrecy?: boolean
  /** What is recorded today holds against a later quantum computer. */
  readonly postQuantum?: boolean
  /** Of the server's signature; undefined where it made none. */
  readonly signatureScheme?: string
  readonly applicationProtocol?: string
  readonly clientCertificateAsked: boolean
  readonly clientCertificateShown: boolean
  /** What somebody who listens learns. */
  readonly seen: Seen
}

/** @param version that was offered. @param milliseconds of a handshake that was timed by itself */
export function handshakeFacts(
  version: number,
  { story, info, error }: Observation,
  milliseconds: number | undefined,
): HandshakeFacts {
  const flights = story.flights.filter((flight) => isOfHandshake(flight))
  const exchange = info && keyExchangeOf(info, story)
  const sent = (name: string, direction: Flight['direction']) =>
    story.messages.some((message) => message.name === name && message.direction === direction)
  const ours = info?.localCertificates.length ?? 0
  return {
    version: nameOf(protocolVersions, version),
    ...(error && {
      failure: { code: 'code' in error ? error.code : 'ERR_NO_ANSWER', message: error.message },
    }),
    roundTrips: roundTrips(story),
    ...(milliseconds !== undefined && { milliseconds: Math.round(milliseconds * 1000) / 1000 }),
    bytes: { client: wireBytes(flights, 'sent'), server: wireBytes(flights, 'received') },
    flights: flights.map(messagesOf),
    ...(info && {
      cipherSuite: info.cipherSuiteName,
      forwardSecrecy: exchange !== 'RSA',
      postQuantum: exchange?.includes('MLKEM') === true,
    }),
    ...(exchange !== undefined && { keyExchange: exchange }),
    ...(info?.peerSignatureScheme !== undefined && {
      signatureScheme: nameOf(signatureSchemes, info.peerSignatureScheme),
    }),
    ...(info?.alpnProtocol !== undefined && { applicationProtocol: info.alpnProtocol }),
    clientCertificateAsked: sent('CertificateRequest', 'received'),
    clientCertificateShown: ours > 0,
    seen: seenByOthers(story, info),
  }
}

/** In TLS 1.3 tickets come when the handshake is done, in TLS 1.2 they are part of it; goodbyes are not. */
function isOfHandshake({ items }: Flight): boolean {
  return items.some(
    (item) =>
      item.kind === 'message' &&
      (item.event.name !== 'NewSessionTicket' || item.event.version !== undefined),
  )
}

function wireBytes(flights: readonly Flight[], wanted: Flight['direction']): number {
  return flights
    .filter(({ direction }) => direction === wanted)
    .flatMap(({ records }) => records)
    .filter(({ innerType }) => innerType === 'handshake' || innerType === 'change_cipher_spec')
    .reduce((sum, { length }) => sum + length, 0)
}

function messagesOf({ items, direction }: Flight): MessageFact[] {
  const sender = direction === 'sent' ? 'client' : 'server'
  return items.flatMap((item): MessageFact[] => {
    if (item.kind === 'message') {
      const { name, bytes, protection } = item.event
      return [{ name, sender, bytes: bytes.length, encrypted: protection !== 'plaintext' }]
    }
    if (item.kind === 'record' && item.name === 'change_cipher_spec')
      return [{ name: item.name, sender, bytes: item.content, encrypted: false }]
    return []
  })
}

function keyExchangeOf(
  { groupName, version }: ConnectionInfo,
  { classic }: Story,
): string | undefined {
  return groupName ?? (version < ProtocolVersion.TLS13 ? classic?.keyExchange : undefined)
}
