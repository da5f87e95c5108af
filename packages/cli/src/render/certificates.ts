/** Certificates for people: whose, for which names, from whom, until when; and the check, question by question. */
import {
  type Certificate,
  type Check,
  formatGeneralName,
  formatName,
  type Name,
  parseCertificate,
  type Verdict,
} from '@handfast/x509'
import type { MessageEvent } from 'handfast'
import { annotate, type Field } from 'handfast/trace'
import { glyphs } from './glyphs.ts'
import type { Paper, Style } from './paper.ts'
import { bytes, day, fromNow, listed } from './words.ts'

/** Parts of a certificate are parsed when they are looked at: what is malformed there must not end the telling. */
function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}

/** A distinguished name as RFC 4514 writes it. */
function wholeName(name: Name): string {
  return attempt(() => formatName(name) || '(no name)', '(a name that cannot be read)')
}

/** The name by which people know it: the common name, else the organization, else the whole. */
export function shortName(name: Name): string {
  const attributes = attempt(() => name.rdns.flat(), [])
  for (const type of ['CN', 'O', 'OU']) {
    const value = attributes.find((attribute) => attribute.type === type)?.value
    if (value) return value
  }
  return wholeName(name)
}

/** `EC P-256`, `RSA 2048 bits`, `Ed25519`. */
export function keyInWords(certificate: Certificate): string {
  const algorithm = attempt(() => certificate.subjectPublicKeyInfo.algorithm, undefined)
  if (algorithm === undefined) return 'a key that cannot be read'
  const { type, curve, bits } = algorithm
  switch (type) {
    case 'ec':
      return `EC ${curve ?? 'of another curve'}`
    case 'rsa':
    case 'rsa-pss':
      return `${type.toUpperCase()} ${bits ?? '?'} bits`
    case 'ed25519':
    case 'ed448':
      return type.replace('ed', 'Ed')
    default:
      return type.toUpperCase()
  }
}

/** The names that a certificate is for. */
export function namesOf(certificate: Certificate): readonly string[] {
  const names = attempt(() => certificate.subjectAltName, undefined)
  return (names ?? []).map((name) =>
    name.type === 'dns' ? name.value : formatGeneralName(name).replace(/^[a-z]+:/i, ''),
  )
}

/** The certificates of a Certificate message. */
export function certificateLines(paper: Paper, event: MessageEvent, indent: number): void {
  const ders = certificatesIn(annotate(event), event.bytes)
  if (ders.length === 0) paper.text('No certificate.', { indent })
  ders.forEach((der, index) => {
    let certificate: Certificate
    try {
      certificate = parseCertificate(der)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      paper.row(`${index}`, `cannot be read: ${reason}`, { indent, column: indent + 3 })
      return
    }
    certificateRows(paper, certificate, `${index}`, event.time, indent, der.length)
  })
}

/** One certificate in a few rows. @param now milliseconds since 1970 */
export function certificateRows(
  paper: Paper,
  certificate: Certificate,
  label: string,
  now: number,
  indent: number,
  length: number = certificate.der.length,
): void {
  const { bold } = paper.colors
  const column = indent + (label === '' ? 0 : label.length + 2)
  const row = (name: string, value: string, style: Style = (text) => text) =>
    paper.row(name, value, { indent: column, column: 30, style })
  paper.ends(
    { text: `${label === '' ? '' : `${label}  `}${shortName(certificate.subject)}`, style: bold },
    { text: `${keyInWords(certificate)}, ${bytes(length)}` },
    { indent },
  )
  const names = namesOf(certificate)
  if (names.length > 0) row('for', listed(names, 8))
  row('from', wholeName(certificate.issuer))
  row('valid', validityInWords(certificate, now), validityStyle(paper, certificate, now))
}

export function validityInWords({ notBefore, notAfter }: Certificate, now: number): string {
  const range = `${day(notBefore)} to ${day(notAfter)}`
  if (now < notBefore) return `${range}: not valid yet, it begins ${fromNow(notBefore, now)}`
  if (now > notAfter) return `${range}: expired ${fromNow(notAfter, now)}`
  return `${range}, it ends ${fromNow(notAfter, now)}`
}

function validityStyle(paper: Paper, { notBefore, notAfter }: Certificate, now: number): Style {
  if (now < notBefore || now > notAfter) return paper.colors.red
  // A certificate that nobody renews is the most common cause of an outage.
  return notAfter - now < 7 * 86_400_000 ? paper.colors.yellow : (text) => text
}

function certificatesIn(fields: readonly Field[], message: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = []
  const search = (field: Field) => {
    if (field.name !== 'cert_data') return field.children.forEach(search)
    found.push(message.subarray(field.contentStart ?? field.start, field.end))
  }
  fields.forEach(search)
  return found
}

/** Questions that people ask; of the others a line says that they were passed. */
const toldAlone = new Set(['name', 'validity', 'signature', 'revocation'])

/** The chapter about the check: each certificate of the path, and what was asked of it. */
export function renderVerdict(paper: Paper, verdict: Verdict): void {
  const { red, bold, dim } = paper.colors
  paper.heading('The certificate check', 'RFC 5280 §6, RFC 9525')
  const { path, anchor, checks, failures } = verdict
  path.forEach((certificate, depth) => {
    const isAnchor = anchor !== undefined && depth === path.length - 1
    const role = isAnchor
      ? 'trusted'
      : depth === 0
        ? 'shown by the server'
        : certificate.isSelfIssued
          ? 'self-signed'
          : 'intermediate'
    const stem = depth === 0 ? '' : `${'  '.repeat(depth - 1)}${glyphs.last}`
    paper.gap()
    paper.ends(
      { text: `${stem}${shortName(certificate.subject)}`, style: bold },
      {
        text: `${role}, ${keyInWords(certificate)}, until ${day(certificate.notAfter)}`,
        style: dim,
      },
      { indent: 4 },
    )
    renderChecks(
      paper,
      checks.filter((check) => check.depth === depth),
      4 + depth * 2,
    )
  })
  if (anchor === undefined) {
    paper.gap()
    paper.text('The path ends here: no authority that is trusted was reached.', {
      indent: 4,
      style: red,
    })
  }
  const ofThePath = checks.filter(({ depth }) => depth === undefined || depth >= path.length)
  if (ofThePath.length > 0) {
    paper.gap()
    paper.text('The path as a whole', { indent: 4, style: bold })
    renderChecks(paper, ofThePath, 4)
  }
  // A failure nearly always is a check that failed, which has been told.
  if (checks.some(({ result }) => result === 'fail')) return
  paper.gap()
  for (const { message, section } of failures)
    paper.text(`${glyphs.fail} ${message} [${section}]`, { indent: 4, style: red })
}

function renderChecks(paper: Paper, checks: readonly Check[], indent: number): void {
  const { green, red, dim } = paper.colors
  const signs = {
    pass: { sign: glyphs.pass, style: green },
    fail: { sign: glyphs.fail, style: red },
    skipped: { sign: glyphs.skip, style: dim },
  }
  const alone = checks.filter(({ what, result }) => result === 'fail' || toldAlone.has(what))
  const others = checks.filter((check) => !alone.includes(check))
  const row = (result: Check['result'], what: string, text: string) =>
    paper.row(`${signs[result].sign} ${what}`, text, {
      indent,
      column: 30,
      labelStyle: signs[result].style,
    })
  for (const check of alone) row(check.result, check.what, checkInWords(check))
  for (const result of ['pass', 'skipped'] as const) {
    const names = others.filter((check) => check.result === result).map(({ what }) => what)
    if (names.length > 0) row(result, result === 'pass' ? 'also' : 'not asked', names.join(', '))
  }
}

function checkInWords({ against, detail, section }: Check): string {
  return `${against}${detail === undefined ? '' : `; ${detail}`} [${section}]`
}
