/**
 * Two ends and the network between them, under a clock of their own. What an end sends is cut anywhere, takes a while, and
 * comes together with what came before or after it; a direction can be cut off for good.
 */
import type { Connection } from '../../packages/handfast/src/connection.ts'
import type { ConnectionEvent } from '../../packages/handfast/src/connectionEvents.ts'
import { type LateAnswers, seeded } from '../../packages/handfast/test/engine/late.ts'

export type Role = 'client' | 'server'
export const otherOf = (role: Role): Role => (role === 'client' ? 'server' : 'client')

interface Segment {
  readonly at: number
  readonly bytes: Uint8Array
}

/** More rounds than any run takes: one that needs more does not come to an end. */
const enough = 20_000

export class Party {
  readonly connection: Connection
  readonly events: ConnectionEvent[] = []
  /** Application data, in and out. */
  received = Buffer.alloc(0)
  sent = Buffer.alloc(0)
  /** Early data that came in. */
  early = Buffer.alloc(0)
  /** What is on its way to this end, and when it comes. */
  arriving: Segment[] = []
  /** Nothing more will be carried to this end. */
  cutOff = false
  /** The transport ended, and this end knows. */
  ended = false

  constructor(connection: Connection) {
    this.connection = connection
  }

  get complete(): boolean {
    return this.connection.info !== undefined
  }

  /** Takes every event there is, and holds each to its time. */
  collect(): void {
    for (let event = this.connection.nextEvent(); event; event = this.connection.nextEvent()) {
      const last = this.events.at(-1)?.type
      const seen = (type: string) => this.events.some((earlier) => earlier.type === type)
      const complete = seen('handshakeComplete')
      if (last === 'failed') throw new Error(`${event.type} came after a failure`)
      if (event.type === 'handshakeComplete') {
        if (complete) throw new Error('The handshake was complete twice')
      } else if (last === 'session' && !complete)
        throw new Error('A session came of a handshake that was not completed')
      // Before TLS 1.3 the handshake itself brings the session.
      else if (event.type === 'earlyData') {
        if (complete) throw new Error('Early data came after the handshake was complete')
        this.early = Buffer.concat([this.early, event.data])
      } else if (event.type !== 'failed' && event.type !== 'session' && !complete)
        throw new Error(`${event.type} came before the handshake was complete`)
      if (event.type !== 'failed' && seen('closeNotify'))
        throw new Error(`${event.type} came after the end`)
      if (event.type === 'data') this.received = Buffer.concat([this.received, event.data])
      this.events.push(event)
      if (this.events.length > enough) throw new Error('Events without end')
    }
  }
}

export class Network {
  readonly parties: Readonly<Record<Role, Party>>
  /** Milliseconds since 1970. */
  now: number
  readonly #random: () => number
  readonly #answers: LateAnswers | undefined

  /** @param answers of a crypto provider that answers later */
  constructor(options: {
    readonly connections: (clock: () => number) => Record<Role, Connection>
    readonly start: number
    readonly seed: number
    readonly answers: LateAnswers | undefined
  }) {
    this.now = options.start
    this.#random = seeded(options.seed)
    this.#answers = options.answers
    const { client, server } = options.connections(() => this.now)
    this.parties = { client: new Party(client), server: new Party(server) }
  }

  /** Lets some time pass: what arrives in it is handed over, and perhaps an answer of the provider's comes. */
  async advance(milliseconds: number): Promise<void> {
    this.now += milliseconds
    for (const role of ['client', 'server'] as const) {
      this.#deliver(this.parties[role])
      this.#send(role)
    }
    if (this.#answers !== undefined && this.#answers.waiting > 0) await this.#answers.release()
  }

  /** Until nothing moves any more. @throws where that takes for ever */
  async settle(): Promise<void> {
    for (let rounds = 0; ; rounds++) {
      if (rounds > enough) throw new Error('The two ends go on and on')
      await this.advance(1000)
      const moving = Object.values(this.parties).some(({ arriving }) => arriving.length > 0)
      if (!moving && (this.#answers?.waiting ?? 0) === 0) {
        // Twice still: an answer that came last may have made more to send.
        for (const role of ['client', 'server'] as const) this.#send(role)
        // What goes on behind a promise that is kept already asks for the next answer only now.
        if (this.#answers !== undefined) await new Promise((resolve) => setImmediate(resolve))
        const still = Object.values(this.parties).every(({ arriving }) => arriving.length === 0)
        if (still && (this.#answers?.waiting ?? 0) === 0) return
      }
    }
  }

  /** Ends what is carried to this end; a part of what is on its way is lost. */
  cut(role: Role): void {
    const party = this.parties[role]
    party.cutOff = true
    party.arriving = party.arriving.slice(0, Math.floor(this.#random() * party.arriving.length))
  }

  #deliver(party: Party): void {
    party.collect()
    const due = party.arriving.filter(({ at }) => at <= this.now)
    party.arriving = party.arriving.slice(due.length)
    // Some come as one, some each by itself.
    for (let at = 0; at < due.length; ) {
      const together = 1 + Math.floor(this.#random() * 4)
      const bytes = Buffer.concat(due.slice(at, at + together).map((segment) => segment.bytes))
      at += together
      party.connection.receive(bytes)
      party.collect()
    }
    if (party.cutOff && party.arriving.length === 0 && !party.ended) {
      party.ended = true
      party.connection.receiveEnd()
    }
    party.collect()
  }

  #send(role: Role): void {
    const from = this.parties[role]
    from.collect()
    const to = this.parties[otherOf(role)]
    const bytes = Buffer.concat(from.connection.takeOutput())
    if (to.cutOff) return
    let latest = to.arriving.at(-1)?.at ?? this.now
    for (let at = 0; at < bytes.length; ) {
      const kind = this.#random()
      const length =
        kind < 0.1
          ? 1
          : kind < 0.4
            ? 1 + Math.floor(this.#random() * 40)
            : 1 + Math.floor(this.#random() * 5000)
      latest += this.#random() < 0.5 ? 0 : Math.floor(this.#random() * 300)
      to.arriving.push({ at: latest, bytes: bytes.subarray(at, at + length) })
      at += length
    }
  }
}
