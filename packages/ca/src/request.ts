/** Certification requests, PKCS #10 (RFC 2986): a key that someone else holds, and what they would like said of it. */
import {
  formatGeneralName,
  formatName,
  type GeneralName,
  type MaybePromise,
  parseSubjectPublicKeyInfo,
  type SignatureVerifiers,
  type SubjectPublicKeyInfo,
  X509Error,
} from '@handfast/x509'
import {
  contextConstructed,
  type DerReader,
  readExtensionList,
  readGeneralNames,
  readName,
  readSignatureAlgorithm,
  readWhole,
  tags,
} from '@handfast/x509/reading'

export interface CertificationRequest {
  readonly der: Uint8Array
  /** As RFC 4514 writes it. What a request calls itself proves nothing. */
  readonly subject: string
  readonly subjectPublicKeyInfo: SubjectPublicKeyInfo
  /** The names of the subjectAltName it asks for, as `issue` takes them. */
  readonly names: readonly string[]
  /** The identifiers of all the extensions it asks for; of these only the names are heard. */
  readonly extensions: readonly string[]
  /** Whether the request is signed by the key it carries: proof that whoever sends it holds that key. */
  isSignedBy(verifiers: SignatureVerifiers): MaybePromise<boolean>
}

const extensionRequest = '1.2.840.113549.1.9.14'
const subjectAltName = '2.5.29.17'

/** @throws X509Error when the bytes are no CertificationRequest in DER */
export function parseCertificationRequest(der: Uint8Array): CertificationRequest {
  const outer = readWhole(der, tags.sequence, 'certificationRequest')
  const info = outer.enter(tags.sequence, 'certificationRequestInfo')
  const tbs = outer.element().slice()
  const { name: algorithm } = readSignatureAlgorithm(outer, 'signatureAlgorithm')
  const signature = outer.bitStringBytes('signature').slice()
  outer.finish()
  const version = info.smallInteger('version')
  if (version !== 0) throw info.error(`unknown version ${version + 1}`, 'version')
  const subject = formatName(readName(info, 'subject'))
  info.expect(tags.sequence, 'subjectPKInfo')
  const subjectPublicKeyInfo = parseSubjectPublicKeyInfo(info.element().slice())
  const extensions = info.optional(contextConstructed(0), 'attributes')
    ? readAttributes(info.inside('attributes'))
    : []
  info.finish()
  const names = extensions.find(({ oid }) => oid === subjectAltName)
  return {
    der,
    subject,
    subjectPublicKeyInfo,
    names: names === undefined ? [] : readNames(names.value),
    extensions: extensions.map(({ oid }) => oid),
    isSignedBy(verifiers) {
      const verify = algorithm === undefined ? undefined : verifiers[algorithm]
      return verify?.(subjectPublicKeyInfo.der, tbs, signature) ?? false
    },
  }
}

/** RFC 2985 §5.4.2: the extensions are the one value of one of the attributes. */
function readAttributes(attributes: DerReader): ReturnType<typeof readExtensionList> {
  let extensions: ReturnType<typeof readExtensionList> = []
  while (!attributes.atEnd) {
    const attribute = attributes.enter(tags.sequence, 'attribute')
    const isExtensions = attribute.objectIdentifier('type') === extensionRequest
    const values = attribute.enter(tags.set, 'values')
    attribute.finish()
    if (!isExtensions) continue
    extensions = readExtensionList(values.enter(tags.sequence, 'extensions'))
    values.finish()
  }
  return extensions
}

function readNames(value: Uint8Array): readonly string[] {
  const reader = readWhole(value, tags.sequence, 'subjectAltName')
  const names = readGeneralNames(reader, 'names')
  reader.finish()
  return names.map(nameInWords)
}

function nameInWords(name: GeneralName): string {
  switch (name.type) {
    case 'dns':
    case 'email':
    case 'uri':
      return name.value
    case 'ip':
      return formatGeneralName(name).replace(/^[a-z ]+:/i, '')
    default:
      throw new X509Error(
        'malformed',
        `a name of the kind ${name.type} is asked for; none is issued`,
      )
  }
}
