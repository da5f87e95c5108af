/**
 * One script, run over node:tls and over handfast/node, must see the same. A script has two ends, and either end can be
 * either library: node:tls with itself says what is right, the three other pairs are compared with it.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import * as nodeTls from 'node:tls'
import { expect, it } from 'vitest'
import * as handfast from '../../src/node/index.ts'

/** The part of node:tls that a script uses. handfast/node stands in for it. */
export type Tls = typeof nodeTls

const libraries: Readonly<Record<string, Tls>> = {
  node: nodeTls,
  handfast: handfast as unknown as Tls,
}

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3'

export class Run {
  readonly client: Tls
  readonly server: Tls
  /** What was seen, by track, so that what happens at both ends at once has an order. */
  readonly seen: Record<string, unknown[]> = {}
  readonly version: TlsVersion
  readonly #cleanups: (() => void)[] = []

  constructor(client: Tls, server: Tls, version: TlsVersion) {
    this.client = client
    this.server = server
    this.version = version
  }

  /** Options that allow this run's version only. */
  get pinned(): { minVersion: TlsVersion; maxVersion: TlsVersion } {
    return { minVersion: this.version, maxVersion: this.version }
  }

  /** Notes what was seen at one end. */
  see(track: string, ...values: readonly unknown[]): void {
    this.seen[track] ??= []
    this.seen[track].push(values.length === 1 ? plain(values[0]) : values.map(plain))
  }

  /** Notes each of these events with its arguments. */
  watch(
    track: string,
    emitter: { on(event: string, listener: (...args: unknown[]) => void): unknown },
    ...events: readonly string[]
  ): void {
    for (const event of events)
      emitter.on(event, (...args) =>
        this.see(track, event, ...args.filter((arg) => !isSocket(arg))),
      )
  }

  /** Starts a server on loopback. @returns its port */
  async listen(
    options: nodeTls.TlsOptions,
    onSocket: (socket: nodeTls.TLSSocket) => void = () => {},
    prepare: (server: nodeTls.Server) => void = () => {},
  ): Promise<number> {
    const server = this.server.createServer({ ...this.pinned, ...options }, (socket) => {
      this.#cleanups.push(() => socket.destroy())
      onSocket(socket)
    })
    prepare(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.#cleanups.push(() => server.close())
    return (server.address() as AddressInfo).port
  }

  connect(options: nodeTls.ConnectionOptions, onSecure?: () => void): nodeTls.TLSSocket {
    const socket = this.client.connect({ host: '127.0.0.1', ...options }, onSecure)
    this.#cleanups.push(() => socket.destroy())
    return socket
  }

  cleanUp(): void {
    for (const cleanup of this.#cleanups) cleanup()
  }
}

function isSocket(value: unknown): boolean {
  return typeof (value as { setKeepAlive?: unknown } | null)?.setKeepAlive === 'function'
}

/** Node 24 adds to some messages which of its own flags may help. */
const nodeAdvice = /; if the root CA is installed locally, .*$/

/** Errors by what a program matches, bytes as text, so that both libraries' can be compared. */
function plain(value: unknown): unknown {
  if (value instanceof Error) {
    const { code } = value as { code?: string }
    // OpenSSL's own messages name its source files: the code is what a program can rely on.
    return /^ERR_(SSL|OSSL)_/.test(code ?? '')
      ? { error: code }
      : { error: code ?? value.name, message: value.message.replace(nodeAdvice, '') }
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
  return value
}

export interface SameOptions {
  /** What may differ, for a reason: changes what was seen, of every pair. */
  readonly normalize?: (seen: Record<string, unknown[]>) => unknown
  /** Pairs in which it does not hold, for a reason. */
  readonly except?: readonly ('handfast/node' | 'node/handfast' | 'handfast/handfast')[]
  /** Versions for which it is run. Default: both. */
  readonly versions?: readonly TlsVersion[]
}

async function see(
  client: string,
  server: string,
  version: TlsVersion,
  script: (run: Run) => Promise<void>,
): Promise<Record<string, unknown[]>> {
  const run = new Run(libraries[client]!, libraries[server]!, version)
  try {
    await script(run)
    return run.seen
  } finally {
    run.cleanUp()
  }
}

/** Registers a test for each pair of libraries, and each version. */
export function same(
  name: string,
  script: (run: Run) => Promise<void>,
  { normalize = (seen) => seen, except = [], versions = ['TLSv1.3', 'TLSv1.2'] }: SameOptions = {},
): void {
  for (const version of versions) {
    let reference: Promise<Record<string, unknown[]>> | undefined
    for (const pair of ['handfast/handfast', 'handfast/node', 'node/handfast'] as const) {
      if (except.includes(pair)) continue
      const [client, server] = pair.split('/') as [string, string]
      it(`${name} (${version}, ${client} client, ${server} server)`, async () => {
        reference ??= see('node', 'node', version, script)
        const right = await reference
        expect(Object.keys(right).length, 'the script saw something').toBeGreaterThan(0)
        const found = normalize(await see(client, server, version, script))
        expect(found, differences(found, normalize(right))).toEqual(normalize(right))
      })
    }
  }
}

/** For calls that need no second end: the same over both libraries. */
export function sameCall(name: string, call: (tls: Tls) => unknown): void {
  it(name, async () => {
    const outcome = async (tls: Tls) => {
      try {
        return { value: plain(await call(tls)) }
      } catch (error) {
        return { thrown: plain(error) }
      }
    }
    expect(await outcome(libraries.handfast!)).toEqual(await outcome(nodeTls))
  })
}

/** Waits for an event; an `error` rejects, as events.once does. */
export { once }

/** The tracks that differ, as JSON: what the assertion says first. */
function differences(found: unknown, right: unknown): string {
  const text = (value: unknown) => JSON.stringify(value, (_, part) => part ?? null)
  const entries = Object.entries(right as object)
  const tracks = new Set([...Object.keys(found as object), ...entries.map(([track]) => track)])
  return [...tracks]
    .map((track) => [track, text((found as never)[track]), text((right as never)[track])] as const)
    .filter(([, ours, theirs]) => ours !== theirs)
    .map(([track, ours, theirs]) => `${track}: saw ${ours}, node:tls sees ${theirs}`)
    .join('\n')
}
