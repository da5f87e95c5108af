/** Distinguished names (RFC 5280 §4.1.2.4): parsing, comparison and the text form of RFC 4514. */
import { compareBytes, toHex } from './bytes.ts'
import { DerReader, hexByte, tags } from './der.ts'
import { Remembered } from './remembered.ts'
import { decodeString } from './strings.ts'
import type { Name, NameAttribute } from './types.ts'

/** Short names of attribute types: RFC 4514 §3, then those that OpenSSL and others print. */
const attributeTypes: Record<string, string> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.15': 'businessCategory',
  '2.5.4.17': 'postalCode',
  '2.5.4.42': 'GN',
  '2.5.4.43': 'initials',
  '2.5.4.44': 'generationQualifier',
  '2.5.4.46': 'dnQualifier',
  '2.5.4.65': 'pseudonym',
  '2.5.4.97': 'organizationIdentifier',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
  '1.3.6.1.4.1.311.60.2.1.1': 'jurisdictionL',
  '1.3.6.1.4.1.311.60.2.1.2': 'jurisdictionST',
  '1.3.6.1.4.1.311.60.2.1.3': 'jurisdictionC',
}

export const emailAddressOid = '1.2.840.113549.1.9.1'

/** A `Name` over its DER, parsed when first looked into. */
class LazyName implements Name {
  readonly der: Uint8Array
  /** Of the content; let go once it is parsed, for it holds all that the name came in. */
  #reader: DerReader | undefined
  #rdns: readonly (readonly NameAttribute[])[] | undefined
  #keys: readonly string[] | undefined
  #key: string | undefined
  /** Kept by `formatName`: what makes it falls out of a program that does not show names. */
  text: string | undefined

  constructor(der: Uint8Array, content: DerReader) {
    this.der = der
    this.#reader = content
  }

  get isEmpty(): boolean {
    return this.der.length === 2
  }

  get rdns(): readonly (readonly NameAttribute[])[] {
    if (this.#rdns === undefined) {
      this.#rdns = parseAttributes(this.#reader!)
      this.#reader = undefined
      remembered.keep(this.der, 0, this.der.length, this)
    }
    return this.#rdns
  }

  /** One string for each relative name, equal for names that RFC 5280 §7.1 takes for the same. */
  get keys(): readonly string[] {
    this.#keys ??= this.rdns.map((rdn) =>
      rdn.length === 1 ? attributeKey(rdn[0]!) : rdn.map(attributeKey).sort().join('\0+'),
    )
    return this.#keys
  }

  /** All of `keys` as one string. */
  get key(): string {
    this.#key ??= this.keys.join('\0/')
    return this.#key
  }
}

/** Names that could be read: the same authorities come again with each certificate that they issued. */
const remembered = /* @__PURE__ */ new Remembered<LazyName>()

function parseAttributes(content: DerReader): readonly (readonly NameAttribute[])[] {
  // The reader is kept unread, so that an error is the same however often the name is asked for.
  const sequence = content.fork()
  const rdns: (readonly NameAttribute[])[] = []
  while (!sequence.atEnd) {
    rdns.push(readRelativeName(sequence.enter(tags.set, 'relativeDistinguishedName')))
  }
  return rdns
}

function attributeKey({ oid, value }: NameAttribute): string {
  return `${oid}=${foldText(value)}`
}

function readRelativeName(set: DerReader): readonly NameAttribute[] {
  const attributes: NameAttribute[] = []
  let previous: Uint8Array | undefined
  while (!set.atEnd) {
    const attribute = set.enter(tags.sequence, 'attribute')
    const element = set.element()
    if (previous !== undefined && compareBytes(previous, element) >= 0) {
      throw set.error('SET OF is not in ascending order')
    }
    previous = element
    const oid = attribute.objectIdentifier('type')
    attribute.next('value')
    attribute.finish()
    attributes.push({ oid, type: attributeTypes[oid] ?? oid, value: readValue(attribute) })
  }
  if (attributes.length === 0) throw set.error('relative name has no attribute')
  return attributes
}

function readValue(attribute: DerReader): string {
  const text = decodeString(attribute.tag, attribute.content())
  if (text !== undefined) return text
  if (isStringTag(attribute.tag)) {
    throw attribute.error(
      `string of tag ${hexByte(attribute.tag)} has characters outside its type`,
      'value',
    )
  }
  // ANY by its type: hardly anything else occurs, and what is no universal type, or a string in pieces, is not DER.
  const isConstructed = (attribute.tag & 0x20) !== 0
  const isSequence = attribute.tag === tags.sequence || attribute.tag === tags.set
  if ((attribute.tag & 0xc0) !== 0 || (isConstructed && !isSequence)) {
    throw attribute.error(`value has tag ${hexByte(attribute.tag)}, which is no type`, 'value')
  }
  return `#${toHex(attribute.element())}`
}

function isStringTag(tag: number): boolean {
  return (
    tag === tags.utf8String ||
    tag === tags.printableString ||
    tag === tags.ia5String ||
    tag === tags.numericString ||
    tag === tags.bmpString ||
    tag === tags.universalString
  )
}

/** Reads a `Name`; its attributes are parsed when they are asked for. */
export function readName(reader: DerReader, field: string): Name {
  reader.expect(tags.sequence, field)
  const known = remembered.find(reader.bytes, reader.start, reader.contentEnd)
  if (known !== undefined) return known
  return new LazyName(new Uint8Array(reader.element()), reader.inside(field))
}

/**
 * The name on one line, as RFC 4514 writes it: most specific part first, `CN=example.com,O=Example,C=US`.
 * Control characters and those with a meaning in the form are escaped, so that it is safe to print.
 */
export function formatName(name: Name): string {
  if (name.isEmpty) return '(empty name)'
  const known = lazy(name)
  known.text ??= known.rdns
    .map((rdn) => rdn.map(({ type, value }) => `${type}=${escapeValue(value)}`).join('+'))
    .reverse()
    .join(',')
  return known.text
}

/** The name for a message: as much of it as a line holds. What a certificate contains may be as long as it likes. */
export function briefName(name: Name): string {
  const text = formatName(name)
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`
}

/** True when two names are the same by RFC 5280 §7.1: case and white space do not count. */
export function equalNames(a: Name, b: Name): boolean {
  if (a === b || sameDer(a.der, b.der)) return true
  const left = lazy(a).keys
  const right = lazy(b).keys
  return left.length === right.length && left.every((key, i) => key === right[i])
}

/** A string that is equal for equal names: the key of an index. */
export function nameKey(name: Name): string {
  return lazy(name).key
}

/** True when `name` lies in the subtree of `base`: its first relative names are those of `base` (RFC 5280 §4.2.1.10). */
export function isWithin(name: Name, base: Name): boolean {
  const left = lazy(name).keys
  const right = lazy(base).keys
  return right.length <= left.length && right.every((key, i) => key === left[i])
}

function lazy(name: Name): LazyName {
  if (name instanceof LazyName) return name
  const content = new DerReader(name.der, 'name').enter(tags.sequence, 'name')
  return new LazyName(name.der, content)
}

function sameDer(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  // From the end: names of one authority differ in their last attribute.
  for (let i = a.length - 1; i >= 0; i--) if (a[i] !== b[i]) return false
  return true
}

/** The comparison of RFC 4518 in short: compatibility forms, case, and runs of white space are folded. */
function foldText(text: string): string {
  // Nearly every name: ASCII, with single spaces inside at most, where case alone is left to fold.
  if (/^[!-~]+(?: [!-~]+)*$/.test(text)) return text.toLowerCase()
  return text.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ')
}

/** RFC 4514 §2.4; and whatever could act on a terminal or end the line, by its bytes. */
function escapeValue(value: string): string {
  if (/^[A-Za-z0-9](?:[A-Za-z0-9 .&'()/_-]*[A-Za-z0-9.)])?$/.test(value)) return value
  if (/^#[0-9a-f]+$/.test(value)) return value
  return value
    .replace(/["+,;<>\\]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/(?<!\\) $/, '\\ ')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
      Array.from(utf8(character.codePointAt(0)!), (byte) => `\\${toHex(Uint8Array.of(byte))}`).join(
        '',
      ),
    )
}

function utf8(codePoint: number): number[] {
  if (codePoint < 0x80) return [codePoint]
  const tail = (shift: number): number => 0x80 | ((codePoint >> shift) & 0x3f)
  if (codePoint < 0x800) return [0xc0 | (codePoint >> 6), tail(0)]
  if (codePoint < 0x10000) return [0xe0 | (codePoint >> 12), tail(6), tail(0)]
  return [0xf0 | (codePoint >> 18), tail(12), tail(6), tail(0)]
}
