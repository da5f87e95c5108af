/** The checks of RFC 5280 §6.1 that concern one certificate by itself, whatever path it stands in. */
import { checkKey, checkSignatureAlgorithm } from './check-key.ts'
import { X509Error } from './errors.ts'
import { Findings } from './findings.ts'
import { briefGeneralName } from './general-name.ts'
import { constraintProblem } from './name-constraints.ts'
import { describeOid, extensionOids, keyPurposes, oidName } from './oid.ts'
import { formatTime } from './time.ts'
import type { Certificate, KeyUsageName, Profile, Role, VerifyInput } from './types.ts'

export type CheckContext = Pick<VerifyInput, 'time' | 'usage' | 'verifiers' | 'profile'>

/** Makes all checks on one certificate, which stands at this depth of the path. Malformed content is a finding, not an exception. */
export function checkCertificate(
  certificate: Certificate,
  role: Role,
  depth: number,
  context: CheckContext,
): Findings {
  const findings = new Findings(certificate, depth)
  try {
    readEverythingUsed(certificate, context)
    checkValidity(certificate, context.time, findings)
    checkCriticalExtensions(certificate, findings)
    if (role === 'leaf') checkLeafUsage(certificate, context, findings)
    else checkIssuer(certificate, role, context, findings)
    checkKey(certificate, findings)
    // An anchor is trusted for what it is, not for the signature it puts on itself.
    if (role !== 'anchor') checkSignatureAlgorithm(certificate, context.verifiers, findings)
    if (context.profile !== undefined) checkProfile(certificate, role, context.profile, findings)
  } catch (error) {
    if (!(error instanceof X509Error)) throw error
    findings.fail('encoding', 'DER, and the structures of RFC 5280', 'RFC 5280 §4.1', {
      code: 'malformed',
      message: `${findings.subject} is malformed: ${error.message}`,
      help: 'Whoever issued the certificate has to issue it again; the software that made it has a fault.',
    })
  }
  return findings
}

/** Lets whatever is malformed come to light before anything is decided. */
function readEverythingUsed(certificate: Certificate, context: CheckContext): void {
  void certificate.issuer.rdns
  void certificate.subject.rdns
  void certificate.subjectPublicKeyInfo
  void certificate.basicConstraints
  void certificate.keyUsage
  void certificate.extendedKeyUsage
  void certificate.subjectAltName
  void certificate.nameConstraints
  void certificate.certificatePolicies
  void certificate.policyMappings
  void certificate.policyConstraints
  void certificate.inhibitAnyPolicy
  void certificate.subjectKeyIdentifier
  void certificate.authorityKeyIdentifier
  if (context.profile === undefined) return
  // Not used for the path: only those who want well-made certificates need to know.
  void certificate.issuerAltName
  void certificate.authorityInfoAccess
  void certificate.crlDistributionPoints
  void certificate.signedCertificateTimestamps
  void certificate.tlsFeature
}

function checkProfile(
  certificate: Certificate,
  role: Role,
  { title, broken }: Profile,
  findings: Findings,
): void {
  const against = `the certificate profile of ${title}`
  const rules = broken(certificate, role)
  if (rules.length === 0) findings.pass('profile', against, title)
  for (const { section, reason } of rules) {
    findings.fail('profile', against, section, {
      code: 'profile',
      message: `${findings.subject} breaks a rule of ${title}: ${reason}`,
      help: 'The authority has to issue it again; or ask for no profile, which demands only what security needs.',
    })
  }
}

/** RFC 5280 §6.1.3(a)(2). Times in certificates are whole seconds, and the last second counts. */
function checkValidity(certificate: Certificate, time: number, findings: Findings): void {
  const { notBefore, notAfter } = certificate
  const now = Math.floor(time / 1000) * 1000
  const against = `${formatTime(notBefore)} to ${formatTime(notAfter)}`
  const section = 'RFC 5280 §6.1.3(a)(2)'
  if (now < notBefore) {
    findings.fail('validity', against, section, {
      code: 'not-yet-valid',
      message: `${findings.subject} is valid only from ${formatTime(notBefore)}, and the time is ${formatTime(now)}`,
      help: 'If the certificate was just issued, look at the clock of this machine.',
    })
  } else if (now > notAfter) {
    findings.fail('validity', against, section, {
      code: 'expired',
      message: `${findings.subject} expired at ${formatTime(notAfter)}, and the time is ${formatTime(now)}`,
      help: 'Whoever runs the server has to renew the certificate; if it is new, look at the clock of this machine.',
    })
  } else {
    findings.pass('validity', against, section, `at ${formatTime(now)}`)
  }
}

/** Extensions whose meaning this verifier acts on (RFC 5280 §4.2, §6.1). */
const processed: ReadonlySet<string> = new Set([
  extensionOids.basicConstraints,
  extensionOids.keyUsage,
  extensionOids.extKeyUsage,
  extensionOids.subjectAltName,
  extensionOids.nameConstraints,
  extensionOids.certificatePolicies,
  extensionOids.policyMappings,
  extensionOids.policyConstraints,
  extensionOids.inhibitAnyPolicy,
  extensionOids.subjectKeyIdentifier,
  extensionOids.authorityKeyIdentifier,
])

/** RFC 5280 §4.2: who does not know a critical extension must not accept the certificate. */
function checkCriticalExtensions(certificate: Certificate, findings: Findings): void {
  const unknown = certificate.extensions.filter(
    ({ critical, oid }) => critical && !processed.has(oid),
  )
  const against = 'extensions that are processed'
  const section = 'RFC 5280 §4.2'
  if (unknown.length === 0) {
    findings.pass('critical extensions', against, section)
    return
  }
  const isPrecertificate = unknown.some(({ oid }) => oid === extensionOids.precertificatePoison)
  findings.fail('critical extensions', against, section, {
    code: 'unknown-critical-extension',
    message: isPrecertificate
      ? 'it is a precertificate, made for Certificate Transparency logs and not for use (RFC 6962 §3.1)'
      : `${findings.subject} has critical extensions that are not processed: ${unknown.map(({ oid }) => describeOid(oid)).join(', ')}`,
    help: 'The extension limits the certificate in a way that cannot be honoured here; another certificate is needed.',
  })
}

/** RFC 5280 §4.2.1.12: which key usages go with which purpose. */
const usagesOf = {
  serverAuth: ['digitalSignature', 'keyEncipherment', 'keyAgreement'],
  clientAuth: ['digitalSignature', 'keyAgreement'],
} as const satisfies Record<string, readonly KeyUsageName[]>

function checkLeafUsage(certificate: Certificate, context: CheckContext, findings: Findings): void {
  const { usage } = context
  checkPurpose(certificate, context, findings)
  const section = 'RFC 5280 §4.2.1.3'
  const { keyUsage } = certificate
  if (usage === 'any') {
    findings.skip('key usage', 'any use', section, 'no use was asked for')
    return
  }
  const suitable = usagesOf[usage]
  const against = `one of ${suitable.join(', ')}, where the extension is present`
  if (keyUsage === undefined || suitable.some((name) => keyUsage.has(name))) {
    findings.pass('key usage', against, section, describeUsage(keyUsage))
    return
  }
  findings.fail('key usage', against, section, {
    code: 'key-usage',
    message: `the key of ${findings.subject} may be used for ${describeUsage(keyUsage)} only, not for ${usage}`,
    help: 'A certificate for TLS needs the key usage digitalSignature.',
  })
}

function describeUsage(keyUsage: ReadonlySet<KeyUsageName> | undefined): string {
  return keyUsage === undefined ? 'not restricted' : [...keyUsage].join(', ')
}

/** The purpose asked for, in the leaf and in every issuer that limits its own (as all web clients read §4.2.1.12). */
function checkPurpose(certificate: Certificate, context: CheckContext, findings: Findings): void {
  const { usage } = context
  const section = 'RFC 5280 §4.2.1.12'
  if (usage === 'any') {
    findings.skip('extended key usage', 'any use', section, 'no use was asked for')
    return
  }
  const { extendedKeyUsage } = certificate
  const against = `${usage}, where the extension is present`
  if (
    extendedKeyUsage === undefined ||
    extendedKeyUsage.includes(keyPurposes[usage]) ||
    extendedKeyUsage.includes(keyPurposes.anyExtendedKeyUsage)
  ) {
    const detail = extendedKeyUsage?.map(oidName).join(', ') ?? 'not restricted'
    findings.pass('extended key usage', against, section, detail)
    return
  }
  findings.fail('extended key usage', against, section, {
    code: 'extended-key-usage',
    message: `${findings.subject} is for ${extendedKeyUsage.map(oidName).join(', ')} only, not for ${usage}`,
    help: `A certificate with the extended key usage ${usage} is needed.`,
  })
}

/** RFC 5280 §6.1.4(k), (n): what a certificate must be to issue others. */
function checkIssuer(
  certificate: Certificate,
  role: Role,
  context: CheckContext,
  findings: Findings,
): void {
  const { basicConstraints, keyUsage } = certificate
  const section = 'RFC 5280 §6.1.4(k)'
  // A version 1 certificate cannot say what it is. As an anchor it was chosen by hand; else anybody's leaf would do.
  const isOldAnchor = role === 'anchor' && certificate.version === 1
  if (basicConstraints?.cA === true || isOldAnchor) {
    findings.pass(
      'certificate authority',
      'basicConstraints with cA true',
      section,
      isOldAnchor ? 'a version 1 trust anchor' : undefined,
    )
  } else {
    findings.fail('certificate authority', 'basicConstraints with cA true', section, {
      code: 'not-a-ca',
      message:
        basicConstraints === undefined
          ? `${findings.subject} has issued another but does not say that it is an authority`
          : `${findings.subject} has issued another but says that it is not an authority`,
      help: 'Check the chain: a certificate of a server or person stands where one of an authority belongs.',
    })
  }
  if (keyUsage === undefined || keyUsage.has('keyCertSign')) {
    findings.pass(
      'key usage',
      'keyCertSign, where the extension is present',
      'RFC 5280 §6.1.4(n)',
      describeUsage(keyUsage),
    )
  } else {
    findings.fail(
      'key usage',
      'keyCertSign, where the extension is present',
      'RFC 5280 §6.1.4(n)',
      {
        code: 'key-usage',
        message: `the key of ${findings.subject} may be used for ${describeUsage(keyUsage)} only, not to sign certificates`,
        help: 'The authority has to issue its own certificate again with the key usage keyCertSign.',
      },
    )
  }
  checkPurpose(certificate, context, findings)
  checkConstraintsReadable(certificate, findings)
}

function checkConstraintsReadable(certificate: Certificate, findings: Findings): void {
  const { nameConstraints } = certificate
  if (nameConstraints === undefined) return
  for (const base of [...nameConstraints.permittedSubtrees, ...nameConstraints.excludedSubtrees]) {
    const problem = constraintProblem(base)
    if (problem === undefined) continue
    findings.fail('name constraints', 'constraints that can be read', 'RFC 5280 §4.2.1.10', {
      code: 'malformed',
      message: `the name constraint ${briefGeneralName(base)} of ${findings.subject} ${problem}`,
      help: 'The authority has to issue its certificate again; what the constraint allows cannot be known.',
    })
    return
  }
}
