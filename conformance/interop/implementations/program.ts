/** Our own peer programs (peers/): they take the same flags and print one line of JSON for each connection. */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { groups12, ianaName, suites12 } from '../names.ts'
import { interopFolder } from '../paths.ts'
import type {
  Abilities,
  ClientOptions,
  ClientReport,
  CommonOptions,
  ConnectionReport,
  Feature,
  Peer,
  Probe,
  RunningServer,
  ServerOptions,
} from '../peer.ts'
import { defaultPayloadBytes } from '../peer.ts'
import { output, start } from '../process.ts'
import { serverOver } from '../server.ts'

/** Minutes: a first build of the Rust peer compiles its crypto library. */
const buildLimit = 5 * 60_000

export interface ProgramDescription {
  readonly name: string
  /** Gives the command that starts the program, building it if need be; a text says why it cannot. */
  command(): Promise<readonly string[] | string>
  /** What the program's own list of abilities cannot tell. */
  readonly features: Partial<Record<'client' | 'server', readonly Feature[]>>
  readonly groups?: readonly string[]
  readonly suites?: readonly string[]
  readonly signatureSchemes?: readonly string[]
  /** What it can do of TLS 1.2, where it takes part in that. */
  readonly tls12?: {
    readonly features: Partial<Record<'client' | 'server', readonly Feature[]>>
    /** Only these, of all that it has. */
    readonly suites?: readonly string[]
    readonly groups?: readonly string[]
    readonly signatureSchemes?: readonly string[]
    /** Its names of suites, where they are not IANA's. */
    readonly suiteName?: (ianaName: string) => string
  }
  readonly source: string
  readonly reasons?: Probe['reasons']
  /** Flags of the peer program that stand for options which only some programs have. */
  readonly flags: readonly ('suites' | 'groups' | 'signature-schemes' | 'key-log' | 'ocsp')[]
}

/**
 * Builds a peer program unless its sources' build is in the cache.
 * @returns the folder it is in, or a text that says why it cannot be built
 */
export async function build(
  language: 'go' | 'rust' | 'java',
): Promise<{ folder: string } | string> {
  try {
    const script = join(interopFolder, 'peers', 'build.sh')
    const { stdout } = await promisify(execFile)(script, [language], { timeout: buildLimit })
    return { folder: stdout.trim().split('\n').at(-1) ?? '' }
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string }
    return `the ${language} peer cannot be built: ${(stderr || message).trim().split('\n').at(-1)}`
  }
}

export function programPeer(description: ProgramDescription): Peer {
  let found: Promise<readonly string[] | string> | undefined
  const command = async () => {
    found ??= description.command()
    const resolved = await found
    if (typeof resolved === 'string') throw new Error(resolved)
    return resolved
  }
  const launch = async (role: string, args: readonly string[]) => {
    const [program = '', ...first] = await command()
    return start(program, [...first, role, ...args])
  }
  return {
    name: description.name,
    async probe() {
      found ??= description.command()
      const resolved = await found
      if (typeof resolved === 'string') return resolved
      return probe(description, resolved)
    },
    startServer: async (options) => startServer(description, launch, options),
    runClient: async (options) => runClient(description, launch, options),
  }
}

type Launch = (role: string, args: readonly string[]) => Promise<ReturnType<typeof start>>

async function probe(description: ProgramDescription, command: readonly string[]): Promise<Probe> {
  const [program = '', ...first] = command
  const told = JSON.parse(await output(program, [...first, 'abilities'])) as {
    version: string
    suites?: string[]
    suites12?: string[]
    groups?: string[]
    signatureSchemes?: string[]
  }
  const lists = {
    suites: description.suites ?? told.suites ?? [],
    groups: description.groups ?? told.groups ?? [],
    signatureSchemes: description.signatureSchemes ?? told.signatureSchemes ?? [],
  }
  const byRole = (
    { client, server }: ProgramDescription['features'],
    common: Omit<Abilities, 'features'>,
  ): Probe['abilities'] => ({
    ...(client && { client: { ...common, features: client } }),
    ...(server && { server: { ...common, features: server } }),
  })
  const { tls12 } = description
  const known = told.suites12?.map((name) => ianaName.get(name) ?? name) ?? []
  const lists12 = {
    suites: suites12.filter((name) => (tls12?.suites ?? known).includes(name)),
    groups: groups12.filter((name) => (tls12?.groups ?? lists.groups).includes(name)),
    signatureSchemes: tls12?.signatureSchemes ?? lists.signatureSchemes,
  }
  return {
    version: told.version,
    abilities: byRole(description.features, lists),
    ...(tls12 && { tls12: byRole(tls12.features, lists12) }),
    source: description.source,
    ...(description.reasons && { reasons: description.reasons }),
  }
}

function commonArguments(description: ProgramDescription, options: CommonOptions): string[] {
  const args: string[] = []
  const has = (flag: ProgramDescription['flags'][number]) => description.flags.includes(flag)
  const { version, suites } = options
  const suiteName = description.tls12?.suiteName
  if (version === 'TLS 1.2') {
    args.push('--tls12')
    if (suites) args.push('--suites', suites.map((name) => suiteName?.(name) ?? name).join(','))
  } else if (suites && has('suites')) args.push('--suites', suites.join(','))
  if (options.groups && has('groups')) args.push('--groups', options.groups.join(','))
  if (options.signatureSchemes && has('signature-schemes')) {
    args.push('--signature-schemes', options.signatureSchemes.join(','))
  }
  if (options.alpn) args.push('--alpn', options.alpn.join(','))
  if (options.keyUpdate) args.push('--key-update')
  if (options.plain) args.push('--plain')
  if (options.keyLogFile && has('key-log')) args.push('--key-log', options.keyLogFile)
  return args
}

interface Line extends ConnectionReport {
  readonly event?: string
  readonly port?: number
}

/** The whole lines of JSON that a program has printed, without the fields that say nothing. */
const linesOf = (log: string): Line[] =>
  log
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .map((line) => {
      const entries = Object.entries(JSON.parse(line) as Record<string, unknown>)
      return Object.fromEntries(entries.filter(([, value]) => value !== null && value !== ''))
    })

const reportsOf = (log: string): ConnectionReport[] =>
  linesOf(log)
    .filter(({ event }) => event === 'connection')
    .map(({ event: _, ...report }) => {
      const suite = report.suite && ianaName.get(report.suite)
      return suite ? { ...report, suite } : report
    })

async function startServer(
  description: ProgramDescription,
  launch: Launch,
  options: ServerOptions,
): Promise<RunningServer> {
  const args = ['--cert', options.identity.chain, '--key', options.identity.key]
  args.push(...commonArguments(description, options))
  if (options.authorities) args.push('--ca', options.authorities)
  if (options.clientCertificate) args.push('--client-auth', options.clientCertificate)
  if (options.ocspResponse && description.flags.includes('ocsp'))
    args.push('--ocsp', options.ocspResponse)
  const child = await launch('server', args)
  const port = await child.waitFor(
    'port',
    (log) => linesOf(log).find(({ event }) => event === 'listening')?.port,
  )
  return serverOver(child, port, 'echo', reportsOf)
}

async function runClient(
  description: ProgramDescription,
  launch: Launch,
  options: ClientOptions,
): Promise<ClientReport> {
  if (options.answers !== 'echo')
    throw new Error(`${description.name} only knows servers that echo`)
  const args = ['--port', String(options.port), '--server-name', options.serverName]
  args.push('--ca', options.authorities, '--bytes', String(options.bytes ?? defaultPayloadBytes))
  args.push(...commonArguments(description, options))
  if (options.identity) args.push('--cert', options.identity.chain, '--key', options.identity.key)
  if (options.resume) args.push('--resume', '--connections', '2')
  if (options.middleboxCompatibility === false) args.push('--no-middlebox-compatibility')
  if (options.postHandshakeAuth) args.push('--post-handshake-auth')
  const child = await launch('client', args)
  const code = await child.ended()
  const log = child.log()
  if (code !== 0)
    throw new Error(`${description.name} client ended with ${code}:\n${log.slice(-3000)}`)
  return { connections: reportsOf(log), log }
}
