/** The victims: our engine in memory, OpenSSL as Node has it, and Go's crypto/tls in a process of its own. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as tls from 'node:tls'
import { NamedGroup } from '../../packages/handfast/src/index.ts'
import { authority } from '../../packages/handfast/test/engine/pair.ts'
import type { Case, Configuration } from './cases.ts'
import { HostileEnd, honestEnd } from './hostile.ts'

export interface Victims {
  readonly name: string
  /** @returns how the victim met the case */
  meet(aCase: Case): Promise<{ readonly outcome: string; readonly changed: string | undefined }>
  close(): void
}

/** Milliseconds in which an answer comes if there is one; where none came, it is asked again with more of them. */
const patiences = [300, 3000]

// ── Our own ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export const ours: Victims = {
  name: 'handfast',
  async meet(aCase) {
    const hostile = new HostileEnd(aCase)
    const victim = honestEnd(aCase.victim, aCase.configuration)
    let closed = false
    const collect = () => {
      for (let event = victim.nextEvent(); event; event = victim.nextEvent()) {
        if (event.type === 'handshakeComplete' && aCase.victim === 'client')
          victim.write(Uint8Array.of(120))
        if (event.type === 'data' && aCase.victim === 'server') victim.write(event.data.slice())
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
  },
  close() {},
}

// ── Over sockets ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Drives a hostile end over a socket until it is clear how it was met. */
function talk(hostile: HostileEnd, socket: Socket, patience: number): Promise<string> {
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
      if (!['waits', 'closed', 'answered', 'unreadable'].includes(hostile.outcome(false))) finish()
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

interface Credentials {
  readonly root: string
  readonly server: { readonly cert: string; readonly key: string }
  readonly client: { readonly cert: string; readonly key: string }
}

async function credentials(): Promise<Credentials> {
  const server = await authority.issue({ names: ['server.test'] })
  const client = await authority.issue({ names: ['client.test'], client: true })
  return {
    root: authority.certificate,
    server: { cert: server.chain, key: server.key },
    client: { cert: client.chain, key: client.key },
  }
}

/** One of a kind at a time: what a client that dials is connected to is known. */
abstract class OverSockets implements Victims {
  abstract readonly name: string
  readonly #listener: Server
  #next: Promise<unknown> = Promise.resolve()

  constructor() {
    this.#listener = createServer().listen(0, '127.0.0.1')
  }

  protected abstract serverPort(configuration: Configuration): Promise<number>
  /** Makes a client dial. @returns when it is done */
  protected abstract dial(configuration: Configuration, port: number): Promise<void>

  meet(aCase: Case): ReturnType<Victims['meet']> {
    const met = this.#next.then(() => this.#meet(aCase))
    this.#next = met.catch(() => {})
    return met
  }

  async #meet(aCase: Case): ReturnType<Victims['meet']> {
    const { outcome: expected } = await ours.meet(aCase)
    let met: Awaited<ReturnType<Victims['meet']>> | undefined
    for (const patience of patiences) {
      met = await this.#meetOnce(aCase, patience)
      if (met.outcome !== 'waits' || expected === 'waits') break
    }
    return met!
  }

  async #meetOnce(aCase: Case, patience: number): ReturnType<Victims['meet']> {
    const { victim, configuration } = aCase
    const hostile = new HostileEnd(aCase)
    if (victim === 'server') {
      const socket = connect(await this.serverPort(configuration), '127.0.0.1')
      await once(socket, 'connect')
      return { outcome: await talk(hostile, socket, patience), changed: hostile.changed }
    }
    if (!this.#listener.listening) await once(this.#listener, 'listening')
    const accepted = once(this.#listener, 'connection') as Promise<[Socket]>
    const dialled = this.dial(configuration, (this.#listener.address() as AddressInfo).port)
    const [socket] = await accepted
    const outcome = await talk(hostile, socket, patience)
    await dialled
    return { outcome, changed: hostile.changed }
  }

  close(): void {
    this.#listener.close()
  }
}

const versionName = ({ version }: Configuration) => (version === 0x0304 ? 'TLSv1.3' : 'TLSv1.2')

class OpensslVictims extends OverSockets {
  readonly name = `OpenSSL ${process.versions.openssl}`
  readonly #servers = new Map<Configuration, tls.Server>()
  readonly #credentials: Credentials

  constructor(given: Credentials) {
    super()
    this.#credentials = given
  }

  #common(configuration: Configuration) {
    return {
      ca: this.#credentials.root,
      minVersion: versionName(configuration),
      maxVersion: versionName(configuration),
    } as const
  }

  protected async serverPort(configuration: Configuration): Promise<number> {
    let server = this.#servers.get(configuration)
    if (server === undefined) {
      server = tls.createServer(
        {
          ...this.#common(configuration),
          ...this.#credentials.server,
          ecdhCurve: configuration.retry ? 'P-256' : 'X25519:P-256',
          ...(configuration.alpn && { ALPNProtocols: ['h2'] }),
          requestCert: configuration.requireCert,
          rejectUnauthorized: configuration.requireCert,
        },
        (socket) => {
          socket.on('error', () => {})
          socket.pipe(socket)
        },
      )
      server.on('tlsClientError', () => {})
      this.#servers.set(configuration, server)
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
    }
    return (server.address() as AddressInfo).port
  }

  protected dial(configuration: Configuration, port: number): Promise<void> {
    const socket = tls.connect({
      ...this.#common(configuration),
      ...(configuration.requireCert && this.#credentials.client),
      ecdhCurve: 'X25519:P-256',
      port,
      host: '127.0.0.1',
      servername: 'server.test',
      ...(configuration.alpn && { ALPNProtocols: ['h2', 'x'] }),
    })
    socket.on('error', () => {})
    socket.on('secureConnect', () => socket.write('x'))
    return new Promise((resolve) => socket.once('close', () => resolve()))
  }

  override close(): void {
    super.close()
    for (const server of this.#servers.values()) server.close()
  }
}

class GoVictims extends OverSockets {
  readonly name: string
  readonly #process: ChildProcess
  readonly #answers = new Map<number, (answer: { address?: string; error?: string }) => void>()
  readonly #ports = new Map<Configuration, Promise<number>>()
  readonly #credentials: Credentials
  #id = 0

  constructor(program: string, version: string, given: Credentials) {
    super()
    this.name = version
    this.#credentials = given
    this.#process = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface({ input: this.#process.stdout! }).on('line', (line) => {
      const answer = JSON.parse(line)
      this.#answers.get(answer.id)?.(answer)
      this.#answers.delete(answer.id)
    })
  }

  #ask(question: object): Promise<{ address?: string; error?: string }> {
    const id = this.#id++
    return new Promise((resolve) => {
      this.#answers.set(id, resolve)
      this.#process.stdin!.write(`${JSON.stringify({ id, ...question })}\n`)
    })
  }

  protected serverPort(configuration: Configuration): Promise<number> {
    let port = this.#ports.get(configuration)
    if (port === undefined) {
      port = this.#ask({
        role: 'server',
        version: configuration.version,
        root: this.#credentials.root,
        certificate: this.#credentials.server.cert,
        key: this.#credentials.server.key,
        groups: configuration.retry
          ? [NamedGroup.secp256r1]
          : [NamedGroup.x25519, NamedGroup.secp256r1],
        alpn: configuration.alpn ? ['h2'] : [],
        requireCert: configuration.requireCert,
      }).then(({ address }) => Number(address!.split(':')[1]))
      this.#ports.set(configuration, port)
    }
    return port
  }

  protected async dial(configuration: Configuration, port: number): Promise<void> {
    await this.#ask({
      role: 'client',
      address: `127.0.0.1:${port}`,
      version: configuration.version,
      root: this.#credentials.root,
      groups: [NamedGroup.x25519, NamedGroup.secp256r1],
      alpn: configuration.alpn ? ['h2', 'x'] : [],
      ...(configuration.requireCert && {
        certificate: this.#credentials.client.cert,
        key: this.#credentials.client.key,
      }),
    })
  }

  override close(): void {
    super.close()
    this.#process.stdin!.end()
  }
}

/** Several of each, so that those who wait do not hold up the others. */
class Several implements Victims {
  readonly name: string
  readonly #each: readonly Victims[]
  #next = 0

  constructor(each: readonly Victims[]) {
    this.#each = each
    this.name = each[0]!.name
  }

  meet(aCase: Case): ReturnType<Victims['meet']> {
    return this.#each[this.#next++ % this.#each.length]!.meet(aCase)
  }

  close(): void {
    for (const each of this.#each) each.close()
  }
}

/** How many cases are under way at a time. */
export const width = 12

export async function opensslVictims(): Promise<Victims> {
  const given = await credentials()
  return new Several(Array.from({ length: width }, () => new OpensslVictims(given)))
}

/** @returns undefined where there is no Go */
export async function goVictims(): Promise<Victims | undefined> {
  const { status, stdout } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' })
  if (status !== 0) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'handfast-differential-'))
  const program = join(folder, 'peer')
  execFileSync('go', ['build', '-o', program, '.'], { cwd: join(import.meta.dirname, 'peer') })
  const given = await credentials()
  const each = Array.from({ length: width }, () => new GoVictims(program, stdout.trim(), given))
  const several = new Several(each)
  return {
    name: several.name,
    meet: (aCase) => several.meet(aCase),
    close() {
      several.close()
      rmSync(folder, { recursive: true })
    },
  }
}
