/** Records in and out, under the keys that are in force (RFC 8446 §5). It does no I/O: bytes are handed in and taken out. */

import { ContentType, contentTypes, nameOf } from '../codec/registry.ts'
import type { MaybePromise } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import { maxCiphertextExpansion, maxPlaintextLength } from '../limits.ts'
import type { RecordEvent } from '../trace/events.ts'
import { RecordFramer, recordHeaderLength } from './framing.ts'
import {
  type OpenedRecord,
  type Protection,
  type ProtectionName,
  recordHeader,
} from './protection.ts'

/** A place in the order of what is sent, for a record that is still being sealed. */
interface Slot {
  record: Uint8Array | undefined
}

export type RecordTrace = (event: Omit<RecordEvent, 'time' | 'role'>) => void

export interface RecordHost {
  readonly trace: RecordTrace | undefined
  /** Zeros to add, by the length of the content. */
  paddingFor(contentLength: number): number
  /** Called when a record that was sealed later is ready, or could not be sealed. */
  onSealed(failure?: { readonly reason: unknown }): void
}

function allocateArray(length: number): Uint8Array {
  return new Uint8Array(length)
}

const nothing: readonly never[] = []

export class RecordLayer {
  readonly #framer = new RecordFramer()
  readonly #host: RecordHost
  #read: Protection | undefined
  #write: Protection | undefined
  #output: readonly (Uint8Array | Slot)[] = nothing
  /** A record could not be sealed: the peer could open nothing that comes after it. */
  #broken = false
  #plaintextSent = 0
  #plaintextReceived = 0
  /** The largest content, in bytes, that the peer wants (RFC 8449) and our configuration allows. */
  maxFragment: number
  /** The largest TLSInnerPlaintext, in bytes, that we told the peer to send (RFC 8449). */
  receiveLimit = maxPlaintextLength + 1
  /** Where records are written: as many bytes as it is asked for. */
  allocate: (length: number) => Uint8Array = allocateArray
  /** Of the headers of records that are not protected. Default: 0x0303, as TLS 1.3 has it. */
  version: number | undefined
  /** True after our close_notify: nothing may follow it (RFC 8446 §6.1). */
  ended = false
  /** Bytes of records, headers included, that may still be passed over because they are early data that was refused (RFC 8446 §4.2.10). */
  skippableBytes = 0

  /** @param maxSendFragment the largest content that is sent, in bytes */
  constructor(host: RecordHost, maxSendFragment: number) {
    this.#host = host
    this.maxFragment = maxSendFragment
  }

  get readProtection(): ProtectionName {
    return this.#read?.name ?? 'plaintext'
  }

  get writeProtection(): ProtectionName {
    return this.#write?.name ?? 'plaintext'
  }

  /** Records that the present sending keys have protected. */
  get recordsSealed(): number {
    return this.#write?.sequenceNumber ?? 0
  }

  /** True where the peer's last record has arrived whole. */
  get atRecordBoundary(): boolean {
    return this.#framer.empty
  }

  setRead(protection: Protection): void {
    this.#read?.destroy()
    this.#read = protection
  }

  setWrite(protection: Protection): void {
    this.#write?.destroy()
    this.#write = protection
  }

  /** Sends in the clear again: the early keys were refused together with what they protect. */
  clearWrite(): void {
    this.#write?.destroy()
    this.#write = undefined
  }

  receive(bytes: Uint8Array): void {
    this.#framer.receive(bytes)
  }

  /** Refers no longer to what was received: its owner may use it again while an answer is waited for. */
  keepInput(): void {
    this.#framer.keep()
  }

  /**
   * The next record, opened; undefined where more bytes are needed.
   * @throws TlsError for a record that cannot be
   */
  next(): MaybePromise<OpenedRecord> | undefined {
    for (;;) {
      const protection = this.#read
      const skipping = this.skippableBytes > 0 ? maxCiphertextExpansion : 0
      const record = this.#framer.next(
        protection?.expansion ?? skipping,
        protection?.hidesType === false,
      )
      if (record === undefined) return undefined
      const type = record[0]!
      // RFC 8446 §5: change_cipher_spec is never protected in TLS 1.3.
      const inTheClear = protection?.hidesType === true && type === ContentType.change_cipher_spec
      if (protection === undefined || inTheClear) {
        if (type === ContentType.application_data && this.#skip(record)) continue
        return this.#plain(type, record)
      }
      // A peer that could not follow our flight may send its alert before it has keys.
      if (
        type === ContentType.alert &&
        (protection.name === 'handshake' || protection.name === 'early') &&
        protection.sequenceNumber === 0
      )
        return this.#plain(type, record)
      if (protection.hidesType && type !== ContentType.application_data)
        throw new TlsError(
          'ERR_UNEXPECTED_MESSAGE',
          `A record of type ${nameOf(contentTypes, type)} came unprotected after keys were in force`,
          { section: 'RFC 8446 §5' },
        )
      const sequenceNumber = protection.sequenceNumber
      const opened = protection.open(record)
      if (isLater(opened)) {
        const kept = record.slice()
        return opened.then(
          // A record to be passed over has no content; the caller asks for the next.
          (value) => this.#opened(value, kept, protection, sequenceNumber) ?? passedOver,
        )
      }
      const result = this.#opened(opened, record, protection, sequenceNumber)
      if (this.#host.trace === undefined) this.#framer.release(record)
      if (result !== undefined) return result
    }
  }

  #plain(type: number, record: Uint8Array): OpenedRecord {
    const content = record.subarray(recordHeaderLength)
    this.#host.trace?.({
      type: 'record',
      direction: 'received',
      contentType: nameOf(contentTypes, type),
      innerType: nameOf(contentTypes, type),
      protection: 'plaintext',
      generation: 0,
      sequenceNumber: this.#plaintextReceived++,
      bytes: record,
      content,
      padding: 0,
    })
    return { type, content, padding: 0 }
  }

  #opened(
    opened: OpenedRecord | undefined,
    record: Uint8Array,
    protection: Protection,
    sequenceNumber: number,
  ): OpenedRecord | undefined {
    if (opened === undefined) {
      if (this.#skip(record)) {
        protection.forgetLast()
        return undefined
      }
      throw new TlsError(
        'ERR_BAD_RECORD_MAC',
        `Record ${sequenceNumber} under the ${protection.name} keys does not verify: it was changed on its way, or sealed with other keys`,
      )
    }
    // A client sends early data before it hears of our limit, which is told in EncryptedExtensions.
    const limited = protection.name !== 'early'
    if (limited && opened.content.length + 1 + opened.padding > this.receiveLimit)
      throw new TlsError(
        'ERR_RECORD_OVERFLOW',
        `A record holds more than the ${this.receiveLimit} bytes of our record_size_limit`,
        { section: 'RFC 8449 §4' },
      )
    if (opened.type === ContentType.change_cipher_spec)
      throw new TlsError('ERR_UNEXPECTED_MESSAGE', 'A change_cipher_spec came protected', {
        section: 'RFC 8446 §5',
      })
    // Early data precedes everything that the handshake keys protect.
    this.skippableBytes = 0
    this.#host.trace?.({
      type: 'record',
      direction: 'received',
      contentType: nameOf(contentTypes, record[0]!),
      innerType: nameOf(contentTypes, opened.type),
      protection: protection.name,
      generation: protection.generation,
      sequenceNumber,
      bytes: record,
      content: opened.content,
      padding: opened.padding,
      ...nonceOf(protection),
    })
    return opened
  }

  #skip(record: Uint8Array): boolean {
    if (this.skippableBytes === 0) return false
    // Headers count: an empty record is not for nothing.
    const { length } = record
    if (length > this.skippableBytes)
      throw new TlsError('ERR_TOO_MUCH', 'The peer sends more early data than it may', {
        section: 'RFC 8446 §4.2.10',
      })
    this.skippableBytes -= length
    return true
  }

  /** Cuts `content` into records under the present keys. @param version of the header of a record that is not protected */
  send(type: number, content: Uint8Array, version?: number): void {
    // RFC 8446 §5.1: an alert is never cut, however small the fragments are that the caller wants.
    const most = type === ContentType.alert ? Math.max(1, content.length) : this.maxFragment
    if (this.#broken || this.#sendTogether(type, content, most)) return
    let at = 0
    do {
      const end = Math.min(at + most, content.length)
      if (this.#write?.splitsData && type === ContentType.application_data && end - at > 1)
        this.#sendRecord(type, content.subarray(at, ++at), version)
      this.#sendRecord(type, content.subarray(at, end), version)
      at = end
    } while (at < content.length)
  }

  /**
   * All records of `content` into one piece of memory: a large write makes one allocation and one piece of output.
   * @param max bytes of content in a record
   * @returns false where the protection cannot, and records are sealed one by one
   */
  #sendTogether(type: number, content: Uint8Array, max: number): boolean {
    const protection = this.#write
    if (type === ContentType.change_cipher_spec || protection?.sealInto === undefined) return false
    const { length } = content
    const paddings: number[] = []
    let room = 0
    for (let at = 0; at < length || at === 0; at += max) {
      const size = Math.min(max, length - at)
      const padding = this.#paddingFor(size, protection)
      const needed = protection.roomFor!(size, padding)
      if (needed === undefined) return false
      paddings.push(padding)
      room += needed
    }
    const output = this.allocate(room)
    let offset = 0
    for (let i = 0; i < paddings.length; i++) {
      const padding = paddings[i]!
      const part = length <= max ? content : content.subarray(i * max, (i + 1) * max)
      const sequenceNumber = protection.sequenceNumber
      protection.sealInto(type, part, padding, output, offset)
      const end = offset + protection.roomFor!(part.length, padding)!
      if (this.#host.trace !== undefined) {
        const record = output.subarray(offset, end)
        this.#traceSent(record, type, part, padding, protection, sequenceNumber)
      }
      offset = end
    }
    this.#add(output)
    return true
  }

  #sendRecord(type: number, content: Uint8Array, version?: number): void {
    if (this.#broken) return
    const protection = type === ContentType.change_cipher_spec ? undefined : this.#write
    if (protection === undefined) {
      const record = this.allocate(recordHeaderLength + content.length)
      record.set(recordHeader(type, content.length, version ?? this.version))
      record.set(content, recordHeaderLength)
      this.#traceSent(record, type, content, 0, undefined, this.#plaintextSent++)
      this.#add(record)
      return
    }
    const sequenceNumber = protection.sequenceNumber
    const padding = this.#paddingFor(content.length, protection)
    const sealed = protection.seal(type, content, padding)
    if (sealed instanceof Uint8Array) {
      this.#traceSent(sealed, type, content, padding, protection, sequenceNumber)
      this.#add(sealed)
      return
    }
    const slot: Slot = { record: undefined }
    this.#add(slot)
    sealed.then(
      (record) => {
        slot.record = record
        this.#traceSent(record, type, content, padding, protection, sequenceNumber)
        this.#host.onSealed()
      },
      (reason: unknown) => {
        this.#broken = true
        const at = this.#output.indexOf(slot)
        if (at >= 0) this.#output = this.#output.slice(0, at)
        this.#host.onSealed({ reason })
      },
    )
  }

  /** An array is made for the first piece, and given up with the last. */
  #add(piece: Uint8Array | Slot): void {
    if (this.#output.length === 0) this.#output = [piece]
    else (this.#output as (Uint8Array | Slot)[]).push(piece)
  }

  #paddingFor(contentLength: number, { hidesType }: Protection): number {
    const wanted = hidesType ? this.#host.paddingFor(contentLength) : 0
    if (wanted === 0) return 0
    return Math.max(0, Math.min(Math.floor(wanted), this.maxFragment - contentLength))
  }

  #traceSent(
    bytes: Uint8Array,
    type: number,
    content: Uint8Array,
    padding: number,
    protection: Protection | undefined,
    sequenceNumber: number,
  ): void {
    this.#host.trace?.({
      type: 'record',
      direction: 'sent',
      contentType: nameOf(contentTypes, bytes[0]!),
      innerType: nameOf(contentTypes, type),
      protection: protection?.name ?? 'plaintext',
      generation: protection?.generation ?? 0,
      sequenceNumber,
      bytes,
      content,
      padding,
      ...nonceOf(protection),
    })
  }

  /** What is ready to be sent, in order, each piece one record or several. */
  takeOutput(): readonly Uint8Array[] {
    const output = this.#output
    if (output.length === 0) return nothing
    const ready: Uint8Array[] = []
    for (const item of output) {
      const record = item instanceof Uint8Array ? item : item.record
      if (record === undefined) break
      ready.push(record)
    }
    this.#output = ready.length === output.length ? nothing : output.slice(ready.length)
    return ready
  }

  /** True while something is being sealed. */
  get sealing(): boolean {
    return this.#output.some((item) => !(item instanceof Uint8Array) && item.record === undefined)
  }

  /** Forgets all keys. */
  destroy(): void {
    this.#read?.destroy()
    this.#write?.destroy()
    this.#read = undefined
    this.#write = undefined
  }
}

/** For a trace: where the content of a record of TLS 1.2 begins. */
function nonceOf(protection: Protection | undefined): Pick<RecordEvent, 'nonceLength'> {
  return protection?.nonceLength === undefined ? {} : { nonceLength: protection.nonceLength }
}

const passedOver: OpenedRecord = { type: -1, content: new Uint8Array(0), padding: 0 }

/** True for what `next` answers in place of a record that was passed over. */
export function isPassedOver(record: OpenedRecord): boolean {
  return record === passedOver
}

function isLater<T>(value: MaybePromise<T> | undefined): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | undefined)?.then === 'function'
}

export const defaultMaxSendFragment: number = maxPlaintextLength
