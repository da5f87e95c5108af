/** A certificate as a tree of named byte ranges: what a viewer shows beside the bytes. */
import { toHex } from './bytes.ts'
import { contextConstructed, contextPrimitive, DerReader, readWhole, tags } from './der.ts'
import { describeExtension, extensionSection } from './describe-extension.ts'
import { formatName } from './name.ts'
import { nameOfOid, nameWithOid } from './oid-names.ts'
import { describeKey } from './public-key.ts'
import { formatTime } from './time.ts'
import type { Certificate, Field, Name } from './types.ts'

/**
 * Every field of the certificate with its place in `certificate.der`, its value in words and the section that defines
 * it. The children of a field lie within it, in order and without overlap.
 *
 * @throws X509Error when a name or the key of the certificate is malformed; malformed extensions are shown as such
 */
export function certificateFields(certificate: Certificate): Field {
  const reader = readWhole(certificate.der, tags.sequence, 'certificate')
  const tbs = reader.enter(tags.sequence, 'tbsCertificate')
  const children = [
    field(reader, 'tbsCertificate', 'RFC 5280 §4.1.2', { children: tbsFields(tbs, certificate) }),
  ]
  children.push(algorithmField(reader, 'signatureAlgorithm', 'RFC 5280 §4.1.1.2'))
  reader.next('signatureValue')
  const value = `${certificate.signature.length} bytes`
  children.push(field(reader, 'signatureValue', 'RFC 5280 §4.1.1.3', { value }))
  return {
    name: 'certificate',
    start: 0,
    end: certificate.der.length,
    section: 'RFC 5280 §4.1',
    value: formatName(certificate.subject),
    children,
  }
}

type Rest = Pick<Field, 'value' | 'children'>

/** A field for the element the reader read last. */
function field(reader: DerReader, name: string, section: string, rest: Rest = {}): Field {
  return { name, start: reader.start, end: reader.contentEnd, section, ...rest }
}

function tbsFields(tbs: DerReader, certificate: Certificate): readonly Field[] {
  const fields: Field[] = []
  if (tbs.optional(contextConstructed(0), 'version')) {
    fields.push(field(tbs, 'version', 'RFC 5280 §4.1.2.1', { value: `v${certificate.version}` }))
  }
  const value = toHex(tbs.integer('serialNumber'), ':')
  fields.push(field(tbs, 'serialNumber', 'RFC 5280 §4.1.2.2', { value }))
  fields.push(algorithmField(tbs, 'signature', 'RFC 5280 §4.1.2.3'))
  fields.push(nameField(tbs, 'issuer', 'RFC 5280 §4.1.2.4', certificate.issuer))
  fields.push(validityField(tbs, certificate))
  fields.push(nameField(tbs, 'subject', 'RFC 5280 §4.1.2.6', certificate.subject))
  fields.push(keyField(tbs, certificate))
  for (const [number, name] of [
    [1, 'issuerUniqueID'],
    [2, 'subjectUniqueID'],
  ] as const) {
    if (tbs.optional(contextPrimitive(number), name)) {
      fields.push(field(tbs, name, 'RFC 5280 §4.1.2.8', { value: toHex(tbs.content()) }))
    }
  }
  if (tbs.optional(contextConstructed(3), 'extensions')) {
    const children = extensionFields(tbs.inside('extensions'), certificate)
    fields.push(field(tbs, 'extensions', 'RFC 5280 §4.1.2.9', { children }))
  }
  return fields
}

function algorithmField(reader: DerReader, name: string, section: string): Field {
  const sequence = reader.enter(tags.sequence, name)
  const value = nameOfOid(sequence.objectIdentifier('algorithm'))
  const children = [field(sequence, 'algorithm', 'RFC 5280 §4.1.1.2', { value })]
  if (!sequence.atEnd) {
    sequence.next('parameters')
    children.push(field(sequence, 'parameters', 'RFC 5280 §4.1.1.2', parameters(sequence)))
  }
  return field(reader, name, section, { value, children })
}

function parameters(reader: DerReader): Rest {
  if (reader.tag === tags.null) return { value: 'NULL' }
  if (reader.tag !== tags.objectIdentifier) return { value: toHex(reader.element()) }
  const again = new DerReader(reader.bytes, 'parameters', reader.start, reader.contentEnd)
  return { value: nameWithOid(again.objectIdentifier('parameters')) }
}

function nameField(reader: DerReader, fieldName: string, section: string, name: Name): Field {
  const sequence = reader.enter(tags.sequence, fieldName)
  const children: Field[] = []
  for (const rdn of name.rdns) {
    const set = sequence.enter(tags.set, 'relativeDistinguishedName')
    const attributes = rdn.map(({ type, value }) => {
      set.next('attribute')
      return field(set, type, 'RFC 5280 §4.1.2.4', { value })
    })
    const only = attributes.length === 1 ? attributes[0] : undefined
    children.push(
      only ??
        field(sequence, 'relativeDistinguishedName', 'RFC 5280 §4.1.2.4', { children: attributes }),
    )
  }
  return field(reader, fieldName, section, { value: formatName(name), children })
}

function validityField(tbs: DerReader, certificate: Certificate): Field {
  const validity = tbs.enter(tags.sequence, 'validity')
  const children = (['notBefore', 'notAfter'] as const).map((name) => {
    validity.next(name)
    return field(validity, name, 'RFC 5280 §4.1.2.5', { value: formatTime(certificate[name]) })
  })
  return field(tbs, 'validity', 'RFC 5280 §4.1.2.5', { children })
}

function keyField(tbs: DerReader, certificate: Certificate): Field {
  const sequence = tbs.enter(tags.sequence, 'subjectPublicKeyInfo')
  const section = 'RFC 5280 §4.1.2.7'
  const children = [algorithmField(sequence, 'algorithm', section)]
  sequence.next('subjectPublicKey')
  const { algorithm, publicKey } = certificate.subjectPublicKeyInfo
  children.push(
    field(sequence, 'subjectPublicKey', section, { value: `${publicKey.length} bytes` }),
  )
  return field(tbs, 'subjectPublicKeyInfo', section, { value: describeKey(algorithm), children })
}

function extensionFields(explicit: DerReader, certificate: Certificate): readonly Field[] {
  const list = explicit.enter(tags.sequence, 'extensions')
  return certificate.extensions.map((extension) => {
    const section = extensionSection(extension.oid)
    const inner = list.enter(tags.sequence, 'extension')
    inner.next('extnID')
    const children = [
      field(inner, 'extnID', 'RFC 5280 §4.2', { value: nameWithOid(extension.oid) }),
    ]
    if (inner.optional(tags.boolean, 'critical')) {
      children.push(field(inner, 'critical', 'RFC 5280 §4.2', { value: 'true' }))
    }
    inner.next('extnValue')
    const value = describeExtension(certificate, extension)
    children.push(field(inner, 'extnValue', section, { value }))
    return field(list, nameOfOid(extension.oid), section, { value, children })
  })
}
