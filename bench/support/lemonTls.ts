/** lemon-tls, with the options of node:tls that it has under other names. */
import type { EventEmitter } from 'node:events'
import type { Server } from 'node:net'
import type * as nodeTls from 'node:tls'

interface LemonServer extends EventEmitter {
  readonly _tcpServer: Server
}

export interface LemonTls {
  readonly default: {
    connect(options: object): EventEmitter
    createServer(options: object, onConnection: (socket: EventEmitter) => void): LemonServer
  }
}

const groups: Readonly<Record<string, number>> = { X25519: 0x001d, 'P-256': 0x0017 }
const cipherSuites: Readonly<Record<string, number>> = {
  TLS_AES_128_GCM_SHA256: 0x1301,
  TLS_AES_256_GCM_SHA384: 0x1302,
  TLS_CHACHA20_POLY1305_SHA256: 0x1303,
  'ECDHE-ECDSA-AES128-GCM-SHA256': 0xc02b,
  'ECDHE-RSA-AES128-GCM-SHA256': 0xc02f,
}

interface Options {
  readonly ecdhCurve: string
  readonly ciphers: string
}

/** Its client offers all that it has, whatever the options say: its server, or that of node:tls, decides. */
function lemonOptions(options: Options): object {
  const { ecdhCurve, ciphers, ...rest } = options
  return {
    ...rest,
    groups: ecdhCurve.split(':').map((name) => groups[name]),
    allowedCipherSuites: ciphers.split(':').map((name) => cipherSuites[name]),
  }
}

export function lemonTls({ default: lemon }: LemonTls): typeof nodeTls {
  const shape = {
    createSecureContext: (options: Options) => options,
    connect({ secureContext, ...options }: { readonly secureContext: Options }) {
      return lemon.connect({ ...lemonOptions(secureContext), ...options })
    },
    // It ends with an error where the chain does not verify, and says `authorized: false` of one that did.
    endsUnlessVerified: true,
    createServer(options: Options, onConnection: (socket: EventEmitter) => void) {
      const server = lemon.createServer(lemonOptions(options), onConnection)
      server._tcpServer.once('listening', () => server.emit('listening'))
      return server
    },
  }
  return shape as unknown as typeof nodeTls
}
