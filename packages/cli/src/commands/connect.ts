/** `handfast connect`: a TLS connection as a pipe, from stdin and to stdout; or one HTTP request. */
import { request } from 'node:http'
import type { Duplex } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { type Command, Option } from 'commander'
import type { ConnectionInfo, Session } from 'handfast'
import { connectionError, usageError } from '../exit.ts'
import { openTls } from '../net/open.ts'
import { streamOf } from '../net/stream.ts'
import { formatAddress, parseTarget, type Target } from '../options/target.ts'
import {
  addClientOptions,
  type ClientOptions,
  type PreparedClient,
  prepareClient,
  writeSession,
} from '../options/tls.ts'
import { shortName } from '../render/certificates.ts'
import { harmless } from '../render/paper.ts'
import { versionInWords } from '../render/summary.ts'
import { colorsFor, type Terminal } from '../terminal.ts'

interface ConnectOptions extends ClientOptions {
  readonly get?: string | true
  readonly quiet?: boolean
}

export function addConnect(program: Command, terminal: Terminal): void {
  const command = program
    .command('connect')
    .description('Connect stdin and stdout with a server; or make one HTTP request.')
    .argument('<target>', 'HOST, HOST:PORT, [IPv6]:PORT or a URL; port 443 unless said')
    .optionsGroup('What is said:')
    .addOption(
      new Option(
        '--get [path]',
        'GET this path by HTTP/1.1, print the body; default: the path of the URL',
      ).conflicts('earlyData'),
    )
    .option('-q, --quiet', 'say nothing on stderr where all goes well')
  addClientOptions(command).action((text: string, options: ConnectOptions) =>
    connect(text, options, terminal),
  )
}

async function connect(text: string, options: ConnectOptions, terminal: Terminal): Promise<void> {
  const target = parseTarget(text, options.starttls)
  const isHttp = options.get !== undefined
  if (isHttp && options.alpn !== undefined && !options.alpn.includes('http/1.1'))
    throw usageError('--get speaks HTTP/1.1, which --alpn leaves out')
  const wanted = isHttp ? { ...options, alpn: ['http/1.1'] } : options
  const client = await prepareClient(wanted, target, terminal)
  // A pipe loses nothing: what did not go early goes first.
  const config = { ...client.config, resendEarlyData: true }
  const { drive, info, sessions } = await openTls(
    target,
    { ...client, config },
    options.timeout,
    terminal.stop,
  )
  if (options.quiet !== true) tell(info, client, terminal)
  const onSession = (session: Session) => {
    if (options.sessionOut !== undefined) writeSession(options.sessionOut, session)
  }
  sessions.forEach(onSession)
  const stream = streamOf(drive, { onSession })
  try {
    if (isHttp) await get(stream, target, client.serverName, options, terminal)
    else await talk(stream, options.timeout, terminal)
  } finally {
    stream.destroy()
  }
}

/** stdin to the server, the server to stdout, until the server ends. */
async function talk(stream: Duplex, timeout: number, { stdin, stdout }: Terminal): Promise<void> {
  let late: NodeJS.Timeout | undefined
  const ended = new AbortController()
  const sending = pipeline(stdin, stream, { signal: ended.signal }).then(
    // We have said all; a server that says nothing any more is not waited for.
    () => {
      late = setTimeout(() => ended.abort(), timeout)
    },
    () => {},
  )
  stream.on('data', () => late?.refresh())
  try {
    stream.pipe(stdout, { end: false })
    await finished(stream, { writable: false, signal: ended.signal })
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error
  } finally {
    clearTimeout(late)
    ended.abort()
    await sending
  }
}

async function get(
  stream: Duplex,
  target: Target,
  serverName: string,
  options: ConnectOptions,
  terminal: Terminal,
): Promise<void> {
  const { stderr, stdout } = terminal
  const path = options.get === true || options.get === undefined ? target.path : options.get
  if (!/^\/[\x21-\x7e]*$/.test(path))
    throw usageError(
      `--get: ${JSON.stringify(path)} is no path`,
      'It begins with / and has no spaces.',
    )
  const authority = formatAddress(serverName, target.port).replace(/:443$/, '')
  await new Promise<void>((resolve, reject) => {
    const call = request({
      createConnection: () => stream,
      path,
      headers: { Host: authority, 'User-Agent': 'handfast', Connection: 'close' },
    })
    const timer = setTimeout(() => {
      call.destroy(
        connectionError(
          `The server did not answer within ${options.timeout / 1000} s`,
          '--timeout gives it more time.',
        ),
      )
    }, options.timeout)
    call.on('close', () => clearTimeout(timer))
    call.on('error', (error: NodeJS.ErrnoException) => {
      reject(error.code?.startsWith('HPE_') ? notHttp(error) : error)
    })
    call.on('response', (response) => {
      response.on('data', () => timer.refresh())
      if (options.quiet !== true)
        stderr.write(`${response.statusCode} ${harmless(response.statusMessage ?? '')}\n`)
      response.on('error', reject)
      response.on('end', resolve)
      response.pipe(stdout, { end: false })
    })
    call.end()
  })
}

function notHttp(error: Error): Error {
  return connectionError(
    'The server does not answer in HTTP/1.1',
    'It speaks another protocol on this port: leave --get out to speak it yourself.',
    error,
  )
}

/** One line about the connection, for stderr. */
function tell(info: ConnectionInfo, client: PreparedClient, terminal: Terminal): void {
  const { stderr } = terminal
  const { green, yellow } = colorsFor(terminal, stderr)
  const how = [
    versionInWords(info),
    info.cipherSuiteName,
    ...(info.groupName === undefined ? [] : [info.groupName]),
    ...(info.resumed ? ['resumed'] : []),
    ...(client.config.earlyData === undefined ? [] : [earlyDataInWords(info)]),
  ].join(', ')
  const refused = client.refused()
  const anchor = info.verdict?.path.at(-1)
  const voucher =
    info.pskIdentity !== undefined
      ? `who has the key ${harmless(new TextDecoder().decode(info.pskIdentity))} too`
      : `${client.serverName}${anchor === undefined ? '' : `, vouched for by ${harmless(shortName(anchor.subject))}`}`
  const who =
    refused === undefined
      ? green(voucher)
      : yellow(
          `anybody, for ${harmless(refused.failures[0]?.message ?? 'the certificate was refused')}`,
        )
  const protocol = info.alpnProtocol === undefined ? '' : `, ${harmless(info.alpnProtocol)}`
  stderr.write(`connected: ${how}${protocol}; this is ${who}\n`)
}

function earlyDataInWords({ earlyData }: ConnectionInfo): string {
  if (earlyData === 'accepted') return 'early data accepted'
  return earlyData === 'refused'
    ? 'early data refused and sent again'
    : 'no early data allowed, sent after the handshake'
}
