/** handfast itself, as a peer like the others: its Node adapter, in this process. */

import { constants, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { appendFileSync, readFileSync } from 'node:fs'
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { ClassicCipherSuiteId, type CryptoProvider, nameOf, protocolVersions } from 'handfast'
import { nobleProvider } from 'handfast/crypto/noble'
import { connect, createServer, type TLSSocket } from 'handfast/node'
import {
  groups,
  groups12,
  signatureSchemes,
  signatureSchemes12,
  suites,
  suites12,
} from '../names.ts'
import { expectedAnswer, makePayload, requestFor } from '../payload.ts'
import type {
  ClientOptions,
  ClientReport,
  CommonOptions,
  ConnectionReport,
  Feature,
  Peer,
  RunningServer,
  ServerOptions,
} from '../peer.ts'
import { defaultPayloadBytes } from '../peer.ts'

const features: readonly Feature[] = [
  'resumption',
  'hello-retry-request',
  'hello-retry-request-while-resuming',
  'client-auth',
  'post-handshake-auth',
  'alpn',
  'key-update',
  'ocsp-stapling',
  'no-middlebox-compatibility',
  'record-size-limit',
  'record-padding',
  'max-send-fragment',
]

/** One of handfast's crypto providers, and its suites. */
interface Side {
  readonly crypto: { readonly crypto?: CryptoProvider }
  readonly suites: readonly string[]
  /** Whether it takes part in the cases of TLS 1.2. */
  readonly has12: boolean
}

/** Milliseconds for a connection, from its start to its end. */
const connectionLimit = 10_000

/** Counts what the reports of a connection do not hold, in its trace; only where it is asked for. */
function watch(options: CommonOptions): {
  trace: object
  counted: () => Pick<ConnectionReport, 'keyUpdatesReceived'>
} {
  if (!options.watchKeyUpdates) return { trace: {}, counted: () => ({}) }
  let keyUpdatesReceived = 0
  const trace = (event: { type: string; direction?: string; name?: string }) => {
    if (event.type === 'message' && event.direction === 'received' && event.name === 'KeyUpdate')
      keyUpdatesReceived++
  }
  return { trace: { trace }, counted: () => ({ keyUpdatesReceived }) }
}

const paddingTo = (block: number) => (length: number) => (block - (length % block)) % block

const classicIds: Readonly<Record<string, number>> = ClassicCipherSuiteId

/** TLS 1.2 alone, with its default suites where none are named. */
function optionsOf12({ suites: named, groups: curves, without }: CommonOptions) {
  return {
    ...{ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', dhparam: 'auto' },
    ...(named && { ciphers: named.map((name) => classicIds[name] ?? name) }),
    groups: [...(curves ?? groups12)],
    ...(without === 'tickets' && { secureOptions: constants.SSL_OP_NO_TICKET }),
  } as const
}

function optionsOf13(side: Side, options: CommonOptions) {
  return {
    minVersion: 'TLSv1.3',
    ciphers: [...(options.suites ?? side.suites)],
    groups: [...(options.groups ?? groups)],
  } as const
}

function commonOptions(side: Side, options: CommonOptions) {
  return {
    ...side.crypto,
    ...(options.version === 'TLS 1.2' ? optionsOf12(options) : optionsOf13(side, options)),
    ...(options.signatureSchemes && { signatureSchemes: [...options.signatureSchemes] }),
    ...(options.alpn && { ALPNProtocols: options.alpn }),
    ...(options.recordPadding && { recordPadding: paddingTo(options.recordPadding) }),
    ...(options.maxSendFragment && { maxSendFragment: options.maxSendFragment }),
    ...(options.recordSizeLimit && { recordSizeLimit: options.recordSizeLimit }),
    // An end without close_notify may be a truncation: a peer that ends so is named by a failing test.
    requireCloseNotify: true,
  }
}

const schemeById = new Map<number, string>([
  [0x0403, 'ecdsa_secp256r1_sha256'],
  [0x0503, 'ecdsa_secp384r1_sha384'],
  [0x0603, 'ecdsa_secp521r1_sha512'],
  [0x0807, 'ed25519'],
  [0x0808, 'ed448'],
  [0x0804, 'rsa_pss_rsae_sha256'],
  [0x0805, 'rsa_pss_rsae_sha384'],
  [0x0806, 'rsa_pss_rsae_sha512'],
  [0x0809, 'rsa_pss_pss_sha256'],
  [0x080a, 'rsa_pss_pss_sha384'],
  [0x080b, 'rsa_pss_pss_sha512'],
  [0x0401, 'rsa_pkcs1_sha256'],
  [0x0501, 'rsa_pkcs1_sha384'],
  [0x0601, 'rsa_pkcs1_sha512'],
])

const subjectOf = (certificate: X509Certificate) => certificate.subject.replaceAll('\n', ', ')

function reportOf(socket: TLSSocket): ConnectionReport {
  const info = socket.connectionInfo
  if (info === undefined) return {}
  const { peerSignatureScheme, groupName, alpnProtocol, serverName } = info
  const scheme = peerSignatureScheme === undefined ? undefined : schemeById.get(peerSignatureScheme)
  const own = info.signatureScheme === undefined ? undefined : schemeById.get(info.signatureScheme)
  const certificate = socket.getPeerX509Certificate()
  const subject = certificate && subjectOf(certificate)
  return {
    version: nameOf(protocolVersions, info.version),
    suite: info.cipherSuiteName,
    resumed: info.resumed,
    helloRetryRequest: info.helloRetried,
    ocspStapled: info.ocspResponse !== undefined,
    ...(info.extendedMasterSecret !== undefined && {
      extendedMasterSecret: info.extendedMasterSecret,
    }),
    ...(info.encryptThenMac !== undefined && { encryptThenMac: info.encryptThenMac }),
    ...(groupName && { group: groupName }),
    ...(scheme && { signatureScheme: scheme }),
    ...(own && { ownSignatureScheme: own }),
    ...(alpnProtocol && { alpn: alpnProtocol }),
    ...(serverName && { serverName }),
    ...(subject && { peerSubject: subject }),
  }
}

// ── Server ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Answers HTTP requests as `requestFor` makes them: a body comes back, and `/payload-N` is N bytes of payload. */
function answerHttp(request: IncomingMessage, response: ServerResponse): void {
  const size = /\/payload-(\d+)$/.exec(request.url ?? '')?.[1]
  response.setHeader('Connection', 'close')
  if (size !== undefined) response.end(makePayload(Number(size)))
  else {
    // Not in chunks, whose lengths would stand in the midst of the payload.
    response.setHeader('Content-Length', request.headers['content-length'] ?? 0)
    request.pipe(response)
  }
}

async function startServer(side: Side, options: ServerOptions): Promise<RunningServer> {
  const reports: ConnectionReport[] = []
  const waiting = new Set<() => void>()
  const sockets = new Set<TLSSocket>()
  const log: string[] = []
  const http = createHttpServer(answerHttp)
  const note = (report: ConnectionReport) => {
    reports.push(report)
    log.push(JSON.stringify(report))
    for (const check of [...waiting]) check()
  }
  const { clientCertificate } = options
  const server = createServer({
    ...commonOptions(side, options),
    cert: readFileSync(options.identity.chain),
    key: readFileSync(options.identity.key),
    ...(options.authorities && { ca: readFileSync(options.authorities) }),
    requestCert:
      clientCertificate === 'post-handshake' ? 'afterHandshake' : clientCertificate !== undefined,
    rejectUnauthorized: clientCertificate !== 'request',
    handshakeTimeout: connectionLimit,
    onClientHello: (_hello: unknown, socket: TLSSocket) => {
      sockets.add(socket)
      return undefined
    },
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    let report = reportOf(socket)
    socket.setTimeout(connectionLimit, () => socket.destroy(new Error('idle for too long')))
    socket.on('error', (error) => {
      report = { ...report, error: error.message }
    })
    socket.on('close', () => {
      sockets.delete(socket)
      note(report)
    })
    socket.once('data', (first: Buffer) => {
      if (options.keyUpdate) socket.keyUpdate({ requestPeer: true })
      const answer = () => {
        socket.pause()
        socket.unshift(first)
        if (/^(GET|POST) \//.test(first.toString('latin1', 0, 8))) {
          http.emit('connection', socket)
          socket.resume()
        } else socket.pipe(socket)
      }
      if (clientCertificate === 'post-handshake') {
        socket.pause()
        socket.requestClientCertificate()
        socket.once('clientCertificate', ([leaf]: readonly Uint8Array[]) => {
          report = {
            ...report,
            postHandshakeAuthenticated: leaf !== undefined && socket.authorized,
            ...(leaf && { peerSubject: subjectOf(new X509Certificate(leaf)) }),
          }
          answer()
        })
        socket.resume()
      } else answer()
    })
  })
  server.on('tlsClientError', (error: Error) => note({ error: error.message }))
  if (options.ocspResponse) {
    const response = readFileSync(options.ocspResponse)
    server.on('OCSPRequest', (_certificate, _issuer, callback) => callback(null, response))
  }
  if (options.without === 'tickets') {
    const known = new Map<string, Buffer>()
    server.on('newSession', (id: Buffer, session: Buffer, done: () => void) => {
      known.set(id.toString('hex'), session)
      done()
    })
    type Answer = (error: Error | null, session: Buffer | null) => void
    server.on('resumeSession', (id: Buffer, answer: Answer) => {
      answer(null, known.get(id.toString('hex')) ?? null)
    })
  }
  const { keyLogFile } = options
  if (keyLogFile) server.on('keylog', (line: Buffer) => appendFileSync(keyLogFile, line))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    // HTTP as well, where a client begins with it.
    answers: 'echo',
    connections: () => reports,
    waitForConnections: (count) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (reports.length < count) return
          clearTimeout(timer)
          waiting.delete(check)
          resolve(reports)
        }
        const timer = setTimeout(() => {
          waiting.delete(check)
          reject(
            new Error(`${reports.length} of ${count} connections have ended:\n${log.join('\n')}`),
          )
        }, 5000)
        waiting.add(check)
        check()
      }),
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      http.close()
      await once(server, 'close')
      return log.join('\n')
    },
  }
}

// ── Client ──────────────────────────────────────────────────────────────────────────────────────────────────────────

async function runClient(side: Side, options: ClientOptions): Promise<ClientReport> {
  const sessions: Buffer[] = []
  const first = await connectOnce(side, options, sessions)
  if (!options.resume) return { connections: [first], log: '' }
  const session = sessions.at(-1)
  if (session === undefined) throw new Error('the server sent no ticket')
  return { connections: [first, await connectOnce(side, options, sessions, session)], log: '' }
}

/** Makes one connection: sends the payload, waits for the whole answer, and closes. */
async function connectOnce(
  side: Side,
  options: ClientOptions,
  sessions: Buffer[],
  session?: Buffer,
): Promise<ConnectionReport> {
  const { trace, counted } = watch(options)
  const socket = connect({
    ...commonOptions(side, options),
    ...(options.groups &&
      options.version === undefined && { keyShares: options.groups.slice(0, 1) }),
    ...(options.middleboxCompatibility === false && { middleboxCompatibility: false }),
    ...(options.postHandshakeAuth && { postHandshakeAuth: true }),
    ...(options.ocspStapling && { requestOCSP: true }),
    ...(options.identity && {
      cert: readFileSync(options.identity.chain),
      key: readFileSync(options.identity.key),
    }),
    ...(session && { session }),
    ...trace,
    host: '127.0.0.1',
    port: options.port,
    servername: options.serverName,
    ca: readFileSync(options.authorities),
    handshakeTimeout: connectionLimit,
  })
  socket.on('session', (bytes: Buffer) => sessions.push(bytes))
  const { keyLogFile } = options
  if (keyLogFile) socket.on('keylog', (line: Buffer) => appendFileSync(keyLogFile, line))
  socket.setTimeout(connectionLimit, () => socket.destroy(new Error('idle for too long')))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const answer = new AnswerReader(socket)
  await once(socket, 'secureConnect')
  const { trigger } = options
  if (trigger) {
    socket.write(trigger.send)
    await answer.until(Buffer.from(trigger.answer))
  }
  const payload = makePayload(options.bytes ?? defaultPayloadBytes)
  const request = requestFor(payload, options.answers, options.filesFolder)
  // At the end of a line, since a server that reverses lines takes what stands before a KeyUpdate as one.
  const half = options.keyUpdate ? request.indexOf('\n', request.length >> 1) + 1 : request.length
  socket.write(request.subarray(0, half))
  if (options.keyUpdate) {
    socket.keyUpdate({ requestPeer: true })
    socket.write(request.subarray(half))
  }
  await answer.until(expectedAnswer(payload, options.answers))
  if (options.watchKeyUpdates && options.answers !== 'http-files') {
    // A KeyUpdate that was asked for is sent before the next data (RFC 8446 §4.6.3): so there has to be some.
    const more = makePayload(payload.length + 640).subarray(payload.length)
    socket.write(more)
    await answer.until(expectedAnswer(more, options.answers))
  }
  const report = { ...reportOf(socket), ...counted() }
  socket.end()
  // A server that speaks HTTP has closed already.
  await closed
  return { ...report, ...counted(), ...(answer.error && { error: answer.error.message }) }
}

/** Collects what comes in, so that one can wait for bytes in it. */
class AnswerReader {
  /** Why the connection failed, also after all had come: an end without close_notify. */
  error: Error | undefined
  readonly #chunks: Buffer[] = []
  #length = 0
  #closed = false
  #check: () => void = () => {}

  constructor(socket: TLSSocket) {
    socket
      .on('data', (chunk: Buffer) => {
        this.#chunks.push(chunk)
        this.#length += chunk.length
        this.#check()
      })
      .on('error', (error: Error) => {
        this.error = error
      })
      .on('close', () => {
        this.#closed = true
        this.#check()
      })
  }

  /** Waits until `expected` stands in what has come; rejects when the connection ends or fails before. */
  until(expected: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#check = () => {
        // A search through all that came is made only when it can succeed, or must.
        if (this.#length >= expected.length && Buffer.concat(this.#chunks).includes(expected))
          resolve()
        else if (this.#closed) reject(this.error ?? new Error(`closed after ${this.#length} bytes`))
      }
      this.#check()
    })
  }
}

export const handfast: Peer = handfastOver('handfast', { crypto: {}, suites, has12: true })

/** handfast with the provider that is JavaScript alone; it has no CCM. */
export const handfastWithNoble: Peer = handfastOver('handfast with noble', {
  crypto: { crypto: nobleProvider },
  suites: suites.filter((name) => !name.includes('CCM')),
  has12: false,
})

function handfastOver(name: string, side: Side): Peer {
  return {
    name,
    probe: async () => {
      const abilities = { suites: side.suites, groups, signatureSchemes, features }
      const of12 = {
        suites: suites12,
        groups: groups12,
        signatureSchemes: signatureSchemes12,
        features,
      }
      return {
        version: '',
        abilities: { client: abilities, server: abilities },
        ...(side.has12 && { tls12: { client: of12, server: of12 } }),
        source: 'the cipher suites of its crypto provider',
      }
    },
    startServer: (options) => startServer(side, options),
    runClient: (options) => runClient(side, options),
  }
}
