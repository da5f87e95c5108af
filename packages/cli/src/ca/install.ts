/** `ca install` and `ca uninstall`: making this machine trust the authority, and no longer. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { parseCertificate } from '@handfast/x509'
import { type Command, Option } from 'commander'
import { CommandError, ExitCode, usageError } from '../exit.ts'
import { readCertificates } from '../options/files.ts'
import { shortName } from '../render/certificates.ts'
import { glyphs } from '../render/glyphs.ts'
import { paperOn } from '../render/view.ts'
import type { Terminal } from '../terminal.ts'
import { addPlace, collect, inOurWords, open, type PlaceOptions } from './options.ts'
import {
  javaKeystore,
  javaPlan,
  nssFolders,
  nssPlan,
  type Plan,
  type StoreKind,
  systemPlan,
  type Target,
} from './stores.ts'

interface InstallOptions extends PlaceOptions {
  readonly store?: readonly StoreKind[]
  readonly nssDir?: readonly string[]
  readonly keystore?: readonly string[]
  readonly keystorePassword: string
  readonly dryRun?: boolean
  readonly asRoot?: boolean
}

type Finish = (code: ExitCode) => void

export function addInstall(group: Command, terminal: Terminal, finish: Finish): void {
  addOne(group, 'install', 'Trust the authority on this machine.', terminal, finish)
}

export function addUninstall(group: Command, terminal: Terminal, finish: Finish): void {
  addOne(group, 'uninstall', 'Trust the authority no longer.', terminal, finish)
}

function addOne(
  group: Command,
  action: Target['action'],
  description: string,
  terminal: Terminal,
  finish: Finish,
): void {
  const stores = new Option('--store <kind>', 'only this kind of store; may be given again')
  const command = group
    .command(action)
    .description(description)
    .addOption(
      stores.choices(['system', 'nss', 'java']).argParser((value, previous: StoreKind[] = []) => {
        if (!/^(system|nss|java)$/.test(value))
          throw usageError(
            `There is no kind of store '${value}'`,
            'Known are system, nss and java.',
          )
        return [...previous, value as StoreKind]
      }),
    )
    .option('--nss-dir <directory>', 'this NSS store; may be given again', collect)
    .option('--keystore <file>', 'this Java trust store; may be given again', collect)
    .option('--keystore-password <text>', 'of the Java trust stores', 'changeit')
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--as-root', 'do what only root may do, too; without it that is only said')
  addPlace(command).action((options: InstallOptions) =>
    inOurWords(async () => finish(carryOut(action, options, terminal))),
  )
}

function carryOut(action: Target['action'], options: InstallOptions, terminal: Terminal): ExitCode {
  const certificate = open(options, terminal).certificatePath()
  const [der] = readCertificates('ca', certificate)
  const digest = (hash: string) => createHash(hash).update(der!).digest('hex')
  const name = `handfast-${digest('sha256').slice(0, 12)}`
  const target: Target = { certificate, name, thumbprint: digest('sha1'), action }
  const plans = plansFor(target, options, terminal)
  if (plans.length === 0)
    throw usageError(
      'No store was found',
      'Name one: --nss-dir DIRECTORY or --keystore FILE; or give the certificate by hand: handfast ca root.',
    )
  const paper = paperOn(terminal, terminal.stdout)
  const { green, red, yellow, dim } = paper.colors
  paper.text(
    `${action === 'install' ? 'Trusting' : 'No longer trusting'} ${shortName(parseCertificate(der!).subject)}`,
  )
  let hasFailed = false
  for (const { store, needsRoot, steps } of plans) {
    paper.gap()
    const isShown = options.dryRun || (needsRoot && !options.asRoot)
    const why = options.dryRun ? 'would be done' : 'not done: it takes root. Type it, or --as-root'
    paper.ends(
      { text: store },
      isShown ? { text: why, style: yellow } : { text: 'being done', style: dim },
    )
    for (const { command, mayFail } of steps) {
      const [program, ...words] = command
      const typed = [
        ...(isShown && needsRoot && process.platform !== 'win32' ? ['sudo'] : []),
        ...command,
      ]
      // Not broken into lines: it is there to be copied.
      paper.verbatim(typed.map(quote).join(' '), { indent: 4 })
      if (isShown) continue
      const { status, error, stderr, stdout } = spawnSync(program, words, {
        encoding: 'utf8',
        timeout: 60_000,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      if (status === 0) paper.text(`${glyphs.pass} done`, { indent: 4, style: green })
      else if (mayFail && error === undefined)
        paper.text(`${glyphs.skip} it was not there`, { indent: 4, style: dim })
      else {
        hasFailed = true
        const reason = error?.message ?? `${stderr}${stdout}`.trim().split('\n')[0] ?? ''
        paper.text(`${glyphs.fail} ${reason || `it ended with ${status}`}`, {
          indent: 4,
          style: red,
        })
        break
      }
    }
  }
  terminal.stdout.write(paper.toString())
  if (hasFailed)
    throw new CommandError(
      ExitCode.usage,
      'Not every store took it',
      'A program may be missing: certutil is in libnss3-tools (Debian) or nss-tools (Fedora).',
    )
  return ExitCode.ok
}

function plansFor(target: Target, options: InstallOptions, { env }: Terminal): readonly Plan[] {
  const { store, nssDir, keystore, keystorePassword } = options
  const hasNamed = nssDir !== undefined || keystore !== undefined
  const wants = (kind: StoreKind) => (store === undefined ? !hasNamed : store.includes(kind))
  const home = env.HOME
  const system = wants('system') ? systemPlan(target) : undefined
  const folders = [...(nssDir ?? []), ...(wants('nss') && home ? nssFolders(home) : [])]
  const found = wants('java') && env.JAVA_HOME ? javaKeystore(env.JAVA_HOME) : undefined
  const keystores = [...(keystore ?? []), ...(found === undefined ? [] : [found])]
  return [
    ...(system === undefined ? [] : [system]),
    ...folders.map((folder) => nssPlan(target, folder)),
    ...keystores.map((file) => javaPlan(target, file, keystorePassword)),
  ]
}

/** As a shell needs it. */
const quote = (word: string): string =>
  /^[A-Za-z0-9_/.:,@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
