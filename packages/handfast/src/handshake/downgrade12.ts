/** Signs that somebody, or an error, pushed a connection down to an older version (RFC 8446 §4.1.3, RFC 7507). */
import { fromText, sameBytes } from '../codec/bytes.ts'
import type { ClientHello, ServerHello } from '../codec/messages.ts'
import { CipherSuiteId, nameOf, ProtocolVersion, protocolVersions } from '../codec/registry.ts'
import { TlsError } from '../errors.ts'
import type { HandshakeContext } from './context.ts'

/** The last bytes of the random of a server that has TLS 1.3 and speaks TLS 1.2, or has 1.2 and speaks one before. */
const sentinelOf13 = fromText('DOWNGRD\x01')
const sentinelOf12 = fromText('DOWNGRD\x00')

/** A server's random for this version: it ends in a sentinel where the server has a newer one. */
export function serverRandom(hs: HandshakeContext, version: number): Uint8Array {
  const random = hs.crypto.random(32)
  if (version < ProtocolVersion.TLS12 && hs.highestVersion >= ProtocolVersion.TLS12)
    random.set(sentinelOf12, 24)
  else if (hs.highestVersion >= ProtocolVersion.TLS13) random.set(sentinelOf13, 24)
  return random
}

/** Client: a server that has a newer version must not have been talked out of it. */
export function refuseDowngrade(hs: HandshakeContext, version: number, hello: ServerHello): void {
  const end = hello.random.subarray(24)
  const downgraded =
    (hs.highestVersion >= ProtocolVersion.TLS13 &&
      (sameBytes(end, sentinelOf13) || sameBytes(end, sentinelOf12))) ||
    (hs.highestVersion >= ProtocolVersion.TLS12 &&
      version < ProtocolVersion.TLS12 &&
      sameBytes(end, sentinelOf12))
  if (downgraded)
    throw new TlsError(
      'ERR_DOWNGRADE',
      `The server has a newer version than ${nameOf(protocolVersions, version)}, as this client has: somebody changed the offer on its way`,
    )
  if (hs.highestVersion > version)
    hs.checked('downgrade protection', "the last bytes of the server's random", 'RFC 8446 §4.1.3')
}

/** Server: a client that tries an older version after a failure says so; where we have a newer one, that was no reason. */
export function refuseFallback(hs: HandshakeContext, version: number, hello: ClientHello): void {
  if (hs.highestVersion > version && hello.cipherSuites.includes(CipherSuiteId.TLS_FALLBACK_SCSV))
    throw new TlsError(
      'ERR_INAPPROPRIATE_FALLBACK',
      `The client falls back to ${nameOf(protocolVersions, version)}, and this server has a newer version`,
    )
}
