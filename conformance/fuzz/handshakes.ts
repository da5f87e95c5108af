/**
 * Connections that a target feeds. An input is two bytes that choose the configuration, and then pieces: a byte for the type
 * of the record, two for the length, the content. Each is put into a record as the keys in force want it.
 */
import {
  certificateVerifier,
  dangerousAcceptAnyCertificate,
} from '../../packages/handfast/src/certificateVerifier.ts'
import type { ClientConfig, ServerConfig } from '../../packages/handfast/src/config.ts'
import type { Connection } from '../../packages/handfast/src/connection.ts'
import type { HandshakeContext } from '../../packages/handfast/src/handshake/context.ts'
import {
  clientConnectionOf,
  memoryStore,
  parseSession,
  type Session,
  serializeSession,
  serverConnectionOf,
  sessionCache,
  statelessTickets,
  TlsError,
  tls12Client,
  tls12Server,
  tls13Client,
  tls13Server,
} from '../../packages/handfast/src/index.ts'
import { legacy } from '../../packages/handfast/src/legacy/index.ts'
import type { Protection } from '../../packages/handfast/src/record/protection.ts'
import type { TraceEvent } from '../../packages/handfast/src/trace/events.ts'
import { agreeableProvider } from './agreeable.ts'
import { readIdentities } from './identities.ts'

export type Role = 'client' | 'server'

const {
  time,
  root,
  server: serverIdentities,
  client: clientIdentity,
} = readIdentities(process.env.FUZZ_FOLDER ?? '.')
const clock = () => time
const crypto = agreeableProvider
const verifyCertificate = certificateVerifier({ crypto, trust: [root] })
const tickets = statelessTickets({
  crypto,
  aead: crypto.cipherSuites[0]!.aead,
  clock,
  key: new Uint8Array(16 + crypto.cipherSuites[0]!.aead.keyLength),
})

const sessionIds = sessionCache({ crypto, clock, store: memoryStore(100) })

const allSuites = [
  ...crypto.cipherSuites.map(({ id }) => id),
  ...(crypto.classicCipherSuites ?? []).map(({ id }) => id),
]

const compressions = (crypto.certificateCompressions ?? []).map(({ id }) => id)

/** Two bytes. */
export interface Choice {
  /** Which of the options are set; the highest bit offers a session. */
  readonly options: number
  /** The three lowest bits: the versions. The others: more options. */
  readonly more: number
}

/** Of what both ends have: one half are TLS 1.3 and TLS 1.2. */
const isOf = ({ more }: Choice) => {
  const which = more & 7
  return (_: unknown, index: number) => (which < 4 ? index < 2 : which === 4 || index === which - 3)
}

function commonConfig({ more }: Choice) {
  return { crypto, clock, ...(more & 8 && { certificateCompression: compressions }) }
}

function clientConfig(chosen: Choice, session?: Session): ClientConfig {
  const { options: choice, more } = chosen
  return {
    ...commonConfig(chosen),
    serverName: 'server.test',
    verifyCertificate: choice & 1 ? verifyCertificate : dangerousAcceptAnyCertificate,
    ...(choice & 2 && { identity: clientIdentity }),
    postHandshakeAuth: (choice & 4) !== 0,
    ...(choice & 8 && { alpnProtocols: ['h2', 'x'] }),
    ...(choice & 16 && {
      cipherSuites: allSuites,
      preSharedKey: () => ({ identity: Uint8Array.of(1), key: Uint8Array.of(2) }),
    }),
    ...(choice & 32 && { recordSizeLimit: 200, maxFragmentLength: 512 }),
    ...(session && { session }),
    ...(more & 16 && { earlyData: new Uint8Array(20), resendEarlyData: (more & 32) !== 0 }),
    grease: false,
  }
}

function serverConfig(chosen: Choice): ServerConfig {
  const { options: choice, more } = chosen
  return {
    ...commonConfig(chosen),
    identity: serverIdentities,
    tickets,
    ...(choice & 1 && { cookie: () => Uint8Array.of(7) }),
    ...(choice & 6 && {
      clientAuthentication: {
        mode: (['request', 'require', 'afterHandshake'] as const)[((choice & 6) >> 1) - 1]!,
        verifyCertificate,
      },
    }),
    ...(choice & 8 && { alpnProtocols: ['h2', 'x'] }),
    ...(choice & 16 && { cipherSuites: allSuites, findPreSharedKey: () => Uint8Array.of(2) }),
    ...(choice & 32 && { recordSizeLimit: 200 }),
    ...(more & 16 && {
      earlyData: { maxBytes: 1000, replayGuard: { firstUse: () => (more & 32) === 0 } },
    }),
    ...(more & 64 && { sessionIds }),
  }
}

const clientProtocols = [tls13Client, tls12Client, ...legacy.client]
const serverProtocols = [tls13Server, tls12Server, ...legacy.server]

const sessions = new Map<number, Session | undefined>()
/** A session of these versions that the server of these targets takes. */
function knownSession({ more }: Choice): Session | undefined {
  const kind = more & (7 | 64)
  if (sessions.has(kind)) return sessions.get(kind)
  const pair = connected({ options: 0, more: kind | 16 })
  let session: Session | undefined
  for (let event = pair.client.nextEvent(); event; event = pair.client.nextEvent())
    if (event.type === 'session') session = parseSession(serializeSession(event.session))
  sessions.set(kind, session)
  return session
}

/** How records to a connection must look now. */
interface Wrapping {
  /** Its receiving keys: an honest peer would have the same. */
  protection: Protection | undefined
}

/** Looks on as keys come into force. */
function watched<P extends { handshake(hs: HandshakeContext, ...rest: never[]): unknown }>(
  wrapping: Wrapping,
  protocol: P,
): P {
  return {
    ...protocol,
    handshake(hs: HandshakeContext, ...rest: never[]) {
      const { records } = hs
      const setRead = records.setRead.bind(records)
      records.setRead = (protection) => {
        wrapping.protection = protection
        setRead(protection)
      }
      return protocol.handshake(hs, ...rest)
    },
  }
}

export interface Fed {
  readonly connection: Connection
  readonly wrapping: Wrapping
}

export function makeEnd(role: Role, choice: Choice, listener?: (event: TraceEvent) => void): Fed {
  const wrapping: Wrapping = { protection: undefined }
  const trace = listener ?? (() => {})
  const isChosen = isOf(choice)
  const connection =
    role === 'client'
      ? clientConnectionOf(
          clientProtocols.filter(isChosen).map((protocol) => watched(wrapping, protocol)),
          {
            ...clientConfig(choice, choice.options & 128 ? knownSession(choice) : undefined),
            trace,
          },
        )
      : serverConnectionOf(
          serverProtocols.filter(isChosen).map((protocol) => watched(wrapping, protocol)),
          { ...serverConfig(choice), trace },
        )
  return { connection, wrapping }
}

/** Two ends that talk until nothing moves, as seeds are made of. */
export function connected(
  choice: Choice,
  see: (to: Role, type: number, content: Uint8Array) => void = () => {},
) {
  const ends = {
    client: makeEnd('client', choice, of('client')),
    server: makeEnd('server', choice, of('server')),
  }
  function of(role: Role) {
    return (event: TraceEvent) => {
      if (event.type !== 'record' || event.direction !== 'received') return
      see(role, event.bytes[0] === 20 ? 20 : contentTypeOf(event.innerType), event.content)
    }
  }
  for (let rounds = 0; rounds < 50; rounds++) {
    let moved = 0
    for (const [from, to] of [
      ['client', 'server'],
      ['server', 'client'],
    ] as const) {
      if (from === 'client' && rounds === 0) drain(ends.client.connection)
      for (const record of ends[from].connection.takeOutput()) {
        moved += record.length
        ends[to].connection.receive(record)
        if (to === 'server') drain(ends[to].connection)
      }
      if (rounds > 3) drain(ends[to].connection)
      else ends[to].connection.nextEvent()
    }
    if (moved === 0) break
  }
  return { client: ends.client.connection, server: ends.server.connection }
}

const contentTypeOf = (name: string) =>
  ({ change_cipher_spec: 20, alert: 21, handshake: 22, application_data: 23 })[name] ?? 0

export function drain(connection: Connection): void {
  for (let events = 0; connection.nextEvent() !== undefined; events++)
    if (events > 10_000) throw new Error('Events without end')
}

function recordOf(type: number, content: Uint8Array): Uint8Array {
  const { length } = content
  return Uint8Array.of(type, 3, 3, length >> 8, length & 255, ...content)
}

/** As an honest record layer would send it. */
function wrapped({ protection }: Wrapping, type: number, content: Uint8Array): Uint8Array {
  if (protection === undefined || (type === 20 && protection.hidesType))
    return recordOf(type, content)
  const record = protection.seal(type, content, 0)
  // The same keys open it, under the same number.
  protection.forgetLast()
  return record as Uint8Array
}

/** Whatever came: a failure is told once, is nobody's bug, and is the end. */
export function expectSound(connection: Connection): void {
  const { error } = connection
  if (error === undefined) return
  if (error.blame === 'library') throw error.cause ?? error
  if (!(error instanceof TlsError)) throw new Error('The failure is no TlsError')
  connection.receive(recordOf(22, Uint8Array.of(1, 0, 0, 0)))
  if (connection.nextEvent() !== undefined) throw new Error('Something came after the failure')
  if (connection.takeOutput().length > 1) throw new Error('More than an alert was sent')
}

/** Feeds an input to an end. */
export function feed(role: Role, input: Uint8Array): void {
  const [options = 0, more = 0] = input
  const fed = makeEnd(role, { options, more })
  const { connection, wrapping } = fed
  drain(connection)
  connection.takeOutput()
  let sent = 0
  for (let at = 2; at + 3 <= input.length && connection.error === undefined; ) {
    const length = Math.min((input[at + 1]! << 8) | input[at + 2]!, 16_384)
    const content = input.subarray(at + 3, at + 3 + length)
    connection.receive(wrapped(wrapping, input[at]!, content))
    drain(connection)
    for (const record of connection.takeOutput()) sent += record.length
    at += 3 + length
  }
  // A few bytes must not be answered with megabytes.
  if (sent > 200_000 + 300 * input.length)
    throw new Error(`${input.length} bytes made ${sent} bytes of output`)
  if (connection.error === undefined) {
    connection.receiveEnd()
    drain(connection)
  }
  expectSound(connection)
  connection.destroy()
}
