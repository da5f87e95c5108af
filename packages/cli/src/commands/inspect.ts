/** `handfast inspect`: one handshake with a server, shown message by message. */
import { type Command, Option } from 'commander'
import { ProtocolVersion, type Session, type TraceEvent } from 'handfast'
import { toJson } from 'handfast/trace'
import { type ExitCode, exitCodeOf, usageError } from '../exit.ts'
import { type Observation, observe } from '../net/observe.ts'
import { formatAddress, parseTarget } from '../options/target.ts'
import {
  addClientOptions,
  type ClientOptions,
  type PreparedClient,
  prepareClient,
  writeSession,
} from '../options/tls.ts'
import { progressOn } from '../progress.ts'
import { renderSaving } from '../render/saving.ts'
import { paperOn, renderConnection } from '../render/view.ts'
import type { Terminal } from '../terminal.ts'
import { compare } from './compare.ts'

interface InspectOptions extends ClientOptions {
  readonly json?: boolean
  readonly bytes?: boolean
  readonly explain?: boolean
  readonly resume?: boolean
  readonly compare?: boolean
}

export function addInspect(
  program: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  const command = program
    .command('inspect')
    .description('Make one handshake with a server, and show all of it.')
    .argument('<target>', 'HOST, HOST:PORT, [IPv6]:PORT or a URL; port 443 unless said')
    .optionsGroup('What is shown:')
    .option('--bytes', 'the bytes of each message, field by field')
    .option('--explain', 'what each message is for, for those who see it the first time')
    .addOption(
      new Option('--json', 'the trace as JSON, one event on each line, and nothing else').conflicts(
        ['bytes', 'explain'],
      ),
    )
    .option('--resume', 'connect a second time, with the session of the first')
    .addOption(
      new Option('--compare', 'the handshakes of TLS 1.2 and TLS 1.3 side by side').conflicts([
        'bytes',
        'resume',
        'sessionIn',
        'sessionOut',
        'earlyData',
      ]),
    )
    .option('--legacy', 'offer TLS 1.1, TLS 1.0 and SSL 3.0 too, which are broken')
    .option('--fetch', 'fetch missing issuers, OCSP and revocation lists over HTTP')
  addClientOptions(command).action(async (text: string, options: InspectOptions) => {
    finish(await inspect(text, options, terminal))
  })
}

async function inspect(
  text: string,
  options: InspectOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { stdout, stop } = terminal
  const target = parseTarget(text, options.starttls)
  const client = await prepareClient(options, target, terminal)
  if (options.compare) return compare(target, client, options, terminal)
  const progress = progressOn(terminal)
  const listener = (event: TraceEvent) => {
    stdout.write(`${JSON.stringify(toJson(event))}\n`)
  }
  const look = async (config: PreparedClient['config']) => {
    try {
      return await observe({
        target,
        config,
        serverName: client.serverName,
        connectionOf: client.connectionOf,
        timeout: options.timeout,
        stop,
        progress: progress.say,
        ...(options.json ? { listener } : {}),
      })
    } finally {
      progress.done()
    }
  }
  const print = (seen: Observation, first?: Observation) => {
    if (options.json) return
    const paper = paperOn(terminal, stdout)
    renderConnection(paper, seen, {
      bytes: options.bytes === true,
      explain: options.explain === true,
      serverName: client.serverName,
      peer: formatAddress(target.host, target.port),
      refused: client.refused(),
    })
    if (first !== undefined) renderSaving(paper, first, seen)
    stdout.write(paper.toString())
  }

  const { earlyData, ...config } = client.config
  const early = earlyData === undefined ? {} : { earlyData }
  if (earlyData !== undefined && !options.resume && config.session === undefined)
    throw usageError('--early-data wants a session', '--resume makes one, --session-in brings one.')
  let seen = await look(config.session === undefined ? config : client.config)
  print(seen)
  const [session] = seen.sessions
  if (options.resume && seen.error === undefined && session !== undefined) {
    const first = seen
    seen = await look({ ...config, ...early, session })
    print(seen, first)
  }
  // A session of TLS 1.2 is resumed again and again; one of TLS 1.3 gives a new ticket each time.
  const usable = seen.info?.resumed && seen.info.version < ProtocolVersion.TLS13
  keepSession(
    seen.sessions.at(-1) ?? (usable ? (session ?? client.config.session) : undefined),
    seen,
    options,
    terminal,
  )
  if (seen.error === undefined) return 0
  // The outcome has been told on stdout; a reader of the JSON hears it here.
  if (options.json || !('blame' in seen.error)) throw seen.error
  return exitCodeOf(seen.error)
}

/** Writes the last session where that is asked for, and says so where there is none. */
function keepSession(
  kept: Session | undefined,
  { error }: Observation,
  { sessionOut, resume }: InspectOptions,
  { stderr }: Terminal,
): void {
  if (kept === undefined) {
    if (error === undefined && (resume || sessionOut !== undefined))
      stderr.write('The server gave no ticket and no session id: there is no session to resume.\n')
  } else if (sessionOut !== undefined) writeSession(sessionOut, kept)
}
