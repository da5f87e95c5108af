/** `ca issue`: a certificate and its key, or a certificate for the key of a request. */
import { randomBytes } from 'node:crypto'
import { type Certified, type KeyType, parseCertificationRequest } from '@handfast/ca'
import { type AuthorityDirectory, createPkcs12, readTemplate } from '@handfast/ca/node'
import { createTrustStore, decodePem, parseCertificate } from '@handfast/x509'
import { rfc5280 } from '@handfast/x509/profiles'
import type { Command } from 'commander'
import { signatureVerifiers } from 'handfast/crypto/node'
import { judge } from '../cert/judge.ts'
import { usageError } from '../exit.ts'
import { readCertificates, readOptionFile } from '../options/files.ts'
import { harmless } from '../render/paper.ts'
import { paperOn } from '../render/view.ts'
import { day, listed } from '../render/words.ts'
import type { Terminal } from '../terminal.ts'
import { fileStem, mustBeFree, write } from './files.ts'
import {
  addPlace,
  inOurWords,
  keyTypeOption,
  open,
  openToSign,
  type PlaceOptions,
  parseDays,
  secretFrom,
} from './options.ts'

interface IssueCommandOptions extends PlaceOptions {
  readonly from?: string
  readonly keyType?: KeyType
  readonly days?: number
  readonly client?: boolean
  readonly template?: string
  readonly commonName?: string
  readonly csr?: string
  readonly pkcs12?: boolean
  readonly pkcs12PasswordFile?: string
  readonly out?: string
  readonly force?: boolean
}

export function addIssue(group: Command, terminal: Terminal): void {
  const keyType = keyTypeOption()
  keyType.defaultValue = undefined
  const command = group
    .command('issue')
    .description('Issue a certificate: its chain and its key are written to files.')
    .argument('[names...]', 'host names (*.example.test too), IP addresses, e-mail addresses, URIs')
    .optionsGroup('What it says:')
    .option('--client', 'for a client, in place of a server')
    .option(
      '--template <name>',
      'server, client, peer, mail, or one in templates/ of the directory',
    )
    .option('--days <days>', 'for how long; default 90', parseDays)
    .option('--common-name <text>', 'default: the first name')
    .option('--from <authority>', 'the authority that signs; default: root')
    .optionsGroup('Whose key it is for:')
    .addOption(keyType)
    .option('--csr <file>', 'the key of this request (PKCS #10), and its names where none is given')
    .optionsGroup('What is written:')
    .option('--out <stem>', 'STEM.pem and STEM-key.pem; default: the first name')
    .option('--pkcs12', 'STEM.p12 too, with chain and key')
    .option(
      '--pkcs12-password-file <file>',
      'its password; default: HANDFAST_PKCS12_PASSWORD, or a new one',
    )
    .option('--force', 'write over files that exist')
  addPlace(command).action((names: string[], options: IssueCommandOptions) =>
    inOurWords(() => issue(names, options, terminal)),
  )
}

async function issue(
  names: readonly string[],
  options: IssueCommandOptions,
  terminal: Terminal,
): Promise<void> {
  const { path } = open(options, terminal)
  const request = options.csr === undefined ? undefined : await readRequest(options.csr)
  const all = names.length > 0 ? names : (request?.names ?? [])
  if (all.length === 0)
    throw usageError(
      request === undefined
        ? 'A certificate needs at least one name'
        : `${options.csr} asks for no name`,
      'Give one: handfast ca issue NAME',
    )
  const stem = options.out ?? fileStem(all[0]!)
  const said = whatItSays(all, options, path)
  const directory = await openToSign(options, terminal, [said.from ?? 'root'])
  const chainFile = `${stem}.pem`
  if (request !== undefined) {
    for (const option of ['keyType', 'pkcs12'] as const)
      if (options[option] !== undefined)
        throw usageError('--key-type and --pkcs12 are for a key that is made here, not for --csr')
    mustBeFree([chainFile], options.force)
    const certified = await directory.certify(request.subjectPublicKeyInfo.der, said)
    write(chainFile, certified.chain)
    tell(terminal, certified, all, [['certificate', chainFile]])
    await warnOf(certified, directory, terminal)
    return
  }
  const [keyFile, p12File] = [`${stem}-key.pem`, `${stem}.p12`]
  mustBeFree([chainFile, keyFile, ...(options.pkcs12 ? [p12File] : [])], options.force)
  const given = options.pkcs12
    ? secretFrom(
        '--pkcs12-password-file',
        options.pkcs12PasswordFile,
        terminal.env.HANDFAST_PKCS12_PASSWORD,
      )
    : undefined
  const issued = await directory.issue(said)
  // The key first: a certificate without its key is of no use.
  write(keyFile, issued.key, true)
  write(chainFile, issued.chain)
  const rows: [string, string][] = [
    ['certificate', chainFile],
    ['key', keyFile],
  ]
  if (options.pkcs12) {
    const password = given ?? randomBytes(12).toString('base64url')
    const { keyDer: key, chainDer: chain } = issued
    write(p12File, createPkcs12({ key, chain, password, friendlyName: all[0]! }), true)
    rows.push(['PKCS #12', p12File])
    if (given === undefined) rows.push(['its password', password])
  }
  tell(terminal, issued, all, rows)
  await warnOf(issued, directory, terminal)
}

/** What was asked for may be more than the authority may do: names outside of its constraints, a longer life than its own. */
export async function warnOf(
  { chainDer }: Pick<Certified, 'chainDer'>,
  directory: AuthorityDirectory,
  { stderr }: Terminal,
): Promise<void> {
  const [root] = readCertificates('ca', directory.certificatePath())
  const { failures } = await judge({
    chain: chainDer.map(parseCertificate),
    trust: createTrustStore([root!]),
    time: Date.now(),
    name: undefined,
    usage: 'any',
    profile: rfc5280,
  })
  for (const { message } of failures)
    stderr.write(`${harmless(`warning: nobody will accept it, for ${message}`)}\n`)
}

function whatItSays(
  names: readonly string[],
  { template, from, keyType, days, client, commonName }: IssueCommandOptions,
  directory: string,
) {
  if (client && template !== undefined)
    throw usageError('--client and --template exclude each other')
  return {
    names,
    ...(template === undefined ? {} : readTemplate(directory, template)),
    ...(from === undefined ? {} : { from }),
    ...(keyType === undefined ? {} : { keyType }),
    ...(days === undefined ? {} : { days }),
    ...(client ? { client } : {}),
    ...(commonName === undefined ? {} : { subject: { commonName } }),
  }
}

/** The request, once it has proved that whoever made it holds its key. */
async function readRequest(path: string) {
  const bytes = readOptionFile('--csr', path)
  const isDer = bytes[0] === 0x30
  const block = isDer
    ? undefined
    : decodePem(Buffer.from(bytes).toString('latin1')).find(({ label }) =>
        /^(NEW )?CERTIFICATE REQUEST$/.test(label),
      )
  if (!isDer && block === undefined)
    throw usageError(`--csr: ${path} holds no certification request`, 'It must be PEM or DER')
  const request = parseCertificationRequest(block?.der ?? bytes)
  if (!(await request.isSignedBy(signatureVerifiers)))
    throw usageError(
      `--csr: the request in ${path} is not signed by the key that it carries`,
      'Make it again: this proves that whoever asks holds the key.',
    )
  return request
}

export function tell(
  terminal: Terminal,
  { serialNumber, notAfter }: Pick<Certified, 'serialNumber' | 'notAfter'>,
  names: readonly string[],
  rows: readonly (readonly [string, string])[],
): void {
  const paper = paperOn(terminal, terminal.stderr)
  for (const [label, value] of rows) paper.row(label, value)
  paper.row('for', listed(names, 8))
  paper.row('valid until', day(notAfter.getTime()))
  paper.row('serial number', serialNumber)
  terminal.stderr.write(paper.toString())
}
