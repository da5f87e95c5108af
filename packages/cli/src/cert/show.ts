/** `cert show`: what a certificate is for, who vouches for it, until when, and what is odd about it. */
import { createHash } from 'node:crypto'
import {
  type Certificate,
  encodePem,
  type Field,
  formatGeneralName,
  formatName,
  X509Error,
} from '@handfast/x509'
import { certificateFields } from '@handfast/x509/display'
import { type Command, Option } from 'commander'
import { keyInWords, namesOf, shortName, validityInWords } from '../render/certificates.ts'
import type { Paper } from '../render/paper.ts'
import { paperOn } from '../render/view.ts'
import { count, listed } from '../render/words.ts'
import type { Terminal } from '../terminal.ts'
import { oddities } from './oddities.ts'
import { addSource, readSource, type SourceOptions } from './source.ts'

interface ShowOptions extends SourceOptions {
  readonly json?: boolean
  readonly pem?: boolean
  readonly bytes?: boolean
}

export function addShow(group: Command, terminal: Terminal): void {
  const command = group
    .command('show')
    .description('Explain the certificates of a file or of a server. They are not judged.')
    .argument('<file|host>', 'a file (PEM or DER), or a server')
    .addOption(new Option('--json', 'one object on each line').conflicts(['pem', 'bytes']))
    .addOption(new Option('--pem', 'the certificates as they are').conflicts('bytes'))
    .option('--bytes', 'every field with its bytes')
  addSource(command).action(async (text: string, options: ShowOptions) => {
    const { chain } = await readSource(text, options, terminal)
    const now = Date.now()
    if (options.pem) {
      for (const { der } of chain) terminal.stdout.write(encodePem('CERTIFICATE', der))
      return
    }
    const paper = paperOn(terminal, terminal.stdout)
    for (const [index, certificate] of chain.entries()) {
      const odd = await oddities(certificate, chain[index + 1], now)
      if (options.json) terminal.stdout.write(`${JSON.stringify(inJson(certificate, odd))}\n`)
      else {
        explain(paper, certificate, { index, of: chain.length, odd, now })
        if (options.bytes) renderFields(paper, certificate)
      }
    }
    terminal.stdout.write(paper.toString())
  })
}

/** Object identifiers of extended key usages, in words that follow "for". */
const purposes: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'servers',
  '1.3.6.1.5.5.7.3.2': 'clients',
  '1.3.6.1.5.5.7.3.3': 'signed programs',
  '1.3.6.1.5.5.7.3.4': 'e-mail',
  '1.3.6.1.5.5.7.3.8': 'time stamps',
  '1.3.6.1.5.5.7.3.9': 'OCSP responses',
  '2.5.29.37.0': 'anything',
}

/** Malformed parts must not end the telling; `oddities` says what is wrong. */
function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof X509Error)) throw error
    return otherwise
  }
}

function purposeOf(certificate: Certificate): string {
  const constraints = attempt(() => certificate.basicConstraints, undefined)
  if (constraints?.cA) {
    const { pathLenConstraint: length } = constraints
    const below =
      length === undefined
        ? ''
        : length === 0
          ? ', with no authority below it'
          : `, with up to ${count(length, 'authority', 'authorities')} below each other`
    return `an authority: it issues certificates${below}`
  }
  const usages = attempt(() => certificate.extendedKeyUsage, undefined)
  return usages === undefined
    ? 'anything: it has no extended key usage'
    : listed(usages.map((oid) => purposes[oid] ?? oid))
}

interface Place {
  readonly index: number
  readonly of: number
  readonly odd: readonly string[]
  readonly now: number
}

function explain(paper: Paper, certificate: Certificate, { index, of, odd, now }: Place): void {
  const { red, yellow } = paper.colors
  const { der, notBefore, notAfter, serialNumber } = certificate
  paper.heading(
    attempt(() => shortName(certificate.subject), 'a name that cannot be read'),
    of > 1 ? `${index + 1} of ${of}` : '',
  )
  const row = (label: string, value: string, style?: (text: string) => string) =>
    paper.row(label, value, { column: 22, ...(style && { style }) })
  row('what it is for', purposeOf(certificate))
  const names = attempt(() => namesOf(certificate), [])
  if (names.length > 0) row('whose', listed(names, 12))
  const limits = attempt(() => certificate.nameConstraints, undefined)
  if (limits !== undefined) {
    const { permittedSubtrees, excludedSubtrees } = limits
    if (permittedSubtrees.length > 0)
      row('only for', listed(permittedSubtrees.map(formatGeneralName), 12))
    if (excludedSubtrees.length > 0)
      row('never for', listed(excludedSubtrees.map(formatGeneralName), 12))
  }
  row('subject', attempt(() => formatName(certificate.subject), '?') || '(none)')
  row(
    'who vouches',
    certificate.isSelfIssued ? 'itself' : attempt(() => formatName(certificate.issuer), '?'),
  )
  const isValid = now >= notBefore && now <= notAfter
  row('valid', validityInWords(certificate, now), isValid ? undefined : red)
  row('key', keyInWords(certificate))
  row(
    'signed with',
    attempt(() => signatureOf(certificate), '?'),
  )
  row('serial number', Buffer.from(serialNumber).toString('hex'))
  row('SHA-256', createHash('sha256').update(der).digest('hex'))
  for (const sentence of odd) row('odd', sentence, yellow)
}

const signatureOf = ({ signatureAlgorithm: { name, oid } }: Certificate): string => name ?? oid

function inJson(certificate: Certificate, odd: readonly string[]) {
  return {
    subject: attempt(() => formatName(certificate.subject), undefined),
    issuer: attempt(() => formatName(certificate.issuer), undefined),
    names: attempt(() => namesOf(certificate), []),
    purpose: purposeOf(certificate),
    isAuthority: attempt(() => certificate.basicConstraints?.cA === true, undefined),
    notBefore: new Date(certificate.notBefore).toISOString(),
    notAfter: new Date(certificate.notAfter).toISOString(),
    serialNumber: Buffer.from(certificate.serialNumber).toString('hex'),
    key: keyInWords(certificate),
    signatureAlgorithm: attempt(() => signatureOf(certificate), undefined),
    sha256: createHash('sha256').update(certificate.der).digest('hex'),
    odd,
    pem: encodePem('CERTIFICATE', certificate.der),
  }
}

/** Each field in its place; the bytes of those that have no parts. */
function renderFields(paper: Paper, certificate: Certificate): void {
  const { dim } = paper.colors
  const root = attempt(() => certificateFields(certificate), undefined)
  paper.gap()
  if (root === undefined) {
    paper.text('Its fields cannot be read.', { indent: 4 })
    return
  }
  const walk = (field: Field, depth: number) => {
    const indent = 4 + depth * 2
    const value = field.value === undefined ? '' : `  ${field.value}`
    paper.ends(
      { text: `${field.name}${value}` },
      { text: `${field.start}-${field.end}  ${field.section ?? ''}`, style: dim },
      { indent },
    )
    if (field.children !== undefined && field.children.length > 0)
      for (const child of field.children) walk(child, depth + 1)
    else {
      const hex = Buffer.from(certificate.der.subarray(field.start, field.end)).toString('hex')
      paper.text(hex.replace(/..(?=.)/g, '$& '), { indent: indent + 2, style: dim })
    }
  }
  walk(root, 0)
}
