/** DANE: which certificate a server may have is said by TLSA records in the DNS (RFC 6698, RFC 7671). */
import { equalBytes } from './bytes.ts'
import { toCertificate } from './certificate.ts'
import { X509Error } from './errors.ts'
import { Findings } from './findings.ts'
import { briefName } from './name.ts'
import { type MaybePromise, runSteps, type Steps, settle } from './steps.ts'
import type {
  Certificate,
  Failure,
  PathCheck,
  TlsaOptions,
  TlsaRecord,
  Verdict,
  VerifyInput,
} from './types.ts'
import { checkName, verify } from './verify.ts'

const section = 'RFC 6698 §2.1.1'
const usages = ['PKIX-TA', 'PKIX-EE', 'DANE-TA', 'DANE-EE'] as const
const [pkixTa, pkixEe, daneTa, daneEe] = [0, 1, 2, 3]

/** Certificates of the peer compared with records: a record and a certificate may each cost a digest. */
const mostComparisons = 200

/**
 * Decides whether a certificate is to be believed when the DNS, by DNSSEC, has said which one it may be.
 *
 * One record that matches is enough. DANE-EE trusts the peer's own certificate, whatever its dates. Its name is checked
 * where one is given: RFC 7671 §5.1 would not, and who follows it (SMTP does) gives none, but on the web a peer could
 * otherwise pass for another that published its key. DANE-TA takes a certificate that the peer sent for the anchor. PKIX-TA and PKIX-EE limit which of the
 * paths to `trust` are good. Names and everything else are checked as `verifyCertificate` does.
 *
 * @returns a verdict; without a usable record that matches its failures contain `pin-mismatch`, and what to do when
 * there is no usable record at all is for the caller to decide (RFC 7671 §8, §10.1)
 */
export function verifyWithTlsa(input: VerifyInput, options: TlsaOptions): MaybePromise<Verdict> {
  return runSteps(verifySteps(input, options))
}

function* verifySteps(input: VerifyInput, options: TlsaOptions): Steps<Verdict> {
  const usable = options.records.filter((record) => isUsable(record, options))
  const sent = readAll([input.certificate, ...input.intermediates])
  const leaf = sent[0]
  const verdicts: Verdict[] = []
  if (leaf !== undefined) {
    for (const record of usable) {
      if (record.usage !== daneEe || !(yield* matches(record, leaf, options))) continue
      return vouchedFor(leaf, record, input.name)
    }
  }
  const anchors = yield* matching(usable, daneTa, sent.slice(1, mostComparisons), options)
  if (anchors.length > 0) {
    const verdict = yield* verify({ ...input, trust: anchors })
    const shown = withCheck(verdict, 'a DANE-TA record')
    if (shown.valid) return shown
    verdicts.push(shown)
  }
  if (usable.some(({ usage }) => usage === pkixTa || usage === pkixEe)) {
    const additionalChecks = [...(input.additionalChecks ?? []), checkRecords(usable, options)]
    const verdict = yield* verify({ ...input, additionalChecks })
    if (verdict.valid) return verdict
    verdicts.push(verdict)
  }
  // The anchor that the DNS names says more about what is wrong than one that would have to be there as well.
  return verdicts[0] ?? mismatch(leaf, usable.length, options.records.length)
}

function isUsable(
  { usage, selector, matchingType, data }: TlsaRecord,
  options: TlsaOptions,
): boolean {
  const { sha256, sha512 } = options.digests
  if (![pkixTa, pkixEe, daneTa, daneEe].includes(usage) || (selector !== 0 && selector !== 1)) {
    return false
  }
  if (matchingType === 1) return sha256 !== undefined && data.length === 32
  if (matchingType === 2) return sha512 !== undefined && data.length === 64
  return matchingType === 0 && data.length > 0
}

/** RFC 6698 §2.1.2, §2.1.3 */
function* matches(
  { selector, matchingType, data }: TlsaRecord,
  certificate: Certificate,
  { digests }: TlsaOptions,
): Steps<boolean> {
  const selected = selector === 0 ? certificate.der : certificate.subjectPublicKeyInfo.der
  const digest =
    matchingType === 1 ? digests.sha256 : matchingType === 2 ? digests.sha512 : undefined
  return equalBytes(data, digest === undefined ? selected : yield* settle(digest(selected)))
}

function* matching(
  records: readonly TlsaRecord[],
  usage: number | undefined,
  certificates: readonly Certificate[],
  options: TlsaOptions,
): Steps<readonly Certificate[]> {
  const found: Certificate[] = []
  let comparisons = 0
  for (const certificate of certificates) {
    for (const record of records) {
      if (record.usage !== usage || ++comparisons > mostComparisons) continue
      if (yield* matches(record, certificate, options)) {
        found.push(certificate)
        break
      }
    }
  }
  return found
}

/** A path to the caller's anchors is good when a record names its leaf, or one of its authorities. */
function checkRecords(records: readonly TlsaRecord[], options: TlsaOptions): PathCheck {
  return function* check({ certificates, anchor }, { report }) {
    const root = anchor.certificate === undefined ? [] : [anchor.certificate]
    const leaves = yield* matching(records, pkixEe, certificates.slice(0, 1), options)
    const above = [...certificates.slice(1), ...root]
    const authorities = leaves.length > 0 ? [] : yield* matching(records, pkixTa, above, options)
    const against = 'the TLSA records'
    const [match] = [...leaves, ...authorities]
    if (match !== undefined) {
      const usage = leaves.length > 0 ? usages[1] : usages[0]
      report.pass('tlsa', against, section, `${usage} for ${briefName(match.subject)}`)
      return
    }
    const { code, message, help } = noMatch(records.length, records.length)
    report.fail(
      'tlsa',
      against,
      section,
      { code, message, help },
      { certificate: certificates[0], depth: 0 },
    )
  }
}

/** DANE-EE: the record stands for everything but, if the caller wants it, the name (RFC 7671 §5.1). */
function vouchedFor(leaf: Certificate, record: TlsaRecord, name: string | undefined): Verdict {
  const findings = new Findings(leaf, 0)
  const why = 'a DANE-EE record vouches for the certificate itself'
  const what = record.selector === 0 ? 'its certificate' : 'its key'
  findings.pass('tlsa', 'the TLSA records', section, `DANE-EE for ${what}`)
  for (const skipped of ['path', 'validity']) {
    findings.skip(skipped, 'nothing', 'RFC 7671 §5.1', why)
  }
  findings.add(checkName(leaf, name))
  const { subject, subjectPublicKeyInfo } = leaf
  return {
    valid: findings.failures.length === 0,
    path: [leaf],
    anchor: { subject, subjectPublicKeyInfo, certificate: leaf },
    checks: findings.checks,
    failures: findings.failures,
    attempts: [],
  }
}

function withCheck(verdict: Verdict, detail: string): Verdict {
  const findings = new Findings()
  findings.pass('tlsa', 'the TLSA records', section, `the anchor is named by ${detail}`)
  return { ...verdict, checks: [...findings.checks, ...verdict.checks] }
}

function mismatch(leaf: Certificate | undefined, usable: number, given: number): Verdict {
  const findings = new Findings(leaf, 0)
  findings.fail('tlsa', 'the TLSA records', section, noMatch(usable, given))
  const { checks, failures } = findings
  return { valid: false, path: leaf === undefined ? [] : [leaf], checks, failures, attempts: [] }
}

function noMatch(usable: number, given: number): Pick<Failure, 'code' | 'message' | 'help'> {
  return {
    code: 'pin-mismatch',
    message:
      usable === 0
        ? `none of the ${given} TLSA records can be used`
        : `none of the ${usable} usable TLSA records is for a certificate of this server`,
    help: 'The records in the DNS may be older than the certificate; whoever runs the server has to renew them.',
  }
}

/** Those that can be read, with names and keys; the peer's own has to be, or there is nothing. */
function readAll(inputs: readonly (Uint8Array | Certificate)[]): readonly Certificate[] {
  const certificates: Certificate[] = []
  for (const [i, input] of inputs.entries()) {
    try {
      const certificate = toCertificate(input)
      void certificate.subject.rdns
      void certificate.subjectPublicKeyInfo
      certificates.push(certificate)
    } catch (error) {
      if (!(error instanceof X509Error) || error.code !== 'malformed') throw error
      if (i === 0) return []
    }
  }
  return certificates
}
