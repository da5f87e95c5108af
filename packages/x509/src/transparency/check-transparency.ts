/** Certificate Transparency: do public logs vouch that they have seen the certificate? By a policy like the browsers'. */
import { toHex } from '../bytes.ts'
import { X509Error } from '../errors.ts'
import { parseSubjectPublicKeyInfo } from '../public-key.ts'
import { type Steps, settle } from '../steps.ts'
import type {
  Certificate,
  CertificationPath,
  PathCheck,
  PathCheckContext,
  SignedCertificateTimestamp,
  SubjectPublicKeyInfo,
  TransparencyLog,
  TransparencyOptions,
} from '../types.ts'
import { precertificateTbs } from './precertificate.ts'
import { type LogEntry, parseSignedCertificateTimestamp, signedData } from './timestamp.ts'

const section = 'RFC 6962 §3.2'
const what = 'certificate transparency'

/** Certificates that live longer need a third timestamp (milliseconds). */
const shortLifetime = 180 * 24 * 60 * 60 * 1000

/** Timestamps looked at for one certificate: real ones carry two to five, and each costs a signature. */
const mostTimestamps = 16

/**
 * Makes a check for `additionalChecks`: enough timestamps from enough operators, as Chrome and Safari demand.
 *
 * Embedded timestamps suffice when there are two (three, if the certificate lives longer than 180 days), from two
 * operators, one of a log that is not retired. Timestamps from TLS or OCSP suffice when there are two, from two
 * operators, of logs that are not retired.
 */
export function checkTransparency(options: TransparencyOptions): PathCheck {
  let logs: ReadonlyMap<string, KnownLog> | undefined
  return function* check(path, context) {
    logs ??= yield* indexLogs(options)
    yield* new TransparencyChecker(options, logs, context).check(path)
  }
}

interface KnownLog {
  readonly log: TransparencyLog
  readonly key: SubjectPublicKeyInfo
}

function* indexLogs({ logs, sha256 }: TransparencyOptions): Steps<ReadonlyMap<string, KnownLog>> {
  const index = new Map<string, KnownLog>()
  for (const log of logs) {
    const key = parseSubjectPublicKeyInfo(log.key)
    index.set(toHex(yield* settle(sha256(log.key))), { log, key })
  }
  return index
}

interface Vouched {
  readonly operator: string
  readonly isRetired: boolean
}

class TransparencyChecker {
  readonly #options: TransparencyOptions
  readonly #logs: ReadonlyMap<string, KnownLog>
  readonly #context: PathCheckContext
  readonly #problems: string[] = []

  constructor(
    options: TransparencyOptions,
    logs: ReadonlyMap<string, KnownLog>,
    context: PathCheckContext,
  ) {
    this.#options = options
    this.#logs = logs
    this.#context = context
  }

  *check(path: CertificationPath): Steps<void> {
    const leaf = path.certificates[0]!
    const { tlsTimestamps = [], ocspTimestamps = [] } = this.#options
    const embedded = yield* this.#countEmbedded(path, leaf)
    const entry: LogEntry = { type: 'x509', certificate: leaf.der }
    const delivered = yield* this.#count(leaf, [...tlsTimestamps, ...ocspTimestamps], entry)
    const needed = leaf.notAfter - leaf.notBefore + 1000 > shortLifetime ? 3 : 2
    const current = delivered.filter(({ isRetired }) => !isRetired)
    const { report } = this.#context
    const against = `${needed} embedded timestamps or 2 delivered ones, from 2 operators of logs`
    if (
      (isEnough(embedded, needed) && embedded.some(({ isRetired }) => !isRetired)) ||
      isEnough(current, 2)
    ) {
      report.pass(what, against, section, this.#describe(embedded, delivered))
      return
    }
    const found = [this.#describe(embedded, delivered), ...this.#problems].join('; ')
    if (this.#options.policy === 'report') {
      report.skip(what, against, section, found)
      return
    }
    report.fail(
      what,
      against,
      section,
      {
        code: 'transparency',
        message: `too few public logs vouch for the certificate: ${found}`,
        help: 'A certificate for public use has to be logged by its authority; look whether the list of logs is current.',
      },
      { certificate: leaf, depth: 0 },
    )
  }

  *#countEmbedded(path: CertificationPath, leaf: Certificate): Steps<readonly Vouched[]> {
    const timestamps = leaf.signedCertificateTimestamps
    if (timestamps === undefined) return []
    const issuerKey = (path.certificates[1] ?? path.anchor).subjectPublicKeyInfo.der
    const issuerKeyHash = yield* settle(this.#options.sha256(issuerKey))
    const tbs = precertificateTbs(leaf)
    return yield* this.#count(leaf, timestamps, { type: 'precertificate', issuerKeyHash, tbs })
  }

  /** Those timestamps that count, at most one of each log. */
  *#count(
    leaf: Certificate,
    timestamps: readonly Uint8Array[],
    entry: LogEntry,
  ): Steps<readonly Vouched[]> {
    const vouched = new Map<string, Vouched>()
    for (const bytes of timestamps.slice(0, mostTimestamps)) {
      let timestamp: SignedCertificateTimestamp
      try {
        timestamp = parseSignedCertificateTimestamp(bytes)
      } catch (error) {
        if (!(error instanceof X509Error)) throw error
        this.#problems.push(error.message)
        continue
      }
      const id = toHex(timestamp.logId)
      if (vouched.has(id)) continue
      const known = this.#logs.get(id)
      if (known === undefined) {
        this.#problems.push(`log ${id.slice(0, 16)}… is not in the list given`)
        continue
      }
      const problem = yield* this.#problem(leaf, timestamp, known, entry)
      const name = known.log.description ?? known.log.operator
      if (problem === undefined) vouched.set(id, toVouched(known.log, this.#context.time))
      else this.#problems.push(`the timestamp of ${name} ${problem}`)
    }
    return [...vouched.values()]
  }

  *#problem(
    leaf: Certificate,
    timestamp: SignedCertificateTimestamp,
    { log, key }: KnownLog,
    entry: LogEntry,
  ): Steps<string | undefined> {
    if (timestamp.timestamp > this.#context.time) return 'is of the future'
    if (log.retiredAt !== undefined && timestamp.timestamp >= log.retiredAt) {
      return 'was made after the log was retired'
    }
    const { accepts } = log
    if (accepts !== undefined && (leaf.notAfter < accepts.start || leaf.notAfter >= accepts.end)) {
      return 'is for a certificate that the log does not take'
    }
    const name = timestamp.signatureAlgorithm
    const data = signedData(timestamp, entry)
    const valid = yield* this.#context.verifySignature({ name }, key, data, timestamp.signature)
    return valid ? undefined : 'has a wrong signature'
  }

  #describe(embedded: readonly Vouched[], delivered: readonly Vouched[]): string {
    const operators = new Set([...embedded, ...delivered].map(({ operator }) => operator))
    const by = operators.size === 0 ? '' : ` by ${[...operators].join(', ')}`
    return `${embedded.length} embedded and ${delivered.length} delivered timestamps are valid${by}`
  }
}

function toVouched({ operator, retiredAt }: TransparencyLog, time: number): Vouched {
  return { operator, isRetired: retiredAt !== undefined && retiredAt <= time }
}

function isEnough(vouched: readonly Vouched[], needed: number): boolean {
  return vouched.length >= needed && new Set(vouched.map(({ operator }) => operator)).size >= 2
}
