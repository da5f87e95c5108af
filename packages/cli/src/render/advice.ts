/** What to do about a failure, in terms of this command's options; the engine's own advice stands before it. */
import type { FailureCode as CertificateFailure } from '@handfast/x509'
import type { TlsError } from 'handfast'
import { namesOf } from './certificates.ts'
import { listed } from './words.ts'

const certificateAdvice: { readonly [code in CertificateFailure]?: string } = {
  expired: 'Its operator must renew it. To look at the server nevertheless: --insecure.',
  'not-yet-valid':
    "Check this machine's clock first. To look at the server nevertheless: --insecure.",
  'unknown-issuer':
    'If you know the authority, trust it for this command with --ca FILE; if the server left out an intermediate, its operator must add it.',
  'self-signed-leaf':
    'If it is your own server, trust this very certificate with --ca FILE; or make one from a local authority (handfast serve does).',
  'self-signed-in-chain':
    'It is a private authority: trust it for this command with --ca FILE, if you know that it is yours.',
}

const alertAdvice: Readonly<Record<string, string>> = {
  certificate_required: 'Name a client certificate with --cert FILE and its key with --key FILE.',
  handshake_failure:
    'Offer more with --ciphers, --groups or --sigalgs; a server that wants a client certificate may say the same: --cert and --key.',
  insufficient_security: 'Offer others with --ciphers and --groups.',
  protocol_version: 'This build speaks TLS 1.3 only; the server may know TLS 1.2 and older only.',
  unrecognized_name: 'Ask for another name with --servername NAME.',
  no_application_protocol: 'Offer other protocols with --alpn, or none.',
  unknown_ca:
    'The server must be told to trust the authority of the certificate given with --cert.',
}

/** @returns a sentence, or undefined where the engine's own advice is all there is */
export function adviceFor(error: TlsError): string | undefined {
  const [failure] = error.verdict?.failures ?? []
  if (failure?.code === 'name-mismatch' && failure.certificate !== undefined) {
    const names = namesOf(failure.certificate)
    if (names.length > 0)
      return `The certificate is for ${listed(names, 8)}: ask for one of these, or use --servername NAME where the address is right and the name is not.`
  }
  if (failure !== undefined) return certificateAdvice[failure.code]
  if (error.received !== undefined) return alertAdvice[error.received]
  switch (error.code) {
    case 'ERR_NOT_TLS':
      return 'Where the protocol begins in the clear, name it with --starttls.'
    case 'ERR_NO_COMMON_VERSION':
      return 'This build speaks TLS 1.3 only.'
    case 'ERR_CLOSED_DURING_HANDSHAKE':
      return 'Try again; then a smaller offer (--groups x25519), another --servername, or --starttls where the protocol begins in the clear.'
    default:
      return undefined
  }
}
