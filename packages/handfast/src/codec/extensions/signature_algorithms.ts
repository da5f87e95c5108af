import { defineExtension } from '../extension.ts'
import { ExtensionType } from '../registry.ts'
import { signatureSchemes } from '../signatureScheme.ts'
import { enumerated, list, named } from '../wire.ts'

const SignatureSchemeList = named(
  'supported_signature_algorithms',
  list(enumerated(signatureSchemes), 2, 65_534),
)

/** RFC 8446 §4.2.3: what the sender can verify in CertificateVerify, and in certificates unless the next says otherwise. */
export const signatureAlgorithms = defineExtension(
  ExtensionType.signature_algorithms,
  'RFC 8446 §4.2.3',
  { ClientHello: SignatureSchemeList, CertificateRequest: SignatureSchemeList },
)

/** RFC 8446 §4.2.3: what the sender can verify in certificates. */
export const signatureAlgorithmsCert = defineExtension(
  ExtensionType.signature_algorithms_cert,
  'RFC 8446 §4.2.3',
  { ClientHello: SignatureSchemeList, CertificateRequest: SignatureSchemeList },
)
