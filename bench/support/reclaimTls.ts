/** @reclaimprotocol/tls, a client of TLS 1.2 and 1.3, over WebCrypto. */
import type { Socket } from 'node:net'
import type * as nodeTls from 'node:tls'
import { type DialOptions, ShapedSocket, shapedLikeNodeTls } from './socketShape.ts'

interface Connection {
  startHandshake(options: { readonly psk?: unknown }): Promise<void>
  handleReceivedBytes(bytes: Uint8Array): Promise<void>
  write(data: Uint8Array): Promise<void>
  end(): Promise<void>
  getMetadata(): { readonly cipherSuite: string; readonly version: string }
  getPskFromTicket(ticket: unknown): Promise<unknown>
}

export interface ReclaimTls {
  setCryptoImplementation(crypto: unknown): void
  loadX509FromPem(pem: string): unknown
  makeTLSClient(options: object): Connection
}

const curves: Readonly<Record<string, string>> = { X25519: 'X25519', 'P-256': 'SECP256R1' }
const versions: Readonly<Record<string, string>> = { 'TLSv1.3': 'TLS1_3', 'TLSv1.2': 'TLS1_2' }
const cipherSuites: Readonly<Record<string, string>> = {
  'ECDHE-ECDSA-AES128-GCM-SHA256': 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256': 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
}
const silent = { debug() {}, trace() {}, info() {}, warn() {}, error() {} }

export function reclaimTls(library: ReclaimTls, crypto: unknown): typeof nodeTls {
  library.setCryptoImplementation(crypto)
  const roots = new Map<string, unknown>()
  const root = (pem: string) => {
    if (!roots.has(pem)) roots.set(pem, library.loadX509FromPem(pem))
    return roots.get(pem)
  }

  class ReclaimSocket extends ShapedSocket {
    readonly #connection: Connection
    #full = false

    constructor(options: DialOptions, transport: Socket) {
      super(transport)
      const { ca, ecdhCurve, ciphers, minVersion } = options.secureContext
      this.#connection = library.makeTLSClient({
        host: options.servername,
        rootCAs: [root(ca)],
        namedCurves: ecdhCurve.split(':').map((name) => curves[name]),
        supportedProtocolVersions: [versions[minVersion]],
        cipherSuites: [cipherSuites[ciphers] ?? ciphers],
        logger: silent,
        write({ header, content }: Record<'header' | 'content', Uint8Array>) {
          transport.cork()
          transport.write(header)
          transport.write(content)
          transport.uncork()
        },
        onRecvCertificates: () => {
          this.#full = true
        },
        onHandshake: () => this.emit('secureConnect'),
        onSessionTicket: async (ticket: unknown) => {
          if (this.listenerCount('session') === 0) return
          this.emit('session', await this.#connection.getPskFromTicket(ticket))
        },
        onApplicationData: (data: Uint8Array) => this.emit('data', data),
        onTlsEnd: (error?: Error) => {
          if (error !== undefined) this.fail(error)
        },
      })
      const fail = (error: Error) => this.fail(error)
      transport.on('connect', () => {
        this.#connection.startHandshake({ psk: options.session }).catch(fail)
      })
      transport.on('data', (data) => {
        this.#connection.handleReceivedBytes(data).catch(fail)
      })
    }

    protected send(data: Uint8Array): Promise<void> {
      return this.#connection.write(data)
    }

    getCipher(): { readonly name: string } {
      return { name: this.#connection.getMetadata().cipherSuite }
    }

    getProtocol(): string {
      return `TLSv${this.#connection.getMetadata().version.slice(3).replace('_', '.')}`
    }

    override isSessionReused(): boolean {
      return !this.#full
    }

    override end(): void {
      void this.#connection.end()
      super.end()
    }
  }
  return shapedLikeNodeTls((options, transport) => new ReclaimSocket(options, transport))
}
