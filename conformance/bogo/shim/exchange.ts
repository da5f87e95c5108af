/** One connection with the runner, from the first byte to the last. */
import {
  type Connection,
  type ConnectionEvent,
  type ConnectionInfo,
  clientConnectionOf,
  type Session,
  serverConnectionOf,
  type TraceEvent,
} from 'handfast'
import { checkEarlyData, checkEarlyTicket, checkOutcome } from './checks.ts'
import { clientConfig, firstData, type Memory, serverConfig, type Watch } from './configuration.ts'
import { keysOf } from './credentials.ts'
import { connectToRunner, Link } from './link.ts'
import { type Settings, Unexpected } from './settings.ts'
import { clientProtocols, refuseToJudge, serverProtocols } from './versions.ts'

const versions: Readonly<Record<string, number>> = {
  'TLS 1.3': 0x0304,
  'TLS 1.2': 0x0303,
  'TLS 1.1': 0x0302,
  'TLS 1.0': 0x0301,
}

export interface Turn {
  readonly settings: Settings
  /** What holds in place of `settings` where early data was refused. */
  readonly retry: Settings
  readonly memory: Memory
  readonly isResume: boolean
  /** For a client: the session of the connection before. */
  readonly session: Session | undefined
}

/** Traffic secrets by the label of the key log, in hexadecimal. */
type Secrets = Map<string, string>

/**
 * Makes a connection and does with it what the flags say.
 * @returns the session that can be resumed next
 * @throws TlsError where the connection failed; Unexpected where it did not come out as it must
 */
export async function exchange(turn: Turn): Promise<Session | undefined> {
  const refusedSettings = turn.retry
  let { settings } = turn
  const secrets: Secrets = new Map()
  const messages: string[] = []
  const watch: Watch = {
    keyLog: (line) => {
      const [label, , secret] = line.split(' ')
      secrets.set(label!, secret!)
    },
    trace: (event) => {
      if (event.type === 'decision' && event.what === 'version')
        watch.version = versions[event.chosen]
      messages.push(...messageLines(event))
    },
    version: undefined,
    identities: [],
    keys: await keysOf(settings),
  }
  const connection = open(turn, watch)
  const socket = await connectToRunner(settings)
  const link = new Link(connection, socket, settings.asynchronous)
  try {
    // BoringSSL's shim asks when early data can be written.
    if (!settings.server && settings.earlyData && turn.session?.maxEarlyData)
      await exportKeyingMaterial(connection, settings)
    const early = await handshake(link)
    const status = connection.info?.earlyData
    checkEarlyData(settings, status)
    if (!settings.server && status === 'refused') settings = refusedSettings
    if (!settings.implicitHandshake && connection.info !== undefined)
      checkOutcome(settings, {
        info: connection.info,
        isResume: turn.isResume,
        credential: shownCredential(watch, connection.info),
        rememberedById: turn.memory.rememberedById,
      })
    await exportSecrets(connection, settings, secrets)
    const session = await converse(
      link,
      settings,
      early,
      status === 'accepted' && !settings.server ? (turn.session?.maxEarlyData ?? 0) : 0,
    )
    if (settings.expectMessages !== '' && messages.join('') !== settings.expectMessages)
      throw new Unexpected(`the messages were\n${messages.join('')}`)
    return session
  } catch (error) {
    if (connection.error !== undefined) refuseToJudge(settings, connection.error)
    throw error
  } finally {
    await link.finish()
  }
}

/** Identities are told apart by their chain itself, not by what is in it: two may have the same certificate. */
function shownCredential({ identities, keys }: Watch, info: ConnectionInfo): number | undefined {
  const { pskIdentity } = info
  if (pskIdentity !== undefined)
    return keys.find(({ key }) => Buffer.compare(key.identity, pskIdentity) === 0)?.index
  return identities.find(({ identity }) => identity.certificateChain === info.localCertificates)
    ?.index
}

function open({ settings, retry, memory, session }: Turn, watch: Watch): Connection {
  return settings.server
    ? serverConnectionOf(serverProtocols, serverConfig(settings, memory, watch))
    : clientConnectionOf(clientProtocols, clientConfig(settings, memory, watch, session, retry))
}

/** @returns what happened besides, before the handshake was complete */
async function handshake(link: Link): Promise<ConnectionEvent[]> {
  const early: ConnectionEvent[] = []
  for (;;) {
    const event = await link.next()
    if (event.type === 'handshakeComplete') return early
    if (event.type === 'failed') throw event.error
    // It is answered at once, before the client's Finished.
    if (event.type === 'earlyData') link.connection.write(inverted(event.data))
    else early.push(event)
  }
}

async function exportSecrets(
  connection: Connection,
  settings: Settings,
  secrets: Secrets,
): Promise<void> {
  await exportKeyingMaterial(connection, settings)
  if (settings.tlsUnique) connection.write(await connection.channelBinding('tls-unique'))
  if (settings.exportTrafficSecrets) {
    const ofClient = Buffer.from(secrets.get('CLIENT_TRAFFIC_SECRET_0') ?? '', 'hex')
    const ofServer = Buffer.from(secrets.get('SERVER_TRAFFIC_SECRET_0') ?? '', 'hex')
    const [read, write] = settings.server ? [ofClient, ofServer] : [ofServer, ofClient]
    const length = Buffer.alloc(2)
    length.writeUInt16LE(read.length)
    connection.write(Buffer.concat([length, read, write]))
  }
}

async function exportKeyingMaterial(
  connection: Connection,
  { exportLength, exportLabel, exportContext, useExportContext }: Settings,
): Promise<void> {
  if (exportLength === 0) return
  const context = useExportContext ? Buffer.from(exportContext, 'latin1') : undefined
  connection.write(await connection.exportKeyingMaterial(exportLabel, context, exportLength))
}

const inverted = (data: Uint8Array) => data.map((byte) => byte ^ 0xff)

const writtenSizes = [1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768, 32769]

async function converse(
  link: Link,
  settings: Settings,
  early: readonly ConnectionEvent[],
  /** Bytes of the first write that can have gone as early data. */
  writtenEarly: number,
): Promise<Session | undefined> {
  const { connection } = link
  if (settings.unfinishedWrite) link.hold(1)
  if (settings.writeDifferentSizes) {
    // That is all: the runner reads up to the end.
    for (const size of writtenSizes) connection.write(new Uint8Array(size).fill(0x42))
    link.flush()
    return early.find((event) => event.type === 'session')?.session
  }
  if (settings.writesFirst || settings.unfinishedWrite) {
    const first = firstData({ ...settings, writesFirst: true })
    connection.write(first.subarray(Math.min(first.length, writtenEarly)))
  }
  link.flush()

  const session = settings.shutsDown ? undefined : await echo(link, settings, early)
  if (settings.checkCloseNotify) await close(link, settings.shutsDown)
  return session
}

/** Answers until the runner has said all. */
async function echo(
  link: Link,
  settings: Settings,
  early: readonly ConnectionEvent[],
): Promise<Session | undefined> {
  const { connection } = link
  const waiting = [...early]
  let session: Session | undefined
  if (settings.keyUpdateBeforeRead) connection.updateKeys()
  for (;;) {
    const event = waiting.shift() ?? (await link.next())
    if (event.type === 'session') session = event.session
    else if (event.type === 'data') {
      if (settings.unfinishedWrite) link.release()
      if (settings.keyUpdate) connection.updateKeys()
      connection.write(inverted(event.data))
      if (settings.keyUpdateBeforeRead) connection.updateKeys()
    } else if (event.type === 'closeNotify') break
    else if (event.type === 'failed') {
      // The shim of BoringSSL ends quietly here; a test that minds asks for -check-close-notify.
      if (event.error.code === 'ERR_TRUNCATED' && !settings.checkCloseNotify) break
      throw event.error
    }
  }
  if (!settings.server && !settings.implicitHandshake) {
    // TLS 1.3 gives tickets after every handshake, TLS 1.2 within those that do not resume, or renew.
    const is13 = connection.info?.version === 0x0304
    const given = is13 || connection.info?.resumed !== true || settings.expectTicketRenewal
    const wanted = given && !settings.expectNoSession
    if ((session !== undefined) !== wanted)
      throw new Unexpected(wanted ? 'no session came' : 'a session came')
    if (session !== undefined && settings.earlyData) checkEarlyTicket(settings, session)
  }
  return session
}

/** Both sides say that they have said all. */
async function close(link: Link, weAreFirst: boolean): Promise<void> {
  const { connection } = link
  connection.close()
  link.flush()
  while (weAreFirst) {
    const event = await link.next()
    if (event.type === 'closeNotify') return
    if (event.type === 'failed') throw event.error
  }
}

/** The lines of BoringSSL's message callback, as far as they are said of TLS records. */
function messageLines(event: TraceEvent): string[] {
  if (event.type !== 'message' && event.type !== 'alert' && event.type !== 'record') return []
  const verb = event.direction === 'sent' ? 'write' : 'read'
  if (event.type === 'message') return [`${verb} hs ${event.bytes[0]}\n`]
  if (event.type === 'record')
    return event.innerType === 'change_cipher_spec' ? [`${verb} ccs\n`] : []
  return event.description === 'close_notify' ? [`${verb} alert 1 0\n`] : []
}
