/** A certificate, and a path of two of them, by whomever they claim to be, with signatures that always verify. */

import { certificateFields } from '../../../packages/x509/src/display.ts'
import {
  createTrustStore,
  formatName,
  parseCertificate,
  type Verdict,
  verifyCertificate,
  X509Error,
} from '../../../packages/x509/src/index.ts'
import { rfc5280, webpki } from '../../../packages/x509/src/profiles/index.ts'
import { agreeableVerifiers } from '../agreeable.ts'

export function fuzz(input: Uint8Array): void {
  const half = ((input[0] ?? 0) << 8) | (input[1] ?? 0)
  const one = input.subarray(2, 2 + half)
  const other = input.subarray(2 + half)
  try {
    const certificate = parseCertificate(one)
    certificateFields(certificate)
    formatName(certificate.subject)
    formatName(certificate.issuer)
  } catch (error) {
    if (!(error instanceof X509Error)) throw error
  }
  for (const profile of [rfc5280, webpki()]) {
    const verdict = verifyCertificate({
      certificate: one,
      intermediates: [other, one],
      trust: createTrustStore([other]),
      time: Date.UTC(2026, 10, 21),
      name: 'server.test',
      usage: 'serverAuth',
      verifiers: agreeableVerifiers,
      profile,
    }) as Verdict
    if (!verdict.valid && verdict.failures.length === 0) throw new Error('Refused without a reason')
  }
}
