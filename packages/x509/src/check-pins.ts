/** Pinning: one of certain keys has to be in the path (the comparison of RFC 7469 §2.6). */
import { equalBytes } from './bytes.ts'
import { X509Error } from './errors.ts'
import { settle } from './steps.ts'
import type { PathCheck, PinOptions } from './types.ts'

const section = 'RFC 7469 §2.6'

/**
 * Makes a check for `additionalChecks`: the leaf, an intermediate or the anchor has one of these keys.
 *
 * @throws X509Error `invalid-argument` when there is no pin, or one that is no SHA-256
 */
export function checkPins({ pins, sha256 }: PinOptions): PathCheck {
  if (pins.length === 0 || pins.some(({ length }) => length !== 32)) {
    throw new X509Error('invalid-argument', 'pins are SHA-256 digests of 32 bytes, at least one')
  }
  return function* check({ certificates, anchor }, { report }) {
    const against = pins.length === 1 ? 'a pinned key' : `one of ${pins.length} pinned keys`
    for (const [depth, { subjectPublicKeyInfo }] of [...certificates, anchor].entries()) {
      const digest = yield* settle(sha256(subjectPublicKeyInfo.der))
      if (!pins.some((pin) => equalBytes(pin, digest))) continue
      report.pass('pinned key', against, section, `the key at depth ${depth}`)
      return
    }
    report.fail(
      'pinned key',
      against,
      section,
      {
        code: 'pin-mismatch',
        message: 'none of the pinned keys is in the path',
        help: 'If the server changed its key on purpose, the pins have to be renewed; else somebody is in between.',
      },
      { certificate: certificates[0] },
    )
  }
}
