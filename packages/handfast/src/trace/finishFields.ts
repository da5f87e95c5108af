/** What annotation adds to the recorded fields: bytes in hexadecimal, names beyond the engine's, certificates. */

import type { Field as CertificateField } from '@handfast/x509'
import { type Certificate, formatName, parseCertificate } from '@handfast/x509'
import { certificateFields } from '@handfast/x509/display'
import { hexOf } from '../codec/bytes.ts'
import type { Field } from '../codec/fields.ts'
import { count } from '../codec/wire.ts'
import { displayName } from './names.ts'

/**
 * @param bytes that the fields' offsets count in
 * @param section of what they stand in, for those that have none of their own
 */
export function finishFields(
  fields: readonly Field[],
  bytes: Uint8Array,
  section?: string,
): Field[] {
  return fields.map((field) => finish(field, bytes, section))
}

function finish(recorded: Field, bytes: Uint8Array, outer: string | undefined): Field {
  const section = recorded.section ?? outer
  const field = { ...recorded, ...(section === undefined ? {} : { section }) }
  const content = bytes.subarray(field.contentStart ?? field.start, field.end)
  if (field.problem === undefined) {
    if (field.name === 'cert_data') return certificateField(field, content)
    if (field.name === 'DistinguishedName') return { ...field, value: nameInWords(content) }
  }
  const children = finishFields(field.children, bytes, section)
  const value = wordsOf(field, children, content)
  return { ...field, children, ...(value === undefined ? {} : { value }) }
}

function wordsOf(
  field: Field,
  children: readonly Field[],
  content: Uint8Array,
): string | undefined {
  if (children.length === 0) {
    if (field.value !== undefined) return displayName(field.type, field.value)
    return content.length === 0 ? 'empty' : hexOf(content)
  }
  if (field.problem !== undefined) return undefined
  const elements = children.filter(({ name }) => name !== 'length')
  // A list says what is in it, by the names that its elements have been given by now.
  if (field.type.endsWith('>') && elements.every(({ value }) => value !== undefined))
    return elements.length === 0 ? 'empty' : elements.map(({ value }) => value).join(', ')
  if (field.type === 'CertificateEntry') return elements[0]?.value
  return field.value === undefined ? undefined : displayName(field.type, field.value)
}

/** The fields of a certificate are made when they are asked for: most who look at a message do not. */
function certificateField(field: Field, der: Uint8Array): Field {
  const start = field.contentStart ?? field.start
  const length: Field = {
    name: 'length',
    type: 'uint24',
    start: field.start,
    end: start,
    value: count(der.length, 'byte'),
    section: 'RFC 8446 §4.4.2',
    children: [],
  }
  let certificate: Certificate
  let value: string
  try {
    certificate = parseCertificate(der)
    value = formatName(certificate.subject)
  } catch (error) {
    return { ...field, value: hexOf(der), problem: reason(error) }
  }
  let children: Field[] | undefined
  return {
    ...field,
    value,
    get children() {
      children ??= [length, certificateTree(certificate, start)]
      return children
    },
  }
}

function certificateTree(certificate: Certificate, base: number): Field {
  const { der } = certificate
  try {
    return shifted(certificateFields(certificate), der, base)
  } catch (error) {
    const end = base + der.length
    return {
      name: 'certificate',
      type: 'DER',
      start: base,
      end,
      problem: reason(error),
      children: [],
    }
  }
}

/** A field of a certificate as a field of the message. Tags and lengths of DER, which are no fields, become some. */
function shifted(field: CertificateField, der: Uint8Array, base: number): Field {
  const { name, start, end, value, section } = field
  const children: Field[] = []
  let at = start
  const fill = (until: number) => {
    if (until > at) children.push(header(der, at, until, base))
  }
  for (const child of field.children ?? []) {
    fill(child.start)
    children.push(shifted(child, der, base))
    at = child.end
  }
  if (children.length > 0) fill(end)
  return {
    name,
    type: 'DER',
    start: start + base,
    end: end + base,
    ...(value === undefined ? {} : { value }),
    ...(section === undefined ? {} : { section }),
    children,
  }
}

function header(der: Uint8Array, start: number, end: number, base: number): Field {
  const value = hexOf(der.subarray(start, end))
  return {
    name: 'tag and length',
    type: 'DER',
    start: start + base,
    end: end + base,
    value,
    section: 'X.690 §8.1',
    children: [],
  }
}

/** One line for a distinguished name; hexadecimal for what is none. */
function nameInWords(der: Uint8Array): string {
  try {
    return formatName({ der, rdns: [], isEmpty: der.length === 2 })
  } catch {
    return hexOf(der)
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
