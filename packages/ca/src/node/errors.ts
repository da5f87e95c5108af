/** Why the directory could not do what it was asked. Match on the code, not on the message. */
export type DirectoryErrorCode =
  /** There is no authority in the directory. */
  | 'not-initialised'
  /** There is one already, or a thing with this name. */
  | 'exists'
  /** No authority, certificate or template is known by that name. */
  | 'unknown-name'
  /** Another process holds the lock, and did not let go in time. */
  | 'locked'
  /** The key is encrypted, and no passphrase or a wrong one was given. */
  | 'passphrase'
  /** A file in the directory is not what it should be. */
  | 'damaged'
  /** The file system does not do what the directory needs. */
  | 'file-system'

export class DirectoryError extends Error {
  readonly code: DirectoryErrorCode
  /** What to do about it. */
  readonly help: string

  constructor(code: DirectoryErrorCode, message: string, help: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'DirectoryError'
    this.code = code
    this.help = help
  }
}
