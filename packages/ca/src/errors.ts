/** Thrown where an authority cannot do what it is asked: the message names the option, name or key that cannot be. */
export class AuthorityError extends Error {
  /** The caller's mistake, as in an `X509Error`. */
  readonly code = 'invalid-argument'

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'AuthorityError'
  }
}
