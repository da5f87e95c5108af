/** `handfast inspect --compare`: the handshake of TLS 1.2 and that of TLS 1.3 with one server, side by side. */
import { ProtocolVersion, TlsError } from 'handfast'
import { type ExitCode, exitCodeOf, usageError } from '../exit.ts'
import { type HandshakeFacts, handshakeFacts } from '../net/handshakeFacts.ts'
import { observe } from '../net/observe.ts'
import { openTls } from '../net/open.ts'
import { formatAddress, type Target } from '../options/target.ts'
import type { ClientOptions, PreparedClient } from '../options/tls.ts'
import { progressOn } from '../progress.ts'
import { renderComparison } from '../render/comparison.ts'
import { paperOn } from '../render/view.ts'
import type { Terminal } from '../terminal.ts'

export interface CompareOptions extends ClientOptions {
  readonly json?: boolean
  readonly explain?: boolean
}

const versions = [ProtocolVersion.TLS12, ProtocolVersion.TLS13]

/** @returns ok where one of the two came about */
export async function compare(
  target: Target,
  client: PreparedClient,
  options: CompareOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { stdout, stop } = terminal
  const { serverName } = client
  const { timeout } = options
  if (versions.some((version) => !client.config.versions?.includes(version)))
    throw usageError(
      '--compare wants both versions, and --ciphers, --min-version or --max-version leave one only',
    )
  const progress = progressOn(terminal)
  const columns: HandshakeFacts[] = []
  const errors: Error[] = []
  for (const version of versions) {
    const config = { ...client.config, versions: [version] }
    const seen = await observe({
      target,
      config,
      serverName,
      timeout,
      stop,
      progress: progress.say,
    })
    if (seen.error !== undefined) errors.push(seen.error)
    const took =
      seen.error === undefined
        ? await timed(target, { config, serverName }, options, stop)
        : undefined
    columns.push(handshakeFacts(version, seen, took))
  }
  progress.done()
  const peer = formatAddress(target.host, target.port)
  if (options.json) stdout.write(`${JSON.stringify({ peer, handshakes: columns })}\n`)
  else {
    const paper = paperOn(terminal, stdout)
    renderComparison(paper, columns, { peer, explain: options.explain === true })
    stdout.write(paper.toString())
  }
  return errors.length < versions.length ? 0 : exitCodeOf(errors.at(-1))
}

/** Milliseconds of a second handshake: the first of a program is slower, and watching costs too. */
async function timed(
  target: Target,
  client: Pick<PreparedClient, 'config' | 'serverName'>,
  { timeout }: CompareOptions,
  stop: AbortSignal,
): Promise<number | undefined> {
  try {
    const { drive, took } = await openTls(target, client, timeout, stop)
    drive.endWriting()
    drive.destroy()
    return took
  } catch (error) {
    // A server that lets nobody in twice is compared all the same.
    if (error instanceof TlsError || (error as Error).name === 'CommandError') return undefined
    throw error
  }
}
