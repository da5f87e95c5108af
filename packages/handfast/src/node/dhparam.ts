/** The option `dhparam`: the finite field in which a server of TLS 1.2 does DHE. */

import type { FiniteField } from '../config.ts'
import { DerTag, readElement, readElements } from '../crypto/der.ts'
import { decodePem } from '../pem.ts'
import { bytesOf, invalidArgType, invalidArgValue, withCode } from './validate.ts'

/** Bits: fewer are refused, and fewer than the second are warned of, as in Node. */
const least = 1024
const advised = 2048

/** PEM of DHParameter (PKCS #3), or `auto` for a field of RFC 7919. */
export type DhParameters = string | NodeJS.ArrayBufferView

/** @returns `auto`, or the numbers; undefined for none: the server then has no DHE */
export function fieldOf(
  dhparam: DhParameters | undefined | null,
): FiniteField | 'auto' | undefined {
  if (dhparam == null) return undefined
  if (typeof dhparam !== 'string' && !ArrayBuffer.isView(dhparam))
    throw invalidArgType(
      'options.dhparam',
      'of type string or an instance of Buffer, TypedArray, or DataView',
      dhparam,
    )
  if (dhparam === 'auto') return 'auto'
  const field = readField(
    typeof dhparam === 'string' ? dhparam : Buffer.from(bytesOf(dhparam)).toString('latin1'),
  )
  const bits = BigInt(`0x${Buffer.from(field.prime).toString('hex')}`).toString(2).length
  if (bits < least)
    throw invalidArgValue('options.dhparam', bits, `DH parameter is less than ${least} bits`)
  if (bits < advised)
    process.emitWarning(`DH parameter is less than ${advised} bits`, 'SecurityWarning')
  return field
}

function readField(text: string): FiniteField {
  try {
    const block = decodePem(text).find(({ label }) => /^(X9\.42 )?DH PARAMETERS$/.test(label))
    if (block === undefined) throw new Error('there is no -----BEGIN DH PARAMETERS-----')
    const [p, g] = readElements(readElement(block.der, DerTag.sequence).content)
    if (p?.tag !== DerTag.integer || g?.tag !== DerTag.integer)
      throw new Error('there are not two numbers in it')
    return { prime: unsigned(p.content), generator: unsigned(g.content) }
  } catch (cause) {
    throw withCode(
      new Error(
        `options.dhparam cannot be read: ${(cause as Error).message}. Give PEM (openssl dhparam 2048), or 'auto'`,
        { cause },
      ),
      'ERR_OSSL_PEM_NO_START_LINE',
    )
  }
}

function unsigned(integer: Uint8Array): Uint8Array {
  return integer[0] === 0 ? integer.slice(1) : integer.slice()
}
