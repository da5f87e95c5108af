/** `cert diff`: in what two certificates differ. Exit code 0: in nothing; 5: in something. */
import { createHash } from 'node:crypto'
import { type Certificate, type Field, formatName } from '@handfast/x509'
import { certificateFields } from '@handfast/x509/display'
import type { Command } from 'commander'
import { ExitCode } from '../exit.ts'
import { keyInWords, namesOf } from '../render/certificates.ts'
import { paperOn } from '../render/view.ts'
import type { Terminal } from '../terminal.ts'
import { addSource, readSource, type SourceOptions } from './source.ts'

interface Difference {
  readonly what: string
  readonly before: string
  readonly after: string
}

export function addDiff(
  group: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  const command = group
    .command('diff')
    .description('Compare two certificates. Exit code 0: they are the same; 5: they differ.')
    .argument('<file|host>', 'the one')
    .argument('<file|host>', 'the other')
    .option('--json', 'the differences as JSON')
  addSource(command).action(
    async (one: string, other: string, options: SourceOptions & { readonly json?: boolean }) => {
      const [before] = (await readSource(one, options, terminal)).chain
      const [after] = (await readSource(other, options, terminal)).chain
      const found = differences(before!, after!)
      if (options.json) terminal.stdout.write(`${JSON.stringify(found)}\n`)
      else terminal.stdout.write(onPaper(found, terminal))
      finish(found.length === 0 ? ExitCode.ok : ExitCode.certificate)
    },
  )
}

export function differences(before: Certificate, after: Certificate): readonly Difference[] {
  if (Buffer.compare(before.der, after.der) === 0) return []
  const all = new Map<string, [string, string]>()
  for (const [side, certificate] of [before, after].entries()) {
    for (const [what, value] of facts(certificate)) {
      const pair = all.get(what) ?? ['(none)', '(none)']
      pair[side] = value
      all.set(what, pair)
    }
  }
  return [...all]
    .filter(([, [one, other]]) => one !== other)
    .map(([what, [one, other]]) => ({ what, before: one, after: other }))
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

function* facts(certificate: Certificate): Generator<[string, string]> {
  const { notBefore, notAfter, serialNumber, subjectPublicKeyInfo, signature } = certificate
  yield ['subject', formatName(certificate.subject)]
  yield ['issuer', formatName(certificate.issuer)]
  yield ['names', [...namesOf(certificate)].sort().join(', ') || '(none)']
  yield ['notBefore', new Date(notBefore).toISOString()]
  yield ['notAfter', new Date(notAfter).toISOString()]
  yield ['key', `${keyInWords(certificate)}, ${sha256(subjectPublicKeyInfo.der).slice(0, 32)}`]
  yield ['serialNumber', Buffer.from(serialNumber).toString('hex')]
  yield [
    'signatureAlgorithm',
    certificate.signatureAlgorithm.name ?? certificate.signatureAlgorithm.oid,
  ]
  // The names are told above, in an order that does not matter.
  for (const { name, value } of extensionsOf(certificate))
    if (name !== 'subjectAltName') yield [name, value ?? '']
  yield ['signature', sha256(signature).slice(0, 32)]
}

function extensionsOf(certificate: Certificate): readonly Field[] {
  const [tbs] = certificateFields(certificate).children ?? []
  return tbs?.children?.find(({ name }) => name === 'extensions')?.children ?? []
}

function onPaper(found: readonly Difference[], terminal: Terminal): string {
  const paper = paperOn(terminal, terminal.stdout)
  const { red, green, bold } = paper.colors
  if (found.length === 0) paper.text('They are the same.')
  for (const { what, before, after } of found) {
    paper.text(what, { style: bold })
    paper.text(`- ${before}`, { indent: 4, style: red })
    paper.text(`+ ${after}`, { indent: 4, style: green })
  }
  return paper.toString()
}
