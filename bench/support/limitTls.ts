/**
 * The limit of moving data: the same sockets, records of the same sizes, and only the sealing and opening of them, by the
 * provider that handfast uses. It has the shape of node:tls, and no handshake, so no secret: its keys are zeros.
 */
import { createServer, type Socket } from 'node:net'
import type * as nodeTls from 'node:tls'
import type { AeadKey } from 'handfast'
import { nodeProvider } from 'handfast/crypto/node'
import { freeMemory } from '../../packages/handfast/src/crypto/node/freeMemory.ts'
import { ShapedSocket, shapedLikeNodeTls } from './socketShape.ts'

/** The content of a full record, RFC 8446 §5.1, and what stands before and behind it, §5.2. */
const contentLength = 1 << 14
const headerLength = 5
const contentType = Uint8Array.of(0x17)
const nonce = new Uint8Array(12)
/** RFC 5246 §6.2.3.3: nothing stands behind the content, so many bytes of the nonce before it, and more is authenticated. */
const ciphers12: Readonly<Record<string, { readonly aead: string; readonly shown: number }>> = {
  'ECDHE-ECDSA-AES128-GCM-SHA256': { aead: 'AES-128-GCM', shown: 8 },
  'ECDHE-ECDSA-CHACHA20-POLY1305': { aead: 'ChaCha20-Poly1305', shown: 0 },
}
const additionalData12 = new Uint8Array(13)

/** Of the record that begins here, its header included; NaN where that is not whole. */
function recordLength(bytes: Buffer): number {
  return bytes.length < headerLength ? Number.NaN : headerLength + bytes.readUInt16BE(3)
}

class LimitSocket extends ShapedSocket {
  readonly #cipher: string
  readonly #key: AeadKey
  readonly #tagLength: number
  /** Bytes before the ciphertext. */
  readonly #headLength: number
  readonly #behind: readonly Uint8Array[]
  /** Small writes of one turn go into one record, as node:tls and handfast do it. */
  #small: Uint8Array[] = []
  #smallLength = 0
  #rest: Buffer | undefined
  /** What the system has taken: new memory would cost more than sealing. */
  readonly #free: Buffer[] = []

  constructor(transport: Socket, cipher: string) {
    super(transport)
    this.#cipher = cipher
    const classic = ciphers12[cipher]
    const { aead } = nodeProvider.cipherSuites.find(
      ({ name, aead }) => name === cipher || aead.name === classic?.aead,
    )!
    this.#headLength = headerLength + (classic?.shown ?? 0)
    this.#behind = classic === undefined ? [contentType] : []
    this.#key = aead.importKey(new Uint8Array(aead.keyLength)) as AeadKey
    this.#tagLength = aead.tagLength
    transport.on('drain', () => {
      this.writableNeedDrain = false
      this.emit('drain')
    })
    transport.on('data', (data) => this.#receive(data))
  }

  protected send(): undefined {}

  override write(data: Uint8Array): boolean {
    if (data.length >= contentLength) return this.#seal(data)
    if (this.#smallLength === 0) process.nextTick(() => this.#flush())
    this.#small.push(data)
    this.#smallLength += data.length
    return this.#smallLength < contentLength || this.#flush()
  }

  #flush(): boolean {
    if (this.#smallLength === 0) return true
    const [small, length] = [this.#small, this.#smallLength]
    this.#small = []
    this.#smallLength = 0
    const content = new Uint8Array(length)
    let offset = 0
    for (const part of small) {
      content.set(part, offset)
      offset += part.length
    }
    return this.#seal(content)
  }

  #seal(data: Uint8Array): boolean {
    const { length } = data
    const overhead = this.#headLength + this.#behind.length + this.#tagLength
    const records = Math.ceil(length / contentLength)
    const sealedLength = length + records * overhead
    const memory = this.#free.pop()
    const sealed = memory?.length === sealedLength ? memory : Buffer.allocUnsafeSlow(sealedLength)
    for (let from = 0, at = 0; from < length; from += contentLength) {
      const content = data.subarray(from, from + contentLength)
      sealed.writeUInt32BE(0x17030300, at)
      sealed.writeUInt16BE(content.length + overhead - headerLength, at + 3)
      const header = sealed.subarray(at, at + headerLength)
      this.#key.sealInto!(
        nonce,
        this.#authenticated(header),
        [content, ...this.#behind],
        sealed,
        at + this.#headLength,
      )
      at += content.length + overhead
    }
    const more = this.transport.write(sealed, () => this.#free.push(sealed))
    this.writableNeedDrain = this.transport.writableNeedDrain
    return more
  }

  #receive(data: Buffer): void {
    let at = 0
    if (this.#rest !== undefined) {
      const start = Buffer.concat([this.#rest, data.subarray(0, headerLength)])
      const missing = recordLength(start) - this.#rest.length
      if (start.length < headerLength || missing > data.length) {
        this.#rest = Buffer.concat([this.#rest, data])
        return
      }
      this.#open(Buffer.concat([this.#rest, data.subarray(0, missing)]))
      at = missing
    }
    while (data.length - at >= headerLength) {
      const end = at + recordLength(data.subarray(at))
      if (end > data.length) break
      this.#open(data.subarray(at, end))
      at = end
    }
    this.#rest = at < data.length ? Buffer.from(data.subarray(at)) : undefined
    // Memory that stays in the cache, and that no collection has to find.
    freeMemory(data)
  }

  #open(record: Buffer): void {
    const header = record.subarray(0, headerLength)
    const ciphertext = record.subarray(this.#headLength)
    const content = this.#key.open(nonce, this.#authenticated(header), ciphertext) as Uint8Array
    this.emit('data', content.subarray(0, content.length - this.#behind.length))
  }

  #authenticated(header: Uint8Array): Uint8Array {
    return this.#cipher in ciphers12 ? additionalData12 : header
  }

  getCipher(): { readonly name: string } {
    return { name: this.#cipher }
  }

  getProtocol(): string {
    return this.#cipher in ciphers12 ? 'TLSv1.2' : 'TLSv1.3'
  }

  override destroy(): void {
    this.#key.destroy()
    super.destroy()
  }
}

export const limitTls: typeof nodeTls = shapedLikeNodeTls(
  ({ secureContext }, transport) => {
    const socket = new LimitSocket(transport, secureContext.ciphers)
    transport.once('connect', () => socket.emit('secureConnect'))
    return socket
  },
  ({ ciphers }: { readonly ciphers: string }, onConnection: (socket: LimitSocket) => void) =>
    createServer((transport) => onConnection(new LimitSocket(transport, ciphers))),
)
