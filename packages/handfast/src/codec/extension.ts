/**
 * Extensions (RFC 8446 §4.2). Each has a file of its own in `extensions/` that says in which messages it may stand and
 * what it looks like there; the table of §4.2 is the sum of those files.
 */
import { TlsError } from '../errors.ts'
import { extensionTypes, isGrease, nameOf } from './registry.ts'
import { type AnyWire, decode, encode, type ValueOf, type Wire } from './wire.ts'

/**
 * The messages that carry extensions. A HelloRetryRequest is a ServerHello on the wire, with rules of its own; so is the
 * ServerHello of TLS 1.2 and before, which answers all that EncryptedExtensions and Certificate answer in TLS 1.3.
 */
export type ExtensionContext =
  | 'ClientHello'
  | 'ServerHello'
  | 'ServerHello12'
  | 'HelloRetryRequest'
  | 'EncryptedExtensions'
  | 'Certificate'
  | 'CertificateRequest'
  | 'NewSessionTicket'

/** An extension as it stands in a message: its body is not looked into. */
export interface RawExtension {
  readonly type: number
  readonly data: Uint8Array
}

type Forms = Partial<Record<ExtensionContext, AnyWire>>

export interface Extension<F extends Forms = Forms> {
  readonly type: number
  /** Where it is defined. */
  readonly section: string
  /** What its body is in each message in which it may stand. */
  readonly in: F
}

export function defineExtension<const F extends Forms>(
  type: number,
  section: string,
  forms: F,
): Extension<F> {
  return { type, section, in: forms }
}

/** Makes one extension of a message. */
export function extensionOf<F extends Forms, C extends keyof F & ExtensionContext>(
  extension: Extension<F>,
  context: C,
  value: ValueOf<F[C]>,
): RawExtension {
  return { type: extension.type, data: encode(extension.in[context] as Wire<unknown>, value) }
}

/** Finds and decodes one extension of a message; undefined where the message does not carry it. */
export function findExtension<F extends Forms, C extends keyof F & ExtensionContext>(
  extensions: readonly RawExtension[],
  extension: Extension<F>,
  context: C,
): ValueOf<F[C]> | undefined {
  const raw = extensions.find(({ type }) => type === extension.type)
  if (raw === undefined) return undefined
  const where = () => `${String(context)}.extensions.${nameOf(extensionTypes, extension.type)}`
  return decode(extension.in[context] as Wire<ValueOf<F[C]>>, raw.data, undefined, where)
}

export function hasExtension(extensions: readonly RawExtension[], type: number): boolean {
  return extensions.some((extension) => extension.type === type)
}

/** No type may stand twice in one message (RFC 8446 §4.2). */
export function refuseDuplicates(extensions: readonly RawExtension[], where: string): void {
  const seen = new Set<number>()
  for (const { type } of extensions) {
    if (seen.has(type))
      throw new TlsError(
        'ERR_ILLEGAL_PARAMETER',
        `${where} carries the extension ${nameOf(extensionTypes, type)} twice`,
        { section: 'RFC 8446 §4.2' },
      )
    seen.add(type)
  }
}

/**
 * An answer may carry only what was asked for (RFC 8446 §4.2): anything else is `unsupported_extension`.
 * @param offered the types of the request that this message answers
 */
export function refuseUnsolicited(
  extensions: readonly RawExtension[],
  offered: readonly number[],
  where: string,
): void {
  for (const { type } of extensions)
    if (!offered.includes(type) || isGrease(type))
      throw new TlsError(
        'ERR_UNSOLICITED_EXTENSION',
        `${where} carries the extension ${nameOf(extensionTypes, type)}, which was not asked for`,
      )
}
