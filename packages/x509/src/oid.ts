/** Object identifiers this package knows, by the names their RFCs give them. */

/** Certificate extensions (RFC 5280 §4.2; others as noted). */
export const extensionOids = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  issuerAltName: '2.5.29.18',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extKeyUsage: '2.5.29.37',
  freshestCRL: '2.5.29.46',
  inhibitAnyPolicy: '2.5.29.54',
  /** RFC 5280 §5.2 and §5.3: extensions of revocation lists and of their entries */
  cRLNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  deltaCRLIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  certificateIssuer: '2.5.29.29',
  /** RFC 6960 §4.4.1 */
  ocspNonce: '1.3.6.1.5.5.7.48.1.2',
  /** RFC 6960 §4.2.2.2.1 */
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  subjectInfoAccess: '1.3.6.1.5.5.7.1.11',
  /** RFC 7633 */
  tlsFeature: '1.3.6.1.5.5.7.1.24',
  /** RFC 6962 §3.3 */
  signedCertificateTimestampList: '1.3.6.1.4.1.11129.2.4.2',
  /** RFC 6962 §3.1: marks a precertificate, which is never to be accepted */
  precertificatePoison: '1.3.6.1.4.1.11129.2.4.3',
} as const

/** Extended key usages (RFC 5280 §4.2.1.12). */
export const keyPurposes = {
  anyExtendedKeyUsage: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  OCSPSigning: '1.3.6.1.5.5.7.3.9',
} as const

export const anyPolicy = '2.5.29.32.0'

/** Names for messages: those of the extensions and purposes above, and of signature algorithms. */
const names = /* @__PURE__ */ nameTable()

function nameTable(): ReadonlyMap<string, string> {
  return new Map<string, string>([
    ...Object.entries(extensionOids).map(([name, oid]) => [oid, name] as const),
    ...Object.entries(keyPurposes).map(([name, oid]) => [oid, name] as const),
    [anyPolicy, 'anyPolicy'],
    ['1.2.840.113549.1.1.4', 'md5WithRSAEncryption'],
    ['1.2.840.113549.1.1.5', 'sha1WithRSAEncryption'],
    ['1.2.840.113549.1.1.10', 'id-RSASSA-PSS'],
    ['1.2.840.113549.1.1.11', 'sha256WithRSAEncryption'],
    ['1.2.840.113549.1.1.12', 'sha384WithRSAEncryption'],
    ['1.2.840.113549.1.1.13', 'sha512WithRSAEncryption'],
    ['1.2.840.10045.4.1', 'ecdsa-with-SHA1'],
    ['1.2.840.10045.4.3.2', 'ecdsa-with-SHA256'],
    ['1.2.840.10045.4.3.3', 'ecdsa-with-SHA384'],
    ['1.2.840.10045.4.3.4', 'ecdsa-with-SHA512'],
    ['1.2.840.10040.4.1', 'id-dsa'],
    ['1.3.101.112', 'id-Ed25519'],
    ['1.3.101.113', 'id-Ed448'],
    ['2.16.840.1.101.3.4.3.17', 'id-ml-dsa-44'],
    ['2.16.840.1.101.3.4.3.18', 'id-ml-dsa-65'],
    ['2.16.840.1.101.3.4.3.19', 'id-ml-dsa-87'],
  ])
}

/** `basicConstraints (2.5.29.19)`, or the dotted form alone for an identifier without a known name. */
export function describeOid(oid: string): string {
  const name = names.get(oid)
  return name === undefined ? oid : `${name} (${oid})`
}

/** The known name of an identifier, or its dotted form. */
export function oidName(oid: string): string {
  return names.get(oid) ?? oid
}
