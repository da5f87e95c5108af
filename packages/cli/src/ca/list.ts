/** `ca list`: what was issued, and what has become of it. */
import type { IssuedRecord } from '@handfast/ca/node'
import type { Command } from 'commander'
import { namesOf, shortName } from '../render/certificates.ts'
import { paperOn } from '../render/view.ts'
import { day, fromNow, listed } from '../render/words.ts'
import type { Terminal } from '../terminal.ts'
import { addPlace, inOurWords, open, type PlaceOptions } from './options.ts'

interface ListOptions extends PlaceOptions {
  readonly json?: boolean
  readonly from?: string
}

export function addList(group: Command, terminal: Terminal): void {
  const command = group
    .command('list')
    .description('List what was issued.')
    .option('--json', 'one object on each line')
    .option('--from <authority>', 'of this authority only')
  addPlace(command).action((options: ListOptions) =>
    inOurWords(async () => {
      const directory = open(options, terminal)
      const records = directory.list(options.from)
      const now = Date.now()
      if (options.json)
        for (const record of records)
          terminal.stdout.write(`${JSON.stringify(recordInJson(record, now))}\n`)
      else terminal.stdout.write(listOnPaper(records, terminal, now))
    }),
  )
}

type State = 'valid' | 'expired' | 'not yet valid' | 'revoked'

function stateOf({ certificate, revocation }: IssuedRecord, now: number): State {
  if (revocation !== undefined) return 'revoked'
  if (now > certificate.notAfter) return 'expired'
  return now < certificate.notBefore ? 'not yet valid' : 'valid'
}

function recordInJson(record: IssuedRecord, now: number) {
  const { serialNumber, authority, certificate, revocation } = record
  return {
    serialNumber,
    authority,
    state: stateOf(record, now),
    subject: shortName(certificate.subject),
    names: namesOf(certificate),
    isAuthority: certificate.basicConstraints?.cA === true,
    notBefore: new Date(certificate.notBefore).toISOString(),
    notAfter: new Date(certificate.notAfter).toISOString(),
    ...(revocation === undefined
      ? {}
      : { revokedAt: revocation.revokedAt.toISOString(), reason: revocation.reason }),
  }
}

function listOnPaper(records: readonly IssuedRecord[], terminal: Terminal, now: number): string {
  const paper = paperOn(terminal, terminal.stdout)
  const { red, yellow, dim, green } = paper.colors
  if (records.length === 0) paper.text('Nothing has been issued yet.')
  for (const record of records) {
    const { certificate, revocation, serialNumber, authority } = record
    const state = stateOf(record, now)
    const names = namesOf(certificate)
    const style = state === 'valid' ? green : state === 'revoked' ? red : yellow
    const end = fromNow(certificate.notAfter, now)
    paper.ends(
      { text: names.length > 0 ? listed(names, 4) : shortName(certificate.subject) },
      {
        text:
          revocation === undefined
            ? `${state}, ${now > certificate.notAfter ? 'ended' : 'ends'} ${end}`
            : `revoked ${day(revocation.revokedAt.getTime())}${revocation.reason === undefined ? '' : ` (${revocation.reason})`}`,
        style,
      },
    )
    const kind = certificate.basicConstraints?.cA ? 'authority, ' : ''
    paper.text(`${kind}${serialNumber}, from ${authority}`, { indent: 4, style: dim })
  }
  return paper.toString()
}
