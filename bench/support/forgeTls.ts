/** node-forge's client: TLS 1.1 with RSA key transport and AES-CBC, in pure JavaScript. */
import type { Socket } from 'node:net'
import type * as nodeTls from 'node:tls'
import { ShapedSocket, shapedLikeNodeTls } from './socketShape.ts'

interface ByteQueue {
  getBytes(): string
}

interface Connection {
  readonly tlsData: ByteQueue
  readonly data: ByteQueue
  readonly session: { readonly version: { readonly minor: number } }
  handshake(): void
  process(bytes: string): void
  prepare(bytes: string): void
  close(): void
}

interface Certificate {
  getExtension(name: string): { readonly altNames: readonly { readonly value: string }[] } | null
}

export interface Forge {
  readonly pki: { createCaStore(pems: readonly string[]): unknown }
  readonly tls: {
    readonly CipherSuites: Readonly<Record<string, unknown>>
    createConnection(options: object): Connection
  }
}

export function forgeTls({ pki, tls }: Forge): typeof nodeTls {
  const cipherSuites = [tls.CipherSuites.TLS_RSA_WITH_AES_128_CBC_SHA]

  class ForgeSocket extends ShapedSocket {
    readonly #connection: Connection

    constructor(transport: Socket, options: object) {
      super(transport)
      this.#connection = tls.createConnection({
        server: false,
        cipherSuites,
        ...options,
        connected: () => this.emit('secureConnect'),
        tlsDataReady: ({ tlsData }: Connection) => transport.write(tlsData.getBytes(), 'latin1'),
        dataReady: ({ data }: Connection) =>
          this.emit('data', Buffer.from(data.getBytes(), 'latin1')),
        closed: () => transport.end(),
        error: (_: Connection, { message }: { readonly message: string }) =>
          this.fail(new Error(message)),
      })
      transport.on('data', (data) => this.#connection.process(data.toString('latin1')))
    }

    handshake(): void {
      this.#connection.handshake()
    }

    protected send(data: Uint8Array): undefined {
      this.#connection.prepare(
        Buffer.from(data.buffer, data.byteOffset, data.length).toString('latin1'),
      )
    }

    getCipher(): { readonly name: string } {
      return { name: 'AES128-SHA' }
    }

    getProtocol(): string {
      return `TLSv1.${this.#connection.session.version.minor - 1}`
    }

    override end(): void {
      this.#connection.close()
    }
  }

  const stores = new Map<string, unknown>()
  const store = (pem: string) => {
    if (!stores.has(pem)) stores.set(pem, pki.createCaStore([pem]))
    return stores.get(pem)
  }
  return shapedLikeNodeTls(({ servername, secureContext }, transport) => {
    const socket = new ForgeSocket(transport, {
      caStore: store(secureContext.ca),
      virtualHost: servername,
      // It judges the chain; whose certificate it is must be asked here.
      verify: (_: Connection, verified: unknown, depth: number, [leaf]: readonly Certificate[]) =>
        verified === true && depth === 0
          ? leaf!.getExtension('subjectAltName')?.altNames.some((one) => one.value === servername)
          : verified,
    })
    transport.once('connect', () => socket.handshake())
    return socket
  })
}
