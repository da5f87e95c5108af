/** `ca init` and `ca intermediate`: making authorities. `ca root`: the certificate that clients trust. */
import { readFileSync } from 'node:fs'
import type { Authority, AuthorityOptions, KeyType } from '@handfast/ca'
import { createDirectory } from '@handfast/ca/node'
import { type Command, InvalidArgumentError } from 'commander'
import { usageError } from '../exit.ts'
import { paperOn } from '../render/view.ts'
import { day } from '../render/words.ts'
import type { Terminal } from '../terminal.ts'
import { askNewSecret, canAsk } from './askSecret.ts'
import {
  addPlace,
  collect,
  directoryOptions,
  inOurWords,
  keyTypeOption,
  open,
  openToSign,
  type PlaceOptions,
  parseDays,
  placeOf,
} from './options.ts'

interface NewAuthorityOptions extends PlaceOptions {
  readonly keyType: KeyType
  readonly days?: number
  readonly commonName?: string
  readonly organization?: string
  readonly pathLength?: number
  readonly permit?: readonly string[]
  readonly exclude?: readonly string[]
  readonly crlUrl?: string
  readonly ocspUrl?: string
  readonly issuerUrl?: string
  readonly from?: string
  readonly passphrase?: boolean
}

function addAuthorityOptions(command: Command): Command {
  return command
    .optionsGroup('What it is called, and what it may do:')
    .option('--common-name <text>', 'default: one that no other authority has')
    .option('--organization <text>')
    .addOption(keyTypeOption())
    .option('--days <days>', 'for how long', parseDays)
    .option('--path-length <number>', 'authorities that may follow below it', parsePathLength)
    .option('--permit <name>', 'name to which all below is held; may be given again', collect)
    .option('--exclude <name>', 'name that nothing below may have; may be given again', collect)
    .optionsGroup('What its certificates say of where to ask about them:')
    .option('--crl-url <url>', 'where its revocation list will be')
    .option('--ocsp-url <url>', 'where its OCSP responder will be')
    .option('--issuer-url <url>', 'where its own certificate will be (DER)')
}

function parsePathLength(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('It is a number from 0 to 999.')
  return Number(text)
}

function authorityOptions(options: NewAuthorityOptions): AuthorityOptions {
  const { keyType, days, commonName, organization, pathLength, permit, exclude } = options
  const { crlUrl, ocspUrl, issuerUrl } = options
  return {
    keyType,
    ...(days === undefined ? {} : { days }),
    ...(commonName === undefined && organization === undefined
      ? {}
      : {
          subject: {
            ...(organization === undefined ? {} : { organization }),
            commonName: commonName ?? 'local CA',
          },
        }),
    ...(pathLength === undefined ? {} : { pathLength }),
    ...(permit === undefined && exclude === undefined
      ? {}
      : { nameConstraints: { permitted: permit ?? [], excluded: exclude ?? [] } }),
    publishedAt: {
      ...(crlUrl === undefined ? {} : { crl: crlUrl }),
      ...(ocspUrl === undefined ? {} : { ocsp: ocspUrl }),
      ...(issuerUrl === undefined ? {} : { caIssuers: issuerUrl }),
    },
  }
}

export function addInit(group: Command, terminal: Terminal): void {
  const command = group.command('init').description('Make a certificate authority of your own.')
  addAuthorityOptions(command)
  addPlace(command)
    .option('--passphrase', 'ask at the terminal for one that its keys are encrypted with')
    .action((options: NewAuthorityOptions) =>
      inOurWords(async () => {
        const place = placeOf(options, terminal)
        const given = directoryOptions(options, terminal)
        const asked = options.passphrase ? { passphrase: await newPassphrase(place, terminal) } : {}
        const directory = await createDirectory(place, authorityOptions(options), {
          ...given,
          ...asked,
        })
        tell(terminal, await directory.authority(), directory.certificatePath(), [
          ['directory', place],
          ['next', 'handfast ca install, then handfast ca issue NAME or handfast serve'],
        ])
      }),
    )
}

function newPassphrase(place: string, terminal: Terminal): Promise<string> {
  if (!canAsk(terminal))
    throw usageError(
      '--passphrase asks at a terminal, and there is none',
      'Use --passphrase-file or HANDFAST_CA_PASSPHRASE.',
    )
  return askNewSecret(terminal, `passphrase of ${place}`)
}

export function addIntermediate(group: Command, terminal: Terminal): void {
  const command = group
    .command('intermediate')
    .description('Make an authority below another one.')
    .argument('<name>', 'what it is called here, for --from')
    .option('--from <authority>', 'the authority above', 'root')
  addAuthorityOptions(command)
  addPlace(command).action((name: string, { from, ...options }: NewAuthorityOptions) =>
    inOurWords(async () => {
      const directory = await openToSign(options, terminal, [from ?? 'root'])
      const authority = await directory.createIntermediate(name, {
        from,
        ...authorityOptions(options),
      })
      tell(terminal, authority, directory.certificatePath(name), [
        ['next', `handfast ca issue NAME --from ${name}`],
      ])
    }),
  )
}

export function addRoot(group: Command, terminal: Terminal): void {
  const command = group
    .command('root')
    .description('Print the certificate that clients have to trust (PEM).')
  addPlace(command).action((options: PlaceOptions) =>
    inOurWords(async () => {
      terminal.stdout.write(readFileSync(open(options, terminal).certificatePath(), 'utf8'))
    }),
  )
}

function tell(
  terminal: Terminal,
  { notAfter }: Pick<Authority, 'notAfter'>,
  certificate: string,
  rows: readonly (readonly [string, string])[],
): void {
  const paper = paperOn(terminal, terminal.stderr)
  paper.row('certificate', certificate)
  paper.row('valid until', day(notAfter.getTime()))
  for (const [label, value] of rows) paper.row(label, value)
  terminal.stderr.write(paper.toString())
}
