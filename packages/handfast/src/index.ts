/**
 * handfast: TLS in TypeScript. The engine does no I/O: see `Connection` for its whole contract.
 * Adapters: `handfast/node` (sockets, in the shape of node:tls). Crypto: `handfast/crypto/node`, `handfast/crypto/noble`.
 */

export { certificateVerifier, dangerousAcceptAnyCertificate } from './certificateVerifier.ts'
export { ClassicCipherSuiteId } from './codec/classicCipherSuites.ts'
export { opensslName } from './codec/opensslName.ts'
export * from './codec/registry.ts'
export {
  type SignatureScheme,
  signatureScheme,
  signatureSchemes,
  signatureSchemeTable,
} from './codec/signatureScheme.ts'
export type * from './config.ts'
export type { Connection } from './connection.ts'
export type { ConnectionEvent } from './connectionEvents.ts'
export { clientConnection, serverConnection } from './connections.ts'
export type * from './crypto/provider.ts'
export {
  defaultCipherSuites,
  defaultGroups,
  defaultKeyShares,
  defaultRetryGroups,
  defaultSignatureSchemes,
} from './defaults.ts'
export { defaultClassicCipherSuites } from './defaults12.ts'
export {
  type Blame,
  ConfigurationError,
  type FailureCode,
  failureTable,
  TlsError,
} from './errors.ts'
export { ja3, ja3Text } from './fingerprint/ja3.ts'
export { ja4, ja4Text } from './fingerprint/ja4.ts'
export { clientConnectionOf } from './handshake/client.ts'
export { tls12Client } from './handshake/client12.ts'
export { tls13Client, tls13ClientOf } from './handshake/client13.ts'
export { preSharedKeys } from './handshake/clientPreSharedKeys.ts'
export { certificateCompression } from './handshake/compressedCertificate.ts'
export type { Parts13 } from './handshake/parts13.ts'
export type { ClientProtocol, LegacyDoor, ServerProtocol } from './handshake/protocol.ts'
export { serverConnectionOf } from './handshake/server.ts'
export { tls12Server } from './handshake/server12.ts'
export { tls13Server } from './handshake/server13.ts'
export { type IdentityFiles, identityFrom } from './identity.ts'
export { importPreSharedKey } from './keys/importedPsk.ts'
export { defaultLimits, type Limits } from './limits.ts'
export { decodePem, encodePem, type PemBlock } from './pem.ts'
export { memoryReplayGuard, type ReplayGuard } from './session/replayGuard.ts'
export {
  parseSession,
  type Session,
  type SessionState,
  serializeSession,
} from './session/session.ts'
export { type SessionIds, sessionCache } from './session/sessionIds.ts'
export {
  memoryStore,
  type SessionStore,
  type StatelessTicketOptions,
  type StatelessTickets,
  statefulTickets,
  statelessTickets,
  type TicketService,
} from './session/tickets.ts'
export { tlsServerEndPoint } from './tlsServerEndPoint.ts'
export type * from './trace/events.ts'
export {
  type CertificateVerifierOptions,
  certificateVerifierOf,
  type VerifierPart,
} from './verifier/certificateVerifierOf.ts'
export { revocationChecks } from './verifier/revocationChecks.ts'
export { tlsaMatching } from './verifier/tlsaMatching.ts'
export { transparencyChecks } from './verifier/transparencyChecks.ts'
