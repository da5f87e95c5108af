import { encodePem } from '@handfast/x509'

type PemLabel = 'CERTIFICATE' | 'PRIVATE KEY' | 'X509 CRL'

/** PEM (RFC 7468) with a line feed at the end, so that blocks can simply be joined. */
export const pem: (label: PemLabel, der: Uint8Array) => string = encodePem
