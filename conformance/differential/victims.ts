/** The victims: our engine in memory, OpenSSL as Node has it, Go's crypto/tls and rustls in processes of their own. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { constants } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as tls from 'node:tls'
import { ClassicCipherSuiteId } from '../../packages/handfast/src/index.ts'
import { build } from '../interop/implementations/program.ts'
import { allSuites, type Case, type Configuration } from './cases.ts'
import {
  type Credential,
  clientCredential,
  externalKey,
  root,
  serverCredential,
} from './credentials.ts'
import { HostileEnd, honestEnd, type Memory, newMemory } from './hostile.ts'

export interface Met {
  readonly outcome: string
  readonly changed: string | undefined
}

export interface Victims {
  readonly name: string
  /** True where the implementation has what the configuration asks for. */
  can(configuration: Configuration): boolean
  /**
   * @param expected how our engine met it: where that is no silence, an answer is waited for longer
   * @returns how the victim met the case
   */
  meet(aCase: Case, expected: string): Promise<Met>
  close(): void
}

/** Milliseconds in which an answer comes if there is one; where none came and one should, it is asked again with more. */
const patiences = [300, 3000, 30_000]

/** The connection before, of which nothing is changed. */
const before = (aCase: Case): Case => ({
  ...aCase,
  mutation: { where: 'none', nth: 0, how: 'nothing', apply: (bytes) => [bytes] },
})

// ── Our own ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function meetInMemory(aCase: Case, ofHostile: Memory, ofVictim: Memory): Met {
  const hostile = new HostileEnd(aCase, ofHostile)
  const victim = honestEnd(aCase.victim, aCase.configuration, ofVictim)
  let closed = false
  const collect = () => {
    for (let event = victim.nextEvent(); event; event = victim.nextEvent()) {
      if (event.type === 'handshakeComplete' && aCase.victim === 'client')
        victim.write(Uint8Array.of(120))
      if (event.type === 'data' && aCase.victim === 'server') victim.write(event.data.slice())
      if (event.type === 'session') ofVictim.session = event.session
      if (event.type === 'failed' || event.type === 'closeNotify') closed = true
    }
  }
  for (let moved = true, rounds = 0; moved && rounds < 100; rounds++) {
    collect()
    const toHostile = victim.takeOutput()
    for (const record of toHostile) hostile.input(record)
    const toVictim = hostile.output()
    for (const bytes of toVictim) victim.receive(bytes)
    moved = toHostile.length + toVictim.length > 0
  }
  collect()
  return { outcome: hostile.outcome(closed), changed: hostile.changed }
}

export const ours = {
  async meet(aCase: Case): Promise<Met> {
    const memories = [newMemory(), newMemory()] as const
    if (aCase.configuration.resumes) meetInMemory(before(aCase), ...memories)
    return meetInMemory(aCase, ...memories)
  },
}

// ── Over sockets ────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Drives a hostile end over a socket until it is clear how it was met.
 * @param toTheEnd goes on until the victim closes, so that it hears everything
 */
function talk(
  hostile: HostileEnd,
  socket: Socket,
  patience: number,
  toTheEnd: boolean,
): Promise<string> {
  return new Promise((resolve) => {
    let closed = false
    let timer = setTimeout(finish, patience)
    function finish() {
      clearTimeout(timer)
      socket.destroy()
      resolve(hostile.outcome(closed))
    }
    const flush = () => {
      for (const bytes of hostile.output()) if (!socket.destroyed) socket.write(bytes)
    }
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('data', (data) => {
      clearTimeout(timer)
      timer = setTimeout(finish, patience)
      hostile.input(data)
      flush()
      const open = ['waits', 'closed', 'answered', 'unreadable']
      if (!toTheEnd && !open.includes(hostile.outcome(false))) finish()
    })
    socket.on('close', () => {
      closed = true
      finish()
    })
    socket.on('end', () => {
      closed = true
      finish()
    })
    flush()
  })
}

/** Clients of several connections with the same name remember sessions; `again`: this is not the last of them. */
interface Remembering {
  readonly memory: string
  readonly again: boolean
}

/** How many cases are under way at a time. */
export const width = 12

abstract class OverSockets implements Victims {
  abstract readonly name: string
  readonly #ports = new Map<string, Promise<number>>()
  readonly #idle: Server[] = []
  #cases = 0

  abstract can(configuration: Configuration): boolean
  /** Makes a server listen. @returns its port */
  protected abstract listen(configuration: Configuration): Promise<number>
  /** Makes a client dial. @returns when it is done */
  protected abstract dial(
    configuration: Configuration,
    port: number,
    remembering: Remembering | undefined,
  ): Promise<void>

  async meet(aCase: Case, expected: string): Promise<Met> {
    let met: Met | undefined
    for (const patience of patiences) {
      met = await this.#meetOnce(aCase, patience)
      if (met.outcome !== 'waits' || expected === 'waits') break
    }
    return met!
  }

  async #meetOnce(aCase: Case, patience: number): Promise<Met> {
    const memory = newMemory()
    const name = `case ${this.#cases++}`
    if (!aCase.configuration.resumes) return this.#connect(aCase, memory, patience, false)
    await this.#connect(before(aCase), memory, patiences.at(-1)!, true, {
      memory: name,
      again: true,
    })
    return this.#connect(aCase, memory, patience, false, { memory: name, again: false })
  }

  async #connect(
    aCase: Case,
    memory: Memory,
    patience: number,
    first: boolean,
    remembering?: Remembering,
  ): Promise<Met> {
    const { victim, configuration } = aCase
    const hostile = new HostileEnd(aCase, memory)
    if (victim === 'server') {
      const socket = connect(await this.#portOf(configuration), '127.0.0.1')
      await once(socket, 'connect')
      return { outcome: await talk(hostile, socket, patience, false), changed: hostile.changed }
    }
    // One dials at a time: what is connected to the listener is known.
    const listener = this.#idle.pop() ?? createServer().listen(0, '127.0.0.1')
    if (!listener.listening) await once(listener, 'listening')
    const accepted = once(listener, 'connection') as Promise<[Socket]>
    const dialled = this.dial(configuration, (listener.address() as AddressInfo).port, remembering)
    const [socket] = await accepted
    const outcome = await talk(hostile, socket, patience, first)
    await dialled
    this.#idle.push(listener)
    return { outcome, changed: hostile.changed }
  }

  /** Configurations that mean the same to a server share one. */
  #portOf(configuration: Configuration): Promise<number> {
    const { version, keyType, clientAuth, alpn, retry, resumes, earlyData, psk } = configuration
    const known = psk !== 'none'
    const key = JSON.stringify([
      version,
      keyType,
      clientAuth,
      alpn,
      retry,
      resumes,
      earlyData,
      known,
    ])
    let port = this.#ports.get(key)
    if (port === undefined) {
      port = this.listen(configuration)
      this.#ports.set(key, port)
    }
    return port
  }

  close(): void {
    for (const listener of this.#idle) listener.close()
  }
}

// ── OpenSSL ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const versionName = ({ version }: Configuration) => (version === 0x0304 ? 'TLSv1.3' : 'TLSv1.2')

class OpensslVictims extends OverSockets {
  readonly name = `OpenSSL ${process.versions.openssl}`
  readonly #servers: tls.Server[] = []
  readonly #sessions = new Map<string, Buffer>()

  /** node:tls has no early data, and judges a certificate that is asked for and not required only when all is done. */
  can({ earlyData, clientAuth }: Configuration): boolean {
    return !earlyData && clientAuth !== 'request'
  }

  #common(configuration: Configuration) {
    const version = versionName(configuration)
    return { ca: root, minVersion: version, maxVersion: version } as const
  }

  protected async listen(configuration: Configuration): Promise<number> {
    const { alpn, clientAuth, psk, resumes, retry } = configuration
    const { certificate, key } = serverCredential(configuration)
    const server = tls.createServer(
      {
        ...this.#common(configuration),
        cert: certificate,
        key,
        ecdhCurve: retry ? 'P-256' : 'X25519:P-256',
        ...(alpn && { ALPNProtocols: ['h2'] }),
        ...(psk !== 'none' && {
          ciphers: pskCiphers,
          pskCallback: (_: tls.TLSSocket, identity: string) =>
            identity === externalKey.identity ? externalKey.key : null,
        }),
        ...(!resumes && { secureOptions: constants.SSL_OP_NO_TICKET }),
        requestCert: clientAuth !== 'none',
        rejectUnauthorized: clientAuth !== 'none',
        // What is asked of a client whose session is resumed belongs to a context with a name.
        sessionIdContext: 'differential',
      },
      (socket) => {
        socket.on('error', () => {})
        socket.pipe(socket)
      },
    )
    server.on('tlsClientError', () => {})
    this.#servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }

  protected dial(
    configuration: Configuration,
    port: number,
    remembering: Remembering | undefined,
  ): Promise<void> {
    const { alpn, psk } = configuration
    const credential = clientCredential(configuration)
    const session = remembering && this.#sessions.get(remembering.memory)
    const socket = tls.connect({
      ...this.#common(configuration),
      ...(credential && { cert: credential.certificate, key: credential.key }),
      ecdhCurve: 'X25519:P-256',
      port,
      host: '127.0.0.1',
      servername: 'server.test',
      ...(alpn && { ALPNProtocols: ['h2', 'x'] }),
      ...(psk !== 'none' && {
        ciphers: pskCiphers,
        pskCallback: () => ({ psk: externalKey.key, identity: externalKey.identity }),
        // A key that both have stands for the name too.
        checkServerIdentity: (name: string, peer: tls.PeerCertificate) =>
          peer?.raw === undefined ? undefined : tls.checkServerIdentity(name, peer),
      }),
      ...(session && { session }),
    })
    socket.on('error', () => {})
    socket.on('secureConnect', () => socket.write('x'))
    // With the answer came the tickets.
    socket.on('data', () => socket.end())
    if (remembering?.again)
      socket.on('session', (fresh) => this.#sessions.set(remembering.memory, fresh))
    return new Promise((resolve) =>
      socket.once('close', () => {
        if (remembering && !remembering.again) this.#sessions.delete(remembering.memory)
        resolve()
      }),
    )
  }

  override close(): void {
    super.close()
    for (const server of this.#servers) server.close()
  }
}

const pskCiphers =
  'PSK-AES128-GCM-SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256'

// ── Programs ────────────────────────────────────────────────────────────────────────────────────────────────────────

const inPem = (credential: Credential | undefined) =>
  credential && { certificate: credential.certificate, key: credential.key }

interface Answer {
  readonly address?: string
  readonly error?: string | null
}

/** A program that is asked by lines of JSON, and answers so. */
class Program extends OverSockets {
  readonly name: string
  readonly can: (configuration: Configuration) => boolean
  readonly #process: ChildProcess
  readonly #answers = new Map<number, (answer: Answer) => void>()
  readonly #done: () => void
  #id = 0

  constructor(
    name: string,
    command: readonly string[],
    can: (configuration: Configuration) => boolean,
    done: () => void = () => {},
  ) {
    super()
    this.name = name
    this.can = can
    this.#done = done
    this.#process = spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface({ input: this.#process.stdout! }).on('line', (line) => {
      const answer = JSON.parse(line)
      this.#answers.get(answer.id)?.(answer)
      this.#answers.delete(answer.id)
    })
  }

  #ask(question: object): Promise<Answer> {
    const id = this.#id++
    return new Promise((resolve) => {
      this.#answers.set(id, resolve)
      this.#process.stdin!.write(`${JSON.stringify({ id, ...question })}\n`)
    })
  }

  protected async listen(configuration: Configuration): Promise<number> {
    const { alpn, clientAuth, earlyData, resumes, retry, version } = configuration
    const { address } = await this.#ask({
      role: 'server',
      version,
      root,
      ...inPem(serverCredential(configuration)),
      suites: allSuites(version),
      groups: retry ? ['secp256r1'] : ['x25519', 'secp256r1'],
      alpn: alpn ? ['h2'] : [],
      clientAuth,
      resumes,
      earlyData,
    })
    return Number(address!.split(':')[1])
  }

  protected async dial(
    configuration: Configuration,
    port: number,
    remembering: Remembering | undefined,
  ): Promise<void> {
    const { alpn, earlyData, version } = configuration
    await this.#ask({
      role: 'client',
      address: `127.0.0.1:${port}`,
      version,
      root,
      ...inPem(clientCredential(configuration)),
      groups: ['x25519', 'secp256r1'],
      alpn: alpn ? ['h2', 'x'] : [],
      earlyData,
      ...remembering,
    })
  }

  override close(): void {
    super.close()
    this.#process.stdin!.end()
    this.#done()
  }
}

export const opensslVictims = async (): Promise<Victims> => new OpensslVictims()

const cbc = new Set<number>([
  ClassicCipherSuiteId.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
  ClassicCipherSuiteId.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
])
const transported = ClassicCipherSuiteId.TLS_RSA_WITH_AES_128_GCM_SHA256

/** @returns a text that says why there is none, where there is no Go */
export async function goVictims(): Promise<Victims | string> {
  const { status, stdout } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' })
  if (status !== 0) return 'Go is not installed'
  const folder = mkdtempSync(join(tmpdir(), 'handfast-differential-'))
  const program = join(folder, 'peer')
  execFileSync('go', ['build', '-o', program, '.'], { cwd: join(import.meta.dirname, 'peer') })
  return new Program(
    stdout.trim(),
    [program],
    // Early data is for QUIC alone there; RSA key transport is off, and external keys do not exist.
    ({ earlyData, psk, suite }) => !earlyData && psk === 'none' && suite !== transported,
    () => rmSync(folder, { recursive: true }),
  )
}

/** @returns a text that says why there is none, where it cannot be built */
export async function rustlsVictims(): Promise<Victims | string> {
  const built = await build('rust')
  if (typeof built === 'string') return built
  const program = join(built.folder, 'peer')
  const abilities = JSON.parse(execFileSync(program, ['abilities'], { encoding: 'utf8' }))
  return new Program(
    abilities.version,
    [program, 'victims'],
    // External keys do not exist there, nor RSA key transport, nor CBC.
    ({ psk, suite }) => psk === 'none' && suite !== transported && !cbc.has(suite),
  )
}
