/** ECDSA signatures as TLS and certificates write them (RFC 3279 §2.2.3), and as WebCrypto does (IEEE P1363: r, then s). */
import { concat, padLeft } from '../../codec/bytes.ts'
import { DerTag, derElement, derInteger, readElement, readElements } from '../der.ts'

/** @param length of r and of s, in bytes. @throws Error where it is not the DER of two integers of that length */
export function p1363FromDer(der: Uint8Array, length: number): Uint8Array {
  const elements = readElements(readElement(der, DerTag.sequence).content)
  if (elements.length !== 2) throw new Error('not two integers')
  return concat(...elements.map(({ tag, content }) => fixedLength(tag, content, length)))
}

function fixedLength(tag: number, content: Uint8Array, length: number): Uint8Array {
  const [first, second] = content
  // X.690 §8.3.2, and neither is negative.
  const padded = first === 0 && second !== undefined
  if (tag !== DerTag.integer || first === undefined || first >= 0x80 || (padded && second < 0x80))
    throw new Error('not a positive integer')
  const digits = padded ? content.subarray(1) : content
  if (digits.length > length) throw new Error('an integer that is too long')
  return padLeft(digits, length)
}

/** @param signature r and s, each half of it */
export function derFromP1363(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2
  return derElement(
    DerTag.sequence,
    derInteger(signature.subarray(0, half)),
    derInteger(signature.subarray(half)),
  )
}
