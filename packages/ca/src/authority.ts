/**
 * A certificate authority: it holds one key and one certificate, and issues certificates and
 * further authorities below itself.
 *
 * Nothing is remembered here. What was issued is returned, and whoever keeps a register of it (for
 * revocation, say) does so around these calls: `@handfast/ca/node` keeps one in a directory.
 */

import { parseCertificate } from '@handfast/x509'
import { type CertificateFields, randomSerialNumber, signCertificate } from './certificate.ts'
import { certify, type Issuer, publication, replaceByOid } from './certify.ts'
import { AuthorityError } from './errors.ts'
import {
  authorityKeyIdentifier,
  basicConstraintsOfAuthority,
  keyUsage,
  nameConstraintsExtension,
  subjectKeyIdentifier,
} from './extensions.ts'
import { generateKeyPair, hexadecimal, importKeyPair, keyIdentifier } from './keys.ts'
import { type DistinguishedName, distinguishedName } from './names.ts'
import { pem } from './pem.ts'
import type {
  Authority,
  AuthorityOptions,
  IssuedCertificate,
  IssueOptions,
  StoredAuthority,
} from './types.ts'
import { chooseValidity, defaultDays } from './validity.ts'

/**
 * Makes a root authority in memory, with a new key and a self-signed certificate (10 years).
 *
 * Throws an AuthorityError that names the option that cannot be.
 *
 * ```ts
 * const authority = await createAuthority()
 * const { chain, key } = await authority.issue({ names: ['localhost', '127.0.0.1', '::1'] })
 * createServer({ cert: chain, key })
 * connect({ ca: authority.root, servername: 'localhost' })
 * ```
 */
export async function createAuthority(options: AuthorityOptions = {}): Promise<Authority> {
  return establish(options, undefined)
}

/**
 * An authority that was made before, from its certificate and its key.
 *
 * Throws an `X509Error` for a certificate that cannot be read, and an AuthorityError for a certificate that
 * is no authority's and for a key that does not belong to it.
 */
export async function openAuthority(stored: StoredAuthority): Promise<Authority> {
  const { certificate: certificateDer, key, issuers = [], publishedAt = {} } = stored
  const certificate = parseCertificate(certificateDer)
  if (certificate.basicConstraints?.cA !== true) {
    throw new AuthorityError('the certificate is not that of an authority')
  }
  const subjectPublicKeyInfo = certificate.subjectPublicKeyInfo.der.slice()
  return authority({
    keyPair: await importKeyPair(key, subjectPublicKeyInfo),
    keyId: certificate.subjectKeyIdentifier ?? (await keyIdentifier(subjectPublicKeyInfo)),
    subject: certificate.subject.der,
    certificateDer,
    intermediates: [certificateDer, ...issuers].slice(0, -1),
    rootDer: issuers.at(-1) ?? certificateDer,
    notBefore: new Date(certificate.notBefore),
    notAfter: new Date(certificate.notAfter),
    publishedAt,
  })
}

async function establish(
  options: AuthorityOptions,
  parent: Issuer | undefined,
): Promise<Authority> {
  const days = parent ? defaultDays.intermediate : defaultDays.root
  const validity = chooseValidity(options, days, parent)
  const keyPair = await generateKeyPair(options.keyType ?? 'ec-p256')
  const keyId = await keyIdentifier(keyPair.subjectPublicKeyInfo)
  const subject = distinguishedName(options.subject ?? defaultSubject(parent, keyId))
  const extensions = [
    basicConstraintsOfAuthority(options.pathLength),
    keyUsage('keyCertSign', 'cRLSign'),
    subjectKeyIdentifier(keyId),
    ...(parent ? [authorityKeyIdentifier(parent.keyId), ...publication(parent.publishedAt)] : []),
    ...(options.nameConstraints ? [nameConstraintsExtension(options.nameConstraints)] : []),
  ]
  const fields: CertificateFields = {
    serialNumber: randomSerialNumber(),
    issuer: parent ? parent.subject : subject,
    ...validity,
    subject,
    subjectPublicKeyInfo: keyPair.subjectPublicKeyInfo,
    extensions: replaceByOid(extensions, options.extensions),
  }
  const certificateDer = await signCertificate(fields, parent ? parent.keyPair : keyPair)
  return authority({
    keyPair,
    keyId,
    subject,
    certificateDer,
    intermediates: parent ? [certificateDer, ...parent.intermediates] : [],
    rootDer: parent ? parent.rootDer : certificateDer,
    ...validity,
    publishedAt: options.publishedAt ?? {},
  })
}

function authority(issuer: Issuer): Authority {
  const { certificateDer, rootDer, notBefore, notAfter, keyPair } = issuer
  return {
    certificate: pem('CERTIFICATE', certificateDer),
    certificateDer,
    root: pem('CERTIFICATE', rootDer),
    rootDer,
    notBefore,
    notAfter,
    signer: keyPair,
    issue: (options) => issue(options, issuer),
    certify: (subjectPublicKeyInfo, options) => certify(subjectPublicKeyInfo, options, issuer),
    createIntermediate: (options = {}) => establish(options, issuer),
    exportKey: async () => pem('PRIVATE KEY', await keyPair.exportPrivateKey()),
  }
}

async function issue(options: IssueOptions, issuer: Issuer): Promise<IssuedCertificate> {
  const keyPair = await generateKeyPair(options.keyType ?? 'ec-p256')
  const certified = await certify(keyPair.subjectPublicKeyInfo, options, issuer)
  const keyDer = await keyPair.exportPrivateKey()
  return { ...certified, key: pem('PRIVATE KEY', keyDer), keyDer }
}

/** Two authorities made here have different names, so that a trust store can hold both. */
function defaultSubject(parent: Issuer | undefined, keyId: Uint8Array): DistinguishedName {
  const kind = parent ? 'intermediate CA' : 'local CA'
  const digits = hexadecimal(keyId.subarray(0, 4))
  return { organization: 'handfast', commonName: `handfast ${kind} ${digits}` }
}
