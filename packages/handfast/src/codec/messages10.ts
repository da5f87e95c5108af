/** The handshake messages of TLS 1.1, TLS 1.0 (RFC 4346 §7.4, RFC 2246 §7.4) and SSL 3.0 (RFC 6101 §5.6) that differ from TLS 1.2's. */
import {
  type ClassicForms,
  certificateAuthorities,
  certificateTypes,
  forms12,
  ServerDHParams,
  ServerECDHParams,
} from './messages12.ts'
import { ProtocolVersion } from './registry.ts'
import { opaque, rest, struct } from './wire.ts'

/** No algorithm is said: an RSA key signs the digests of MD5 and SHA-1, an ECDSA key that of SHA-1. */
const DigitallySigned = struct('DigitallySigned', 'RFC 4346 §4.7', { signature: opaque(0, 65_535) })

export const forms10: ClassicForms = {
  ...forms12,
  ServerKeyExchangeECDHE: struct('ServerKeyExchange', 'RFC 4492 §5.4', {
    params: ServerECDHParams,
    signedParams: DigitallySigned,
  }),
  ServerKeyExchangeDHE: struct('ServerKeyExchange', 'RFC 4346 §7.4.3', {
    params: ServerDHParams,
    signedParams: DigitallySigned,
  }),
  CertificateRequest: struct('CertificateRequest', 'RFC 4346 §7.4.4', {
    certificateTypes,
    certificateAuthorities,
  }),
  CertificateVerify: { ...DigitallySigned, type: 'CertificateVerify' },
}

/** RFC 6101 §5.6.7.1: the encrypted secret is the whole message, without its length before it. */
export const formsSSL3: ClassicForms = {
  ...forms10,
  ClientKeyExchangeRSA: struct('ClientKeyExchange', 'RFC 6101 §5.6.7.1', {
    encryptedPreMasterSecret: rest,
  }),
}

/** The forms of a version's messages. */
export function formsOf(version: number): ClassicForms {
  if (version >= ProtocolVersion.TLS12) return forms12
  return version > ProtocolVersion.SSL3 ? forms10 : formsSSL3
}
