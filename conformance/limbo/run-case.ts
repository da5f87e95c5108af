/** One case of the suite, put to the verifier. */
import { getDomain, getPublicSuffix } from 'tldts'
import {
  checkRevocation,
  type GeneralName,
  type Profile,
  parseCertificate,
  type Verdict,
  verifyCertificate,
} from '../../packages/x509/src/index.ts'
import { rfc5280, webpki } from '../../packages/x509/src/profiles/index.ts'
import { nodeVerifiers } from '../../packages/x509/test/support/verifiers.ts'
import { fromPem, type LimboCase, type LimboName } from './suite.ts'

export interface CaseResult {
  readonly id: string
  readonly expected: 'SUCCESS' | 'FAILURE'
  readonly actual: 'SUCCESS' | 'FAILURE' | 'SKIPPED'
  /** Why the certificate was refused, or the case skipped; for an accepted one, the length of its path. */
  readonly reason: string
}

export function runCase(testCase: LimboCase, now: number): CaseResult {
  const { id, expected_result: expected } = testCase
  const skip = unsupported(testCase)
  if (skip !== undefined) return { id, expected, actual: 'SKIPPED', reason: skip }
  const name = testCase.expected_peer_name
  const profile = profileOf(id)
  const crls = (testCase.crls ?? []).map(fromPem)
  const verdict = verifyCertificate({
    certificate: fromPem(testCase.peer_certificate),
    intermediates: testCase.untrusted_intermediates.map(fromPem),
    trust: testCase.trusted_certs.map(fromPem),
    time: testCase.validation_time === null ? now : Date.parse(testCase.validation_time),
    usage: testCase.validation_kind === 'SERVER' ? 'serverAuth' : 'clientAuth',
    verifiers: nodeVerifiers,
    ...(profile === undefined ? {} : { profile }),
    ...(crls.length === 0
      ? {}
      : { additionalChecks: [checkRevocation({ policy: 'require', crls })] }),
    ...(name === null ? {} : { name: name.value }),
    ...(testCase.max_chain_depth === null ? {} : { budget: { depth: testCase.max_chain_depth } }),
  }) as Verdict
  if (!verdict.valid) {
    const reason = verdict.failures.map(({ code, message }) => `${code}: ${message}`).join('; ')
    return { id, expected, actual: 'FAILURE', reason }
  }
  const missing = (testCase.expected_peer_names ?? []).filter(
    (wanted) => !hasName(fromPem(testCase.peer_certificate), wanted),
  )
  if (missing.length > 0) {
    const reason = `name-mismatch: the certificate is not for ${missing.map(({ value }) => value).join(', ')}`
    return { id, expected, actual: 'FAILURE', reason }
  }
  return { id, expected, actual: 'SUCCESS', reason: `path of ${verdict.path.length} certificates` }
}

/**
 * The suite holds cases for two rule books, and some that contradict each other: the first part of a case's name says
 * whose rules are meant. `online` are chains of public sites; the rest is about paths, whatever the rule book.
 */
function profileOf(id: string): Profile | undefined {
  if (id.startsWith('rfc5280::') || id.startsWith('crl::')) return rfc5280
  return id.startsWith('webpki::') || id.startsWith('online::') ? sitesOfTheWeb : undefined
}

function unsupported(testCase: LimboCase): string | undefined {
  if ((testCase.signature_algorithms ?? []).length > 0) {
    return 'the case restricts signature algorithms by names this runner does not map'
  }
  if (testCase.expected_peer_name?.kind === 'RFC822') {
    return 'a single e-mail name is asked for, which the verifier does not match'
  }
  return undefined
}

function hasName(der: Uint8Array, wanted: LimboName): boolean {
  const type: GeneralName['type'] =
    wanted.kind === 'DNS' ? 'dns' : wanted.kind === 'IP' ? 'ip' : 'email'
  return (parseCertificate(der).subjectAltName ?? []).some(
    (name) => name.type === type && name.value === wanted.value,
  )
}

/** The Public Suffix List, its private part included. */
function isPublicSuffix(domain: string): boolean {
  const options = { allowPrivateDomains: true }
  return getPublicSuffix(domain, options) === domain && getDomain(domain, options) === null
}

const sitesOfTheWeb = webpki({ isPublicSuffix })
