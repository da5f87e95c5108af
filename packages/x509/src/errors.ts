/** Why bytes could not be read. */
export type X509ErrorCode =
  /** The bytes are not DER, or not the structure expected. */
  | 'malformed'
  /** An argument is not what the function takes: the caller's mistake, not the certificate's. */
  | 'invalid-argument'

/** Thrown for bytes that are not what they should be. Says where, by byte offset and by the path of field names. */
export class X509Error extends Error {
  readonly code: X509ErrorCode
  /** Offset in bytes from the start of the structure that was parsed. */
  readonly offset: number | undefined
  /** The field that was being read, as `tbsCertificate.validity.notAfter`. */
  readonly field: string | undefined

  readonly #what: string

  constructor(
    code: X509ErrorCode,
    message: string,
    where: { readonly offset?: number | undefined; readonly field?: string | undefined } = {},
  ) {
    const at = [
      where.field === undefined ? '' : ` in ${where.field}`,
      where.offset === undefined ? '' : ` at byte ${where.offset}`,
    ].join('')
    // The lean build has no sentences: the code stands for them.
    super((message || code) + at)
    this.name = 'X509Error'
    this.code = code
    this.offset = where.offset
    this.field = where.field
    this.#what = message
  }

  /** The same error, its offset counted from the start of something larger. */
  movedBy(bytes: number): X509Error {
    const offset = this.offset === undefined ? undefined : this.offset + bytes
    return new X509Error(this.code, this.#what, { offset, field: this.field })
  }
}
