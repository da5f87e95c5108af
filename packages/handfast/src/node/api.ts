/** Everything that handfast/node exports. */
export { convertALPNProtocols } from './alpn.ts'
export { connect } from './connect.ts'
export type { ConnectionError } from './errors.ts'
export { ja3, ja4 } from './fingerprints.ts'
export { connectHttp2, type Http2ConnectOptions } from './http2.ts'
export {
  Agent,
  createHttpsServer,
  createSecureServer,
  HttpsServer,
  type HttpsServerOptions,
  type SecureHttp2ServerOptions,
} from './https.ts'
export type { KeyInput } from './identities.ts'
export { checkServerIdentity, type IdentityError } from './identity.ts'
export { isRegistered } from './isRegistered.ts'
export type { NameList } from './names.ts'
export type {
  AlpnProtocols,
  ClientHelloAnswer,
  ConnectOptions,
  ServerOptions,
  TLSSocketOptions,
} from './options.ts'
export {
  type CertificateSource,
  getCACertificates,
  setDefaultCACertificates,
} from './roots.ts'
export { createSecureContext, SecureContext, type SecureContextOptions } from './secureContext.ts'
export { createServer, Server } from './server.ts'
export {
  CLIENT_RENEG_LIMIT,
  CLIENT_RENEG_WINDOW,
  createSecurePair,
  DEFAULT_CIPHERS,
  DEFAULT_ECDH_CURVE,
  DEFAULT_MAX_VERSION,
  DEFAULT_MIN_VERSION,
  getCertificateCompressionAlgorithms,
  getCiphers,
  rootCertificates,
} from './tables.ts'
export { TLSSocket } from './tlsSocket.ts'
export {
  type UndiciConnect,
  type UndiciConnectorOptions,
  type UndiciTarget,
  undiciConnector,
} from './undici.ts'
export type { IdentityCheck } from './verification.ts'
export type { CertificateError } from './verifyErrors.ts'
