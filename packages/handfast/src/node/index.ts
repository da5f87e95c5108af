/** TLS for Node in the shape of node:tls, with what node:tls lacks. See docs/node.md for the differences. */
export { convertALPNProtocols } from './alpn.ts'
export { connect } from './connect.ts'
export type { ConnectionError } from './errors.ts'
export { Agent, createHttpsServer, HttpsServer, type HttpsServerOptions } from './https.ts'
export type { KeyInput } from './identities.ts'
export { checkServerIdentity, type IdentityError } from './identity.ts'
export type { NameList } from './names.ts'
export type {
  AlpnProtocols,
  ClientHelloAnswer,
  ConnectOptions,
  ServerOptions,
  TLSSocketOptions,
} from './options.ts'
export { createSecureContext, SecureContext, type SecureContextOptions } from './secureContext.ts'
export { createServer, Server } from './server.ts'
export { getCiphers, rootCertificates } from './tables.ts'
export { TLSSocket } from './tlsSocket.ts'
export type { IdentityCheck } from './verification.ts'
export type { CertificateError } from './verifyErrors.ts'

/** Versions that connections may have by default; TLS 1.3 is all there is. */
export const DEFAULT_MIN_VERSION = 'TLSv1.3'
export const DEFAULT_MAX_VERSION = 'TLSv1.3'
export const DEFAULT_ECDH_CURVE = 'auto'
