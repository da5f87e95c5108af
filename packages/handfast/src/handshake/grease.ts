/** Reserved values that a client strews among its offers, so that servers keep ignoring what they do not know (RFC 8701). */

export interface Grease {
  readonly cipherSuite: number
  readonly group: number
  readonly version: number
  readonly firstExtension: number
  readonly lastExtension: number
}

/** @param random 5 bytes */
export function greaseFrom(random: Uint8Array): Grease {
  const value = (i: number) => ((random[i] ?? 0) & 0xf0) * 0x101 + 0x0a0a
  const firstExtension = value(3)
  const last = value(4)
  return {
    cipherSuite: value(0),
    group: value(1),
    version: value(2),
    firstExtension,
    // No extension may stand twice.
    lastExtension: last === firstExtension ? last ^ 0x1010 : last,
  }
}
