/**
 * Connections that a target feeds. An input is a byte that chooses the configuration, and then pieces: a byte for the type
 * of the record, two for the length, the content. Each is put into a record as the keys in force want it.
 */
import {
  certificateVerifier,
  dangerousAcceptAnyCertificate,
} from '../../packages/handfast/src/certificateVerifier.ts'
import type { ClientConfig, ServerConfig } from '../../packages/handfast/src/config.ts'
import type { Connection } from '../../packages/handfast/src/connection.ts'
import {
  clientConnectionOf,
  parseSession,
  type Session,
  serializeSession,
  serverConnectionOf,
  statelessTickets,
  TlsError,
  tls12Client,
  tls12Server,
  tls13Client,
  tls13Server,
} from '../../packages/handfast/src/index.ts'
import type { TraceEvent } from '../../packages/handfast/src/trace/events.ts'
import { agreeableProvider } from './agreeable.ts'
import { readIdentities } from './identities.ts'

export type Role = 'client' | 'server'

const time = Date.now()
const clock = () => time
const {
  root,
  server: serverIdentities,
  client: clientIdentity,
} = readIdentities(process.env.FUZZ_FOLDER ?? '.')
const crypto = agreeableProvider
const verifyCertificate = certificateVerifier({ crypto, trust: [root] })
const tickets = statelessTickets({
  crypto,
  aead: crypto.cipherSuites[0]!.aead,
  clock,
  key: new Uint8Array(16 + crypto.cipherSuites[0]!.aead.keyLength),
})

const allSuites = [
  ...crypto.cipherSuites.map(({ id }) => id),
  ...(crypto.classicCipherSuites ?? []).map(({ id }) => id),
]

/** @param choice a byte: which of the options are set */
function clientConfig(choice: number, session?: Session): ClientConfig {
  return {
    crypto,
    clock,
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
    grease: false,
  }
}

function serverConfig(choice: number): ServerConfig {
  return {
    crypto,
    clock,
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
  }
}

const clientProtocols = [tls13Client, tls12Client]
const serverProtocols = [tls13Server, tls12Server]

let session: Session | undefined
/** A session that the server of these targets takes. */
function knownSession(): Session | undefined {
  if (session !== undefined) return session
  const pair = connected(0)
  for (let event = pair.client.nextEvent(); event; event = pair.client.nextEvent())
    if (event.type === 'session') session = parseSession(serializeSession(event.session))
  return session
}

/** How records to a connection must look now. */
interface Wrapping {
  phase: 'plaintext' | 'aead13' | 'aead12'
}

export interface Fed {
  readonly connection: Connection
  readonly wrapping: Wrapping
}

/** @param choice a byte of the input; its highest bit offers a session */
export function makeEnd(role: Role, choice: number, trace?: (event: TraceEvent) => void): Fed {
  const wrapping: Wrapping = { phase: 'plaintext' }
  let before13 = false
  const listener = (event: TraceEvent) => {
    trace?.(event)
    if (event.type === 'message' && event.version !== undefined) before13 = true
    if (event.type === 'keys' && event.direction === 'received')
      wrapping.phase = before13 ? 'aead12' : 'aead13'
  }
  const connection =
    role === 'client'
      ? clientConnectionOf(clientProtocols, {
          ...clientConfig(choice, choice & 128 ? knownSession() : undefined),
          trace: listener,
        })
      : serverConnectionOf(serverProtocols, { ...serverConfig(choice), trace: listener })
  return { connection, wrapping }
}

/** Two ends that talk until nothing moves, as seeds are made of. */
export function connected(
  choice: number,
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

/** As an honest record layer with the agreeable crypto would send it. */
function wrapped({ phase }: Wrapping, type: number, content: Uint8Array): Uint8Array {
  if (phase === 'plaintext' || (type === 20 && phase === 'aead13')) return recordOf(type, content)
  if (phase === 'aead13')
    return recordOf(23, Uint8Array.of(...content, type, ...new Uint8Array(16)))
  // An explicit nonce of eight bytes, as AES-GCM has it.
  return recordOf(type, Uint8Array.of(...new Uint8Array(8), ...content, ...new Uint8Array(16)))
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
  const fed = makeEnd(role, input[0] ?? 0)
  const { connection, wrapping } = fed
  drain(connection)
  connection.takeOutput()
  let sent = 0
  for (let at = 1; at + 3 <= input.length && connection.error === undefined; ) {
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
