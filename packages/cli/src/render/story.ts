/**
 * The trace of a connection, put in the order in which it is told: flights of messages, what is known of each message
 * right after it, and the parts that have a chapter of their own (the key schedule, the certificate, the failure).
 */
import type {
  AlertEvent,
  CheckEvent,
  DecisionEvent,
  Direction,
  FailureEvent,
  KeyScheduleEvent,
  KeysEvent,
  MessageEvent,
  RecordEvent,
  SessionEvent,
  StateEvent,
  TraceEvent,
  TransportEvent,
  VerdictEvent,
} from 'handfast'

type KeyExchange = NonNullable<MessageEvent['keyExchange']>

/** What was learnt from a message, or done because of it. */
export type Note = DecisionEvent | CheckEvent | KeysEvent | VerdictEvent | SessionEvent

export interface MessageItem {
  readonly kind: 'message'
  readonly event: MessageEvent
  readonly notes: Note[]
}

export interface AlertItem {
  readonly kind: 'alert'
  readonly event: AlertEvent
}

/** change_cipher_spec, or application data: records that hold no handshake message. */
export interface RecordItem {
  readonly kind: 'record'
  /** The first of them. */
  readonly event: RecordEvent
  readonly name: string
  readonly protection: RecordEvent['protection']
  records: number
  /** Bytes of content. */
  content: number
  /** Of change_cipher_spec up to TLS 1.2: the keys that it brings into force. */
  readonly notes: Note[]
}

export type Item = MessageItem | AlertItem | RecordItem

/** A record as far as the story needs it; its bytes are gone with the callback. */
export interface RecordSummary {
  readonly innerType: string
  readonly protection: RecordEvent['protection']
  /** Bytes on the wire, header included. */
  readonly length: number
  /** Bytes of content. */
  readonly content: number
  /** Bytes of padding. */
  readonly padding: number
}

/** What one side sends before it has to wait for the other. */
export interface Flight {
  readonly direction: Direction
  /** Milliseconds, by the connection's clock. */
  readonly time: number
  readonly items: Item[]
  readonly records: RecordSummary[]
  /** Decisions and checks that come before the first message. */
  readonly notes: Note[]
}

export class Story {
  readonly flights: Flight[] = []
  readonly transport: TransportEvent[] = []
  readonly keySchedule: KeyScheduleEvent[] = []
  readonly verdicts: VerdictEvent[] = []
  readonly sessions: SessionEvent[] = []
  failure: FailureEvent | undefined
  /** The last named step. */
  state: StateEvent | undefined
  /** Notes that wait for the message that they belong to. */
  #early: Note[] = []
  /** A change_cipher_spec that waits for the flight that it belongs to. */
  #held: RecordEvent | undefined

  readonly add = (event: TraceEvent): void => {
    switch (event.type) {
      case 'message':
        this.#flight(event.direction, event.time).items.push({
          kind: 'message',
          event: { ...event, bytes: event.bytes.slice() },
          notes: [],
        })
        return
      case 'record':
        this.#addRecord(event)
        return
      case 'alert':
        this.#flight(event.direction, event.time).items.push({ kind: 'alert', event })
        return
      case 'decision':
      case 'check':
      case 'keys':
        this.#addNote(event)
        return
      case 'verdict':
        this.verdicts.push(event)
        this.#addNote(event)
        return
      case 'session':
        this.sessions.push(event)
        this.#addNote(event)
        return
      case 'keySchedule':
        this.keySchedule.push(event)
        return
      case 'transport':
        this.transport.push(event)
        return
      case 'failure':
        this.failure = event
        return
      case 'state':
        this.state = event
    }
  }

  /** All messages, in order. */
  get messages(): MessageEvent[] {
    return this.flights.flatMap(({ items }) =>
      items.flatMap((item) => (item.kind === 'message' ? [item.event] : [])),
    )
  }

  /** The version and the key exchange, where they were agreed and are not TLS 1.3's. */
  get classic(): { readonly version: number; readonly keyExchange?: KeyExchange } | undefined {
    const { version, keyExchange } =
      this.messages.findLast((one) => one.version !== undefined) ?? {}
    return version === undefined ? undefined : { version, ...(keyExchange && { keyExchange }) }
  }

  get lastAlert(): AlertEvent | undefined {
    const items = this.flights.flatMap((flight) => flight.items)
    const last = items.findLast(({ kind }) => kind === 'alert')
    return last?.kind === 'alert' ? last.event : undefined
  }

  /** Bytes on the wire, both directions. */
  get bytes(): { readonly sent: number; readonly received: number } {
    const sum = { sent: 0, received: 0 }
    for (const { direction, records } of this.flights)
      for (const record of records) sum[direction] += record.length
    return sum
  }

  /** The present flight, or a new one where the direction turns. */
  #flight(direction: Direction, time: number): Flight {
    const last = this.flights.at(-1)
    if (last?.direction === direction) return last
    const flight: Flight = { direction, time, items: [], records: [], notes: this.#early }
    this.#early = []
    this.flights.push(flight)
    if (this.#held?.direction === direction) {
      const held = this.#held
      this.#held = undefined
      this.#addRecord(held)
    }
    return flight
  }

  #addRecord(event: RecordEvent): void {
    const { direction, innerType, protection, content, padding } = event
    // In TLS 1.3 a client sends its change_cipher_spec as soon as it has the ServerHello, in the middle of the server's
    // flight: it is told with the flight that it opens. In TLS 1.2 it comes in its turn.
    if (
      innerType === 'change_cipher_spec' &&
      direction === 'sent' &&
      this.flights.at(-1)?.direction !== direction
    ) {
      this.#held = { ...event, bytes: event.bytes.slice(), content: content.slice() }
      return
    }
    const flight = this.#flight(direction, event.time)
    flight.records.push({
      innerType,
      protection,
      length: event.bytes.length,
      content: content.length,
      padding,
    })
    if (innerType === 'handshake' || innerType === 'alert') return
    const last = flight.items.at(-1)
    if (last?.kind === 'record' && last.name === innerType) {
      last.records++
      last.content += content.length
    } else
      flight.items.push({
        kind: 'record',
        event,
        name: innerType,
        protection,
        records: 1,
        content: content.length,
        notes: [],
      })
  }

  /** Belongs to the last message, whichever side sent it; what is found of a certificate, to the certificate. */
  #addNote(note: Note): void {
    if (note.type === 'keys' && note.version !== undefined && this.#held !== undefined)
      this.#flight(note.direction, this.#held.time)
    const items = this.flights.flatMap((flight) => flight.items)
    const messages = items.filter((item) => item.kind === 'message')
    const last = items.at(-1)
    if (note.type === 'keys' && note.version !== undefined && last?.kind === 'record')
      last.notes.push(note)
    else if (note.type === 'verdict')
      (
        messages.findLast(({ event }) => event.name === 'Certificate') ?? messages.at(-1)
      )?.notes.push(note)
    else if (this.flights.at(-1)?.items.some(({ kind }) => kind === 'message'))
      messages.at(-1)?.notes.push(note)
    else this.#early.push(note)
  }
}
