/** `ca revoke` and `ca crl`: taking back what was issued, and telling the world. */

import { existsSync } from 'node:fs'
import { type RevocationReason, revocationReasons } from '@handfast/ca'
import type { AuthorityDirectory, IssuedRecord } from '@handfast/ca/node'
import { encodePem, parseCertificate } from '@handfast/x509'
import { type Command, Option } from 'commander'
import { usageError } from '../exit.ts'
import { readCertificates } from '../options/files.ts'
import { shortName } from '../render/certificates.ts'
import { paperOn } from '../render/view.ts'
import { day } from '../render/words.ts'
import type { Terminal } from '../terminal.ts'
import { write } from './files.ts'
import { addPlace, inOurWords, open, openToSign, type PlaceOptions, parseDays } from './options.ts'

interface RevokeOptions extends PlaceOptions {
  readonly reason?: RevocationReason
}

export function addRevoke(group: Command, terminal: Terminal): void {
  const command = group
    .command('revoke')
    .description('Revoke a certificate. It cannot be undone.')
    .argument('<certificate>', 'its file, or its serial number as ca list shows it')
    .addOption(new Option('--reason <reason>', 'why').choices(revocationReasons))
  addPlace(command).action((text: string, options: RevokeOptions) =>
    inOurWords(async () => {
      const directory = open(options, terminal)
      const record = findRecord(directory, text)
      const { revokedAt, reason } = await directory.revoke(record, options.reason)
      const isEarlier = record.revocation !== undefined
      const paper = paperOn(terminal, terminal.stderr)
      paper.row(isEarlier ? 'already revoked' : 'revoked', shortName(record.certificate.subject))
      paper.row('since', `${day(revokedAt.getTime())}${reason === undefined ? '' : `, ${reason}`}`)
      if (!isEarlier)
        paper.row('next', `handfast ca crl --from ${record.authority} signs the list that says so`)
      terminal.stderr.write(paper.toString())
    }),
  )
}

export function findRecord(directory: AuthorityDirectory, text: string): IssuedRecord {
  const serialNumber = existsSync(text) ? serialOf(text) : text
  const [found, another] = directory.find(serialNumber)
  if (found === undefined)
    throw usageError(
      `No certificate ${existsSync(text) ? `as in ${text}` : `with the number ${text}`} was issued here`,
      'handfast ca list shows what was.',
    )
  if (another !== undefined)
    throw usageError(
      `Two authorities issued a certificate with the number ${text}`,
      'Name the file of the one that is meant.',
    )
  return found
}

function serialOf(path: string): string {
  const [der] = readCertificates('revoke', path)
  return Buffer.from(parseCertificate(der!).serialNumber).toString('hex')
}

interface CrlOptions extends PlaceOptions {
  readonly from: string
  readonly days: number
  readonly der?: boolean
  readonly out?: string
}

export function addCrl(group: Command, terminal: Terminal): void {
  const command = group
    .command('crl')
    .description('Sign the list of what an authority revoked.')
    .option('--from <authority>', 'whose list', 'root')
    .option('--days <days>', 'until the next one is due', parseDays, 7)
    .option('--der', 'in DER, as it is published, in place of PEM')
    .option('--out <file>', 'in place of stdout')
  addPlace(command).action(({ from, days, der, out, ...place }: CrlOptions) =>
    inOurWords(async () => {
      const directory = await openToSign(place, terminal, [from])
      const list = await directory.revocationList({ from, days })
      const content = der ? list : encodePem('X509 CRL', list)
      if (out === undefined) terminal.stdout.write(content)
      else write(out, content)
    }),
  )
}
