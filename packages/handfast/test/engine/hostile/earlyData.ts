/** Early data that a server says it took, and cannot have; and more of it than a client may send (RFC 8446 §4.2.10). */
import { CipherSuiteId, ExtensionType } from '../../../src/codec/registry.ts'
import type { ClientConfig, ServerConfig } from '../../../src/config.ts'
import { nodeProvider } from '../../../src/crypto/node/index.ts'
import { memoryReplayGuard, type Session, statelessTickets } from '../../../src/index.ts'
import { eventsOf, exchange, pairOf } from '../pair.ts'
import { type Case, illegal, tooMuch } from './expected.ts'
import { adding, without } from './peer.ts'

const clock = Date.now
const newTickets = () =>
  statelessTickets({ crypto: nodeProvider, aead: nodeProvider.cipherSuites[0]!.aead, clock })

const protocols = { alpnProtocols: ['a', 'b'] }
const earlyData = new Uint8Array(10)

/** A client with a session that allows early data, and the server that issued it. */
function resumable(): {
  client: Partial<ClientConfig>
  server: Partial<ServerConfig>
  session: Session
} {
  const server = {
    ...protocols,
    tickets: newTickets(),
    earlyData: { maxBytes: 10, replayGuard: memoryReplayGuard({ clock }) },
  }
  const pair = pairOf(protocols, server)
  exchange(pair)
  const { session } = eventsOf(pair.client, 'session')[0]!
  return { client: { ...protocols, session, earlyData }, server, session }
}

/** The server that took none says that it did. */
function claimed(change: Partial<ServerConfig>): Pick<Case, 'client' | 'server' | 'messages'> {
  const { client, server } = resumable()
  return {
    client,
    server: { ...server, ...change },
    messages: { EncryptedExtensions: adding(ExtensionType.early_data) },
  }
}

export const earlyDataClaims: readonly Case[] = [
  {
    what: 'early data is taken without its session',
    ...claimed({ tickets: newTickets() }),
    expect: illegal('RFC 8446 §4.2.10'),
  },
  {
    what: 'early data is taken with another cipher suite',
    ...claimed({ cipherSuites: [CipherSuiteId.TLS_CHACHA20_POLY1305_SHA256] }),
    expect: illegal('RFC 8446 §4.2.10'),
  },
  {
    what: 'early data is taken with another application protocol',
    ...claimed({ alpnProtocols: ['b'] }),
    expect: illegal('RFC 8446 §4.2.10'),
  },
  {
    what: 'early data is answered with TLS 1.2',
    ...resumable(),
    messages: { ServerHello: without(ExtensionType.supported_versions) },
    expect: {
      code: 'ERR_NO_COMMON_VERSION',
      alert: 'protocol_version',
      section: 'RFC 8446 §D.3',
    },
  },
]

const { client, server, session } = resumable()
export const earlyDataCases: readonly Case[] = [
  {
    what: 'early data is more than the ticket allows',
    client: { ...client, session: { ...session, maxEarlyData: 11 }, earlyData: new Uint8Array(11) },
    server,
    expect: tooMuch('RFC 8446 §4.6.1'),
  },
]
