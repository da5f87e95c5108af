/** ASN.1's character strings as JavaScript strings. Undefined means that the bytes are not of the type they claim. */
import { tags } from './der.ts'

/** IA5String and other ASCII: bytes below 0x80, control characters included. */
export function decodeAscii(bytes: Uint8Array): string | undefined {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! >= 0x80) return undefined
  return fromCharCodes(bytes)
}

/** One character for each byte; in pieces, for a call takes only so many arguments. */
function fromCharCodes(bytes: Uint8Array): string {
  if (bytes.length <= 512) return String.fromCharCode.apply(null, bytes as unknown as number[])
  let text = ''
  for (let i = 0; i < bytes.length; i += 512) text += fromCharCodes(bytes.subarray(i, i + 512))
  return text
}

/** UTF-8 as RFC 3629 defines it: no overlong form, no surrogate, nothing above U+10FFFF. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  let text = ''
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i++]!
    if (first < 0x80) {
      text += String.fromCharCode(first)
      continue
    }
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1
    if (first < 0xc2 || first > 0xf4 || i + more > bytes.length) return undefined
    let codePoint = first & (0x3f >> more)
    for (let k = 0; k < more; k++) {
      const byte = bytes[i++]!
      if ((byte & 0xc0) !== 0x80) return undefined
      codePoint = (codePoint << 6) | (byte & 0x3f)
    }
    const smallest = more === 1 ? 0x80 : more === 2 ? 0x800 : 0x10000
    if (codePoint < smallest || !isScalar(codePoint)) return undefined
    text += String.fromCodePoint(codePoint)
  }
  return text
}

/** The value of a string type by its identifier octet; undefined for other types and for malformed content. */
export function decodeString(tag: number, bytes: Uint8Array): string | undefined {
  switch (tag) {
    case tags.utf8String:
      return decodeUtf8(bytes)
    case tags.printableString:
      return decodePrintable(bytes)
    case tags.ia5String:
    case tags.numericString:
      return decodeAscii(bytes)
    case tags.teletexString:
      return decodeLatin1(bytes)
    case tags.bmpString:
      return decodeBigEndian(bytes, 2)
    case tags.universalString:
      return decodeBigEndian(bytes, 4)
    default:
      return undefined
  }
}

/** X.680 §41.4: letters, digits, space and ' ( ) + , - . / : = ?  Authorities also write * @ & _, which is let pass. */
function decodePrintable(bytes: Uint8Array): string | undefined {
  const text = decodeAscii(bytes)
  return text !== undefined && /^[A-Za-z0-9 '()+,\-./:=?*@&_]*$/.test(text) ? text : undefined
}

/** TeletexString is T.61 by the letter; everybody has written Latin-1 into it. */
const decodeLatin1 = fromCharCodes

function decodeBigEndian(bytes: Uint8Array, width: 2 | 4): string | undefined {
  if (bytes.length % width !== 0) return undefined
  let text = ''
  for (let i = 0; i < bytes.length; i += width) {
    let codePoint = 0
    for (let k = 0; k < width; k++) codePoint = codePoint * 256 + bytes[i + k]!
    if (!isScalar(codePoint)) return undefined
    text += String.fromCodePoint(codePoint)
  }
  return text
}

function isScalar(codePoint: number): boolean {
  return codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff)
}
