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
import type { Glyphs } from './glyphs.ts'
import type { Paper, Style } from './paper.ts'
import { bytes, day, fromNow, listed } from './words.ts'

/** The name by which people know it: the common name, else the organization, else the whole. */
export function shortName(name: Name): string {
  const attributes = name.rdns.flat()
  for (const type of ['CN', 'O', 'OU']) {
    const value = attributes.find((attribute) => attribute.type === type)?.value
    if (value) return value
  }
  return formatName(name) || '(no name)'
}

/** `EC P-256`, `RSA 2048 bits`, `Ed25519`. */
export function keyInWords({ subjectPublicKeyInfo }: Certificate): string {
  const { type, curve, bits } = subjectPublicKeyInfo.algorithm
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
export function namesOf({ subjectAltName }: Certificate): readonly string[] {
  return (subjectAltName ?? []).map((name) =>
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
  const column = indent + 3
  const row = (name: string, value: string, style: Style = (text) => text) =>
    paper.row(name, value, { indent: column, column: indent + 24, style })
  paper.ends(
    { text: `${label}  ${shortName(certificate.subject)}`, style: bold },
    { text: `${keyInWords(certificate)}, ${bytes(length)}` },
    { indent },
  )
  const names = namesOf(certificate)
  if (names.length > 0) row('for', listed(names, 8))
  row('from', formatName(certificate.issuer) || '(no name)')
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

/** The chapter about the check: the path, then each question and its answer. */
export function renderVerdict(
  paper: Paper,
  verdict: Verdict,
  { glyphs }: { readonly glyphs: Glyphs },
): void {
  const { green, red, dim } = paper.colors
  paper.heading('The certificate check', 'RFC 5280 §6, RFC 9525')
  verdict.path.forEach((certificate, depth) => {
    const isAnchor = verdict.anchor !== undefined && depth === verdict.path.length - 1
    const role = depth === 0 ? 'the peer' : isAnchor ? 'trusted authority' : 'intermediate'
    paper.ends(
      { text: `${'   '.repeat(depth)}${depth === 0 ? '' : glyphs.last}${shortName(certificate.subject)}` },
      { text: `${role}, ${keyInWords(certificate)}, until ${day(certificate.notAfter)}`, style: dim },
      { indent: 4 },
    )
  })
  if (verdict.anchor === undefined) paper.text('No path to a trusted authority.', { indent: 4, style: red })
  paper.gap()
  const style = { pass: green, fail: red, skipped: dim }
  const sign = { pass: glyphs.pass, fail: glyphs.fail, skipped: glyphs.skip }
  for (const check of verdict.checks)
    paper.row(`${sign[check.result]} ${check.what}`, checkInWords(check, verdict), {
      column: 28,
      labelStyle: style[check.result],
    })
  for (const failure of verdict.failures)
    paper.row(`${glyphs.fail} ${failure.code}`, failure.message, { column: 28, labelStyle: red })
}

function checkInWords({ against, detail, depth, section }: Check, { path }: Verdict): string {
  const certificate = depth === undefined ? undefined : path[depth]
  const whose =
    certificate === undefined || path.length < 2 ? '' : `${shortName(certificate.subject)}: `
  return `${whose}${against}${detail === undefined ? '' : `; ${detail}`}  [${section}]`
}
