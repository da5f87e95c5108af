/** GeneralName (RFC 5280 §4.2.1.6), used by alternative names, constraints and pointers. */

import { toHex } from './bytes.ts'
import { contextConstructed, contextPrimitive, type DerReader } from './der.ts'
import { formatIpAddress } from './ip-address.ts'
import { formatName, readName } from './name.ts'
import { decodeAscii } from './strings.ts'
import type { GeneralName } from './types.ts'

/**
 * Reads one GeneralName.
 *
 * @param ipLengths lengths an iPAddress may have: 4 and 16 for an address, 8 and 32 for an address with its mask
 */
export function readGeneralName(
  reader: DerReader,
  field: string,
  ipLengths: readonly [number, number] = [4, 16],
): GeneralName {
  const tag = reader.peek()
  switch (tag) {
    case contextPrimitive(1):
      return { type: 'email', value: readIa5(reader, 'rfc822Name') }
    case contextPrimitive(2):
      return { type: 'dns', value: readIa5(reader, 'dNSName') }
    case contextPrimitive(6):
      return { type: 'uri', value: readIa5(reader, 'uniformResourceIdentifier') }
    case contextPrimitive(7): {
      reader.next('iPAddress')
      const value = reader.content()
      if (!ipLengths.includes(value.length)) {
        throw reader.error(
          `IP address of ${value.length} bytes instead of ${ipLengths.join(' or ')}`,
          field,
        )
      }
      return { type: 'ip', value }
    }
    case contextPrimitive(8):
      return {
        type: 'registered-id',
        value: reader.objectIdentifier('registeredID', contextPrimitive(8)),
      }
    case contextConstructed(4): {
      // Name is a CHOICE, so its tag is explicit.
      const explicit = reader.enter(contextConstructed(4), 'directoryName')
      const value = readName(explicit, 'name')
      explicit.finish()
      void value.rdns // read now, so that whoever has the list of names can use each of them
      return { type: 'directory', value }
    }
    case contextConstructed(0): {
      const other = reader.enter(contextConstructed(0), 'otherName')
      const der = reader.element()
      const oid = other.objectIdentifier('type-id')
      other.expect(contextConstructed(0), 'value')
      other.finish()
      return { type: 'other', oid, der }
    }
    case contextConstructed(3):
    case contextConstructed(5):
      reader.next(field)
      return { type: tag === contextConstructed(3) ? 'x400' : 'edi-party', der: reader.element() }
    default:
      reader.next(field)
      throw reader.error('GeneralName of an unknown form', field)
  }
}

/** Reads the GeneralNames up to the reader's end; RFC 5280 demands at least one. */
export function readGeneralNames(reader: DerReader, field: string): readonly GeneralName[] {
  const names: GeneralName[] = []
  while (!reader.atEnd) names.push(readGeneralName(reader, field))
  if (names.length === 0) throw reader.error('list of names is empty', field)
  return names
}

function readIa5(reader: DerReader, field: string): string {
  reader.next(field)
  const text = decodeAscii(reader.content())
  if (text === undefined) throw reader.error('IA5String has a byte above 7F', field)
  return text
}

/** `DNS:example.com`, `IP:192.0.2.1`, `email:a@example.com` …: safe to print. */
export function formatGeneralName(name: GeneralName): string {
  switch (name.type) {
    case 'dns':
      return `DNS:${printable(name.value)}`
    case 'email':
      return `email:${printable(name.value)}`
    case 'uri':
      return `URI:${printable(name.value)}`
    case 'ip':
      return `IP:${formatIpAddress(name.value)}`
    case 'directory':
      return `DirName:${formatName(name.value)}`
    case 'registered-id':
      return `Registered ID:${name.value}`
    case 'other':
      return `othername:${name.oid}`
    default:
      return `${name.type}:${toHex(name.der)}`
  }
}

/** The name for a message: as much of it as a line holds. */
export function briefGeneralName(name: GeneralName): string {
  const text = formatGeneralName(name)
  return text.length <= 120 ? text : `${text.slice(0, 120)}…`
}

/** Control characters as `\x00`, so that a name cannot act on a terminal or hide its end. */
export function printable(text: string): string {
  return text.replace(
    /[^\x20-\x7e]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
