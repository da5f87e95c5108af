/** What the peer's records mean, by their type: each at its time, and of those that carry nothing no more than the limits allow. */
import { alertAdvice } from './alertAdvice.ts'
import type { HandshakeMessage } from './codec/messages.ts'
import {
  AlertDescription,
  AlertLevel,
  alertDescriptions,
  alertLevels,
  ContentType,
  contentTypes,
  nameOf,
} from './codec/registry.ts'
import type { ConnectionEvent } from './connectionEvents.ts'
import { TlsError } from './errors.ts'
import { changeCipherSpec, type HandshakeContext, noCertificate } from './handshake/context.ts'
import type { Driver } from './handshake/driver.ts'
import { HandshakeJoiner } from './record/handshakeJoiner.ts'
import type { OpenedRecord } from './record/protection.ts'
import { isPassedOver, type RecordLayer } from './record/recordLayer.ts'
import type { Direction } from './trace/events.ts'

export interface InboundHost {
  readonly context: HandshakeContext
  readonly driver: Driver
  readonly records: RecordLayer
  /** True when the handshake is complete. */
  readonly complete: boolean
  emit(event: ConnectionEvent): void
  /** The peer sends no more. */
  peerClosed(): void
}

export class Inbound {
  /** True when the peer's close_notify has come. */
  closed = false
  /** True when the transport delivers nothing more. */
  transportEnded = false
  readonly #host: InboundHost
  readonly #joiner: HandshakeJoiner
  #emptyRecords = 0
  #warningAlerts = 0
  #changeCipherSpecs = 0

  constructor(host: InboundHost) {
    this.#host = host
    this.#joiner = new HandshakeJoiner(host.context.limits.handshakeMessageBytes)
  }

  /** True where no part of a further message has arrived. */
  get atMessageBoundary(): boolean {
    return this.#joiner.empty
  }

  nextMessage(): HandshakeMessage | undefined {
    return this.#joiner.next()
  }

  /** Takes the next record for what it is. @returns false where nothing more can be done now */
  readRecord(): boolean {
    const record = this.#host.records.next()
    if (record === undefined) {
      if (this.transportEnded) this.#onTruncated()
      return false
    }
    if ('then' in record) {
      this.#host.driver.waitFor(record, (opened) => {
        if (!isPassedOver(opened)) this.#onRecord(opened)
      })
      return false
    }
    this.#onRecord(record)
    return true
  }

  #onRecord({ type, content }: OpenedRecord): void {
    if (type !== ContentType.handshake && type !== ContentType.alert && !this.#joiner.empty)
      throw new TlsError(
        'ERR_UNEXPECTED_MESSAGE',
        `${nameOf(contentTypes, type)} came in the middle of a handshake message`,
        { section: 'RFC 8446 §5.1' },
      )
    if (type === ContentType.handshake)
      // What was opened is new memory.
      this.#joiner.add(content, this.#host.records.readProtection !== 'plaintext')
    else if (type === ContentType.alert) this.#onAlert(content)
    else if (type === ContentType.change_cipher_spec) this.#onChangeCipherSpec(content)
    else if (type === ContentType.application_data) this.#onData(content)
    else
      throw new TlsError(
        'ERR_UNEXPECTED_MESSAGE',
        `A record holds the type ${nameOf(contentTypes, type)}, which TLS does not have`,
        { section: 'RFC 8446 §5' },
      )
  }

  #onData(content: Uint8Array): void {
    const { context, records, complete } = this.#host
    if (records.readProtection === 'early') {
      this.#onEarlyData(content)
      return
    }
    if (!complete || records.readProtection !== 'application')
      throw new TlsError(
        'ERR_UNEXPECTED_MESSAGE',
        'Application data came before the handshake was complete',
      )
    if (content.length === 0) {
      this.#emptyRecords = this.#count(this.#emptyRecords, 'emptyRecords', 'empty records')
      return
    }
    this.#emptyRecords = 0
    this.#warningAlerts = 0
    context.keyUpdatesWithoutData = 0
    this.#host.emit({ type: 'data', data: content })
  }

  #onEarlyData(content: Uint8Array): void {
    const { context } = this.#host
    const left = (context.earlyDataLeft ?? 0) - content.length
    if (left < 0)
      throw new TlsError(
        'ERR_TOO_MUCH',
        'The client sends more early data than the ticket allows',
        { section: 'RFC 8446 §4.6.1' },
      )
    context.earlyDataLeft = left
    if (content.length === 0)
      this.#emptyRecords = this.#count(this.#emptyRecords, 'emptyRecords', 'empty records')
    else this.#host.emit({ type: 'earlyData', data: content })
  }

  /** Up to TLS 1.2 a step of the handshake. RFC 8446 §D.4: since then of no meaning, but for middleboxes; anything but its one form at its time is an error. */
  #onChangeCipherSpec(content: Uint8Array): void {
    const { context, driver } = this.#host
    const hasItsForm = content.length === 1 && content[0] === 1
    if (context.changeCipherSpecDelivered && hasItsForm) {
      driver.deliver(changeCipherSpec)
      return
    }
    if (!context.changeCipherSpecAllowed || !hasItsForm)
      throw new TlsError(
        'ERR_UNEXPECTED_MESSAGE',
        'A change_cipher_spec came out of its time or form',
        { section: 'RFC 8446 §5' },
      )
    context.passedOverChangeCipherSpec = true
    this.#changeCipherSpecs = this.#count(
      this.#changeCipherSpecs,
      'changeCipherSpecs',
      'change_cipher_spec records',
    )
  }

  #onAlert(content: Uint8Array): void {
    const [level, description] = readAlert(content)
    const { context, driver } = this.#host
    context.trace?.(alertEvent('received', level, description))
    const isWarning = level === AlertLevel.warning
    if (description === AlertDescription.close_notify) this.#onCloseNotify()
    else if (isWarning && description === context.deliveredWarning) driver.deliver(noCertificate)
    else if (
      isWarning &&
      (description === AlertDescription.user_canceled ||
        context.toleratedWarnings.includes(description))
    )
      this.#warningAlerts = this.#count(this.#warningAlerts, 'warningAlerts', 'warning alerts')
    // RFC 8446 §6: whatever its level says, every other alert is fatal.
    else {
      const received = nameOf(alertDescriptions, description)
      throw new TlsError('ERR_ALERT_RECEIVED', `The peer sent the alert ${received}`, {
        received,
        ...alertAdvice(received),
      })
    }
  }

  #onCloseNotify(): void {
    const { context, complete } = this.#host
    if (!complete)
      throw new TlsError(
        'ERR_CLOSED_DURING_HANDSHAKE',
        'The peer sent close_notify before the handshake was complete',
      )
    this.closed = true
    context.at('closed by the peer')
    this.#host.emit({ type: 'closeNotify' })
    this.#host.peerClosed()
  }

  #onTruncated(): void {
    const { context, complete } = this.#host
    throw complete
      ? new TlsError('ERR_TRUNCATED', 'The connection ended without close_notify')
      : new TlsError(
          'ERR_CLOSED_DURING_HANDSHAKE',
          `The connection ended before the handshake was complete, while ${context.step}`,
        )
  }

  #count(
    before: number,
    limit: 'emptyRecords' | 'warningAlerts' | 'changeCipherSpecs',
    what: string,
  ): number {
    const max = this.#host.context.limits[limit]
    if (before >= max) throw new TlsError('ERR_TOO_MUCH', `The peer sent more than ${max} ${what}`)
    return before + 1
  }
}

/** RFC 8446 §6. @returns level and description */
function readAlert(content: Uint8Array): readonly [level: number, description: number] {
  const [level, description] = content
  if (content.length === 0)
    throw new TlsError('ERR_UNEXPECTED_MESSAGE', 'An alert record is empty', {
      section: 'RFC 8446 §5.4',
    })
  if (content.length !== 2 || level === undefined || description === undefined)
    throw new TlsError('ERR_DECODE', `An alert has ${content.length} bytes, not 2`, {
      section: 'RFC 8446 §6',
    })
  if (level !== AlertLevel.warning && level !== AlertLevel.fatal)
    throw new TlsError('ERR_ILLEGAL_PARAMETER', `An alert has the level ${level}`, {
      section: 'RFC 8446 §6',
    })
  return [level, description]
}

export function alertEvent(direction: Direction, level: number, description: number) {
  return {
    type: 'alert',
    direction,
    level: nameOf(alertLevels, level),
    description: nameOf(alertDescriptions, description),
  } as const
}
