/**
 * Puts this library in the place of node:tls. Node's own clients (`https`, `http2`, `fetch`) look `tls.connect` up on the
 * exports of node:tls whenever they connect, so these are what is replaced; servers are made of classes that captured
 * node:tls when they were loaded, so `https` and `http2` get others.
 */
import { syncBuiltinESMExports } from 'node:module'
import { convertALPNProtocols } from './alpn.ts'
import { connect } from './connect.ts'
import { connectHttp2 } from './http2.ts'
import { createHttpsServer, createSecureServer, HttpsServer } from './https.ts'
import { checkServerIdentity } from './identity.ts'
import { nodeHttp2 } from './nodeHttp2.ts'
import { getCACertificates, setDefaultCACertificates } from './roots.ts'
import { createSecureContext, SecureContext } from './secureContext.ts'
import { createServer, Server } from './server.ts'
import { createSecurePair, getCiphers, settingsAccessors } from './tables.ts'
import { TLSSocket } from './tlsSocket.ts'

const tls = process.getBuiltinModule('node:tls')

const replacements: readonly [exports: object, Readonly<Record<string, unknown>>][] = [
  [
    tls,
    {
      checkServerIdentity,
      connect,
      convertALPNProtocols,
      createSecureContext,
      createSecurePair,
      createServer,
      getCACertificates,
      getCiphers,
      SecureContext,
      Server,
      setDefaultCACertificates,
      TLSSocket,
    },
  ],
  [
    process.getBuiltinModule('node:https'),
    { createServer: createHttpsServer, Server: HttpsServer },
  ],
  [process.getBuiltinModule('node:http2'), { connect: connectHttp2, createSecureServer }],
]

/**
 * Replaces what this Node has of those, for whoever asks from now on: by `import`, `require()` or
 * `process.getBuiltinModule()`. A second call changes nothing.
 */
export function replaceNodeTls(): void {
  // What connectHttp2 goes by must be Node's.
  nodeHttp2()
  for (const [exports, ours] of replacements)
    for (const [name, value] of Object.entries(ours))
      if (name in exports) Object.assign(exports, { [name]: value })
  // Programs may assign to these, and mean every connection from then on.
  Object.defineProperties(tls, settingsAccessors())
  syncBuiltinESMExports()
}
