/** subtls, a client of TLS 1.3 with P-256 and AES-128-GCM, over WebCrypto. */
import type { Socket } from 'node:net'
import type * as nodeTls from 'node:tls'
import { type DialOptions, ShapedSocket, shapedLikeNodeTls } from './socketShape.ts'

export interface SubTls {
  readonly TrustedCert: { databaseFromPEM(pem: string): Promise<unknown> }
  readonly SocketReadQueue: new (
    socket: Socket,
  ) => { read(bytes: number): Promise<Uint8Array | undefined> }
  startTls(
    host: string,
    roots: unknown,
    read: (bytes: number) => Promise<Uint8Array | undefined>,
    write: (data: Uint8Array) => void,
  ): Promise<{
    readonly write: (data: Uint8Array) => Promise<void>
    /** undefined at the end */
    readonly read: () => Promise<Uint8Array | undefined>
  }>
}

export function subTls(library: SubTls): typeof nodeTls {
  const databases = new Map<string, Promise<unknown>>()
  const database = (pem: string) => {
    const made = databases.get(pem) ?? library.TrustedCert.databaseFromPEM(pem)
    databases.set(pem, made)
    return made
  }

  class SubTlsSocket extends ShapedSocket {
    #write: ((data: Uint8Array) => Promise<void>) | undefined

    constructor(options: DialOptions, transport: Socket) {
      super(transport)
      transport.once('connect', () => {
        this.#start(options).catch((error) => this.fail(error))
      })
    }

    async #start({ servername, secureContext }: DialOptions): Promise<void> {
      const { transport } = this
      const queue = new library.SocketReadQueue(transport)
      const { write, read } = await library.startTls(
        servername,
        await database(secureContext.ca),
        queue.read.bind(queue),
        (data) => transport.write(data),
      )
      // Its Finished goes with the first data.
      await write(new Uint8Array(1))
      this.#write = write
      this.emit('secureConnect')
      for (let data = await read(); data !== undefined; data = await read()) this.emit('data', data)
    }

    protected send(data: Uint8Array): Promise<void> | undefined {
      return this.#write?.(data)
    }

    getCipher(): { readonly name: string } {
      return { name: 'TLS_AES_128_GCM_SHA256' }
    }

    getProtocol(): string {
      return 'TLSv1.3'
    }
  }
  return shapedLikeNodeTls((options, transport) => new SubTlsSocket(options, transport))
}
