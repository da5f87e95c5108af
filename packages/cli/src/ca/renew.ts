/** `ca renew`: a certificate that says what an earlier one does, with a new number and, unless it must not, a new key. */
import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { namesOf, shortName } from '../render/certificates.ts'
import type { Terminal } from '../terminal.ts'
import { fileStem, mustBeFree, write } from './files.ts'
import { tell, warnOf } from './issue.ts'
import { addPlace, inOurWords, open, openToSign, type PlaceOptions, parseDays } from './options.ts'
import { findRecord } from './revoke.ts'

interface RenewOptions extends PlaceOptions {
  readonly days?: number
  readonly sameKey?: boolean
  readonly out?: string
  readonly force?: boolean
}

export function addRenew(group: Command, terminal: Terminal): void {
  const command = group
    .command('renew')
    .description('Issue a certificate again: the same names, purposes and kind of key.')
    .argument('<certificate>', 'its file, or its serial number as ca list shows it')
    .option('--days <days>', 'for how long; default: as long as the earlier one', parseDays)
    .option('--same-key', 'for the key of the earlier one; needed where a request had brought it')
    .option('--out <stem>', 'STEM.pem and STEM-key.pem; default: the file of the earlier one')
    .option('--force', 'write over files that exist')
  addPlace(command).action((text: string, options: RenewOptions) =>
    inOurWords(() => renew(text, options, terminal)),
  )
}

async function renew(text: string, options: RenewOptions, terminal: Terminal): Promise<void> {
  const { days, sameKey, force } = options
  const earlier = findRecord(open(options, terminal), text)
  const names = namesOf(earlier.certificate)
  const [first = shortName(earlier.certificate.subject)] = names
  const stem =
    options.out ?? (existsSync(text) ? text.replace(/\.(pem|crt)$/, '') : fileStem(first))
  const [chainFile, keyFile] = [`${stem}.pem`, `${stem}-key.pem`]
  mustBeFree(sameKey ? [chainFile] : [chainFile, keyFile], force)
  const directory = await openToSign(options, terminal, [earlier.authority])
  const validity = days === undefined ? {} : { days }
  const rows: [string, string][] = [['certificate', chainFile]]
  if (sameKey) {
    const certified = await directory.renewForSameKey(earlier, validity)
    write(chainFile, certified.chain)
    tell(terminal, certified, names, rows)
    await warnOf(certified, directory, terminal)
  } else {
    const issued = await directory.renew(earlier, validity)
    // The key first: a certificate without its key is of no use.
    write(keyFile, issued.key, true)
    write(chainFile, issued.chain)
    tell(terminal, issued, names, [...rows, ['key', keyFile]])
    await warnOf(issued, directory, terminal)
  }
  const isOver = earlier.revocation !== undefined || earlier.certificate.notAfter < Date.now()
  if (!isOver)
    terminal.stderr.write(
      `The earlier one stays valid; to end that: handfast ca revoke ${earlier.serialNumber} --reason superseded\n`,
    )
}
