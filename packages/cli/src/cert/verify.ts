/** `cert verify` and `cert lint`: is it to be believed, and is it as the Web PKI wants it? */
import {
  type Certificate,
  createTrustStore,
  decodePem,
  type Failure,
  formatName,
  type Verdict,
} from '@handfast/x509'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { ExitCode } from '../exit.ts'
import { readOptionFile } from '../options/files.ts'
import { trustFrom } from '../options/trust.ts'
import { renderVerdict, shortName } from '../render/certificates.ts'
import { glyphs } from '../render/glyphs.ts'
import { harmless } from '../render/paper.ts'
import { paperOn } from '../render/view.ts'
import { count } from '../render/words.ts'
import type { Terminal } from '../terminal.ts'
import { judge } from './judge.ts'
import { profiles } from './profiles.ts'
import { addSource, readSource, type SourceOptions } from './source.ts'

type Finish = (code: ExitCode) => void

interface VerifyOptions extends SourceOptions {
  readonly ca: readonly string[]
  readonly name?: string
  readonly usage: 'server' | 'client' | 'any'
  readonly at?: number
  readonly profile: keyof typeof profiles
  readonly policy?: readonly string[]
  readonly crl: readonly string[]
  readonly requireRevocation?: boolean
  readonly fetch?: boolean
  readonly json?: boolean
}

const collect = (value: string, previous: readonly string[]): string[] => [...previous, value]
const usages = { server: 'serverAuth', client: 'clientAuth', any: 'any' } as const

export function addVerify(group: Command, terminal: Terminal, finish: Finish): void {
  const command = group
    .command('verify')
    .description('Decide whether a certificate is to be believed. Exit code 0: yes; 5: no.')
    .argument('<file|host>', 'a file (PEM or DER, its own certificate first), or a server')
    .optionsGroup('What is asked:')
    .option('--ca <file>', 'who is trusted, in place of the usual authorities', collect, [])
    .option('--name <name>', 'the name that it must be for; default: that of the server')
    .addOption(
      new Option('--usage <usage>', 'what it must be for')
        .choices(Object.keys(usages))
        .default('server'),
    )
    .option('--at <time>', 'when, as 2026-12-31 or with a time; default: now', parseTime)
    .addOption(
      new Option('--profile <profile>', 'how strictly')
        .choices(Object.keys(profiles))
        .default('path'),
    )
    .option('--policy <oid>', 'a policy that will do; may be given again', collectPolicy)
    .option('--crl <file>', 'a revocation list; may be given again', collect, [])
    .option('--require-revocation', 'refuse where nothing tells whether one of them was revoked')
    .option('--fetch', 'fetch missing issuers, OCSP and revocation lists over HTTP')
    .option('--json', 'the verdict as JSON')
  addSource(command).action(async (text: string, options: VerifyOptions) => {
    finish(await verify(text, options, terminal))
  })
}

function collectPolicy(value: string, previous: readonly string[] = []): string[] {
  if (!/^[0-2](\.(0|[1-9]\d*))+$/.test(value))
    throw new InvalidArgumentError('It is an object identifier such as 2.23.140.1.2.1.')
  return [...previous, value]
}

function parseTime(text: string): number {
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw new InvalidArgumentError('It is a date such as 2026-12-31.')
  return time
}

async function verify(text: string, options: VerifyOptions, terminal: Terminal): Promise<ExitCode> {
  const { ca, name, usage, at, profile, policy, crl, timeout, json } = options
  const source = await readSource(text, options, terminal)
  const say = (what: string) => terminal.stderr.write(`${harmless(what)}\n`)
  const verdict = await judge({
    chain: source.chain,
    trust: trustFrom(ca, terminal).store,
    time: at,
    name: name ?? source.serverName,
    usage: usages[usage],
    profile: profiles[profile],
    policies: policy && { acceptable: policy, explicit: true },
    stapled: source.ocspResponse,
    crls: crl.flatMap(readLists),
    mustKnow: options.requireRevocation,
    fetcher: options.fetch ? { timeout, stop: terminal.stop, say } : undefined,
  })
  if (json) terminal.stdout.write(`${JSON.stringify(verdictInJson(verdict))}\n`)
  else {
    const paper = paperOn(terminal, terminal.stdout)
    renderVerdict(paper, verdict)
    paper.gap()
    const { green, red } = paper.colors
    const [failure] = verdict.failures
    if (failure === undefined) paper.text(`${glyphs.pass} It is to be believed.`, { style: green })
    else {
      paper.text(`${glyphs.fail} It is not to be believed: ${failure.message}.`, { style: red })
      paper.text(failure.help, { indent: 4 })
    }
    terminal.stdout.write(paper.toString())
  }
  return verdict.valid ? ExitCode.ok : ExitCode.certificate
}

function readLists(path: string): readonly Uint8Array[] {
  const bytes = readOptionFile('--crl', path)
  if (bytes[0] === 0x30) return [bytes]
  return decodePem(Buffer.from(bytes).toString('latin1'))
    .filter(({ label }) => label === 'X509 CRL')
    .map(({ der }) => der)
}

function verdictInJson({ valid, path, checks, failures }: Verdict) {
  return {
    valid,
    path: path.map(({ subject }) => formatName(subject)),
    checks,
    failures: failures.map(failureInJson),
  }
}

const failureInJson = ({ code, message, help, section, depth }: Failure) => ({
  code,
  message,
  help,
  section,
  depth,
})

export function addLint(group: Command, terminal: Terminal, finish: Finish): void {
  const command = group
    .command('lint')
    .description(
      'Hold a certificate to the rules of the Web PKI. Exit code 0: it keeps them; 5: not.',
    )
    .argument('<file|host>', 'a file (its own certificate first), or a server')
    .option('--json', 'what was found as JSON')
  addSource(command).action(
    async (text: string, options: SourceOptions & { readonly json?: boolean }) => {
      const { chain } = await readSource(text, options, terminal)
      const failures = [...(await lint(chain, Date.now())), ...lintValidity(chain[0]!)]
      if (options.json)
        terminal.stdout.write(`${JSON.stringify({ failures: failures.map(failureInJson) })}\n`)
      else terminal.stdout.write(lintOnPaper(chain[0]!, failures, terminal))
      finish(failures.length === 0 ? ExitCode.ok : ExitCode.certificate)
    },
  )
}

/** The last certificate of the chain is believed: what is asked is how the certificates are made, not by whom. */
async function lint(chain: readonly Certificate[], time: number): Promise<readonly Failure[]> {
  const { failures } = await judge({
    chain,
    trust: createTrustStore([chain.at(-1)!]),
    time,
    name: undefined,
    usage: 'serverAuth',
    profile: profiles.webpki,
  })
  return failures
}

const day = 86_400_000 // milliseconds

/** BR §6.3.2: the longest validity, by the day that a certificate is issued on. */
const longest = [
  { from: Date.UTC(2029, 2, 15), days: 47 },
  { from: Date.UTC(2027, 2, 15), days: 100 },
  { from: Date.UTC(2026, 2, 15), days: 200 },
  { from: Date.UTC(2020, 8, 1), days: 398 },
  { from: Date.UTC(2018, 2, 1), days: 825 },
] as const

function lintValidity(certificate: Certificate): readonly Failure[] {
  const { notBefore, notAfter } = certificate
  const rule = longest.find(({ from }) => notBefore >= from)
  // The last second counts (BR §1.6.1, validity period).
  const days = (notAfter + 1000 - notBefore) / day
  if (rule === undefined || days <= rule.days) return []
  return [
    {
      code: 'profile',
      message: `the certificate is valid for ${Math.ceil(days)} days, and ${rule.days} are allowed`,
      help: 'The authority has to issue it for a shorter time.',
      section: 'BR §6.3.2',
      depth: 0,
    },
  ]
}

function lintOnPaper(
  certificate: Certificate,
  failures: readonly Failure[],
  terminal: Terminal,
): string {
  const paper = paperOn(terminal, terminal.stdout)
  const { red, green, dim } = paper.colors
  paper.heading(shortName(certificate.subject), 'CA/Browser Forum Baseline Requirements')
  for (const { message, section, depth } of failures) {
    paper.text(`${glyphs.fail} ${message}`, { indent: 4, style: red })
    paper.text(`${section}${depth ? `, certificate ${depth}` : ''}`, { indent: 6, style: dim })
  }
  if (failures.length === 0)
    paper.text(`${glyphs.pass} It keeps the rules that can be checked from it.`, { style: green })
  else paper.text(`${count(failures.length, 'rule')} broken.`)
  return paper.toString()
}
