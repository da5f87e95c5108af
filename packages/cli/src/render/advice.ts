/** What to do about a failure, in terms of this command's options. */
import type { FailureCode as CertificateFailure } from '@handfast/x509'
import type { TlsError } from 'handfast'
import { namesOf } from './certificates.ts'
import { listed } from './words.ts'

const certificateAdvice: { readonly [code in CertificateFailure]?: string } = {
  expired:
    "Whoever runs the server must renew the certificate (check this machine's clock, too). To look at the server nevertheless: --insecure.",
  'not-yet-valid':
    "Check this machine's clock first; if it is right, the certificate was put in place too early. To look at the server nevertheless: --insecure.",
  'unknown-issuer':
    'If the authority is yours, trust it for this command: --ca FILE. If it is a public one, the server leaves out an intermediate certificate, and whoever runs it must add that to the chain. To look at the server nevertheless: --insecure.',
  'self-signed-leaf':
    'If it is your own server, trust this very certificate with --ca FILE, or let a local authority make one (handfast serve does). To look at the server nevertheless: --insecure.',
  'self-signed-in-chain':
    'It is a private authority: if it is yours, trust it for this command with --ca FILE. To look at the server nevertheless: --insecure.',
}

export const certificateAdviceOfOurs =
  'Name a client certificate with --cert FILE, and its key with --key FILE.'

const alertAdvice: Readonly<Record<string, string>> = {
  certificate_required: certificateAdviceOfOurs,
  handshake_failure:
    'Compare the offer above with what the server is set up for, and offer more with --ciphers, --groups or --sigalgs. A server that wants a client certificate may say the same: --cert and --key.',
  insufficient_security:
    'The server wants stronger ciphers: offer others with --ciphers and --groups.',
  protocol_version:
    'The server speaks none of the versions that were offered: leave --min-version and --max-version out, so that TLS 1.3 and TLS 1.2 are. One that knows only older versions should be updated; inspect --legacy looks at it all the same.',
  unrecognized_name: 'Ask for a name that the server has: --servername NAME.',
  no_application_protocol: 'Offer other protocols with --alpn, or none at all.',
  unknown_ca:
    'The server does not know the authority of the certificate that --cert names: send the intermediates with it, or let the server trust it.',
}

export function adviceFor(error: TlsError): string {
  return ownAdvice(error) ?? error.help
}

function ownAdvice(error: TlsError): string | undefined {
  const [failure] = error.verdict?.failures ?? []
  if (failure?.code === 'name-mismatch' && failure.certificate !== undefined) {
    const names = namesOf(failure.certificate)
    if (names.length > 0)
      return `Ask for a name that the certificate is for: ${listed(names, 8)}. Where the address is right and only the name is not: --servername NAME. Else whoever runs the server must get a certificate for this name.`
  }
  if (failure !== undefined) return certificateAdvice[failure.code]
  if (error.received !== undefined) return alertAdvice[error.received]
  switch (error.code) {
    case 'ERR_NOT_TLS':
      return 'Check the port. Where the protocol begins in the clear, name it with --starttls.'
    case 'ERR_NO_COMMON_VERSION':
      return 'Leave --min-version and --max-version out, so that TLS 1.3 and TLS 1.2 are offered. A server that knows only older versions should be updated; inspect --legacy looks at it all the same.'
    case 'ERR_CLOSED_DURING_HANDSHAKE':
      return 'Try again. If it stays so: something on the way, or the server, may not like the offer (a smaller one: --groups x25519), the name (--servername), or may speak in the clear first (--starttls).'
    default:
      return undefined
  }
}
