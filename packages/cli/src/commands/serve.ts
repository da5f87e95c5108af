/** `handfast serve`: a folder, an echo, or another server, behind TLS. */
import { realpathSync, statSync, writeFileSync } from 'node:fs'
import { createAuthority } from '@handfast/ca'
import { defaultDirectory, isInitialised } from '@handfast/ca/node'
import { type Command, Option } from 'commander'
import { memoryReplayGuard } from 'handfast'
import { ja3, ja4, type ServerOptions } from 'handfast/node'
import { inOurWords, openToSign } from '../ca/options.ts'
import { usageError } from '../exit.ts'
import { readCertificates, readOptionFile, reasonOf } from '../options/files.ts'
import { identityFromFiles } from '../options/identity.ts'
import { keyLogTo } from '../options/keyLog.ts'
import { nodeVersionRange } from '../options/names.ts'
import { addPskOptions, readPreSharedKeys } from '../options/preShared.ts'
import { suitesFrom } from '../options/suites.ts'
import { formatAddress, parsePort, parseTarget } from '../options/target.ts'
import { addTlsOptions, type TlsOptions } from '../options/tls.ts'
import { harmless } from '../render/paper.ts'
import { directoryHandler } from '../serve/directory.ts'
import { type Service, startServer } from '../serve/server.ts'
import { echoService, upstreamService, webService } from '../serve/services.ts'
import { colorsFor, type Terminal } from '../terminal.ts'

interface ServeOptions extends TlsOptions {
  /** Bytes. */
  readonly earlyData?: number
  readonly host: string
  readonly port: number
  readonly echo?: boolean
  readonly upstream?: string
  readonly name?: readonly string[]
  readonly caDir?: string
  readonly passphraseFile?: string
  readonly caOut?: string
  readonly clientCa?: readonly string[]
  readonly requireClientCert?: boolean
  readonly verbose?: boolean
}

/** Milliseconds that connections have to finish once the server is asked to stop. */
const grace = 1000

const collect = (value: string, previous: readonly string[] = []): string[] => [...previous, value]

export function addServe(program: Command, terminal: Terminal): void {
  const command = program
    .command('serve')
    .description('Serve a folder over HTTPS, an echo, or another server.')
    .argument('[folder]', 'what is served', '.')
    .optionsGroup('What is served, and where:')
    .option('-p, --port <port>', 'port to listen on; 0 for any', (text) => parsePort(text, 0), 8443)
    .option('--host <address>', 'address to listen on; 0.0.0.0 or :: for all', '127.0.0.1')
    .option('--echo', 'send back what is received, in place of a folder')
    .option('--upstream <host:port>', 'hand all to this server, in the clear')
  addTlsOptions(command)
    .optionsGroup('Who we are, and who may come:')
    .option(
      '--cert <file>',
      'certificate chain (PEM); without one your authority, or a new one, makes it',
    )
    .option('--key <file>', 'its private key (PEM); default: in --cert')
    .option(
      '--name <name>',
      'further name for the certificate that is made; may be given again',
      collect,
    )
    .option(
      '--ca-dir <directory>',
      'where your authority is (handfast ca init); default: HANDFAST_CA',
    )
    .option('--passphrase-file <file>', 'opens its key; default: HANDFAST_CA_PASSPHRASE')
    .option('--ca-out <file>', 'write the local authority here, for clients to trust')
    .option('--client-ca <file>', 'ask clients for a certificate of these authorities', collect)
    .option('--require-client-cert', 'refuse clients without one')
  addPskOptions(command, 'server')
    .option('--legacy', 'let in TLS 1.1, TLS 1.0 and SSL 3.0 too, which are broken')
    .addOption(
      new Option('--early-data [bytes]', 'let clients that resume send so much at once')
        .argParser(parseBytes)
        .preset('16384'),
    )
    .option('--keylog <file>', 'append the secrets for Wireshark (as SSLKEYLOGFILE does)')
    .option('--verbose', 'tell of each client: its address, and its fingerprints JA4 and JA3')
    .action((folder: string, options: ServeOptions) => serve(folder, options, terminal))
}

async function serve(folder: string, options: ServeOptions, terminal: Terminal): Promise<void> {
  const { stdout, stderr, stop } = terminal
  const { dim, yellow } = colorsFor(terminal, stderr)
  const say = (text: string) => stderr.write(`${dim(harmless(text))}\n`)
  const service = serviceOf(folder, options, (error) => say(`upstream: ${error.message}`))
  const tls = await tlsOf(options, say, terminal)
  const server = await startServer({
    host: options.host,
    port: options.port,
    tls: {
      ...tls,
      ...(options.alpn === undefined ? {} : { ALPNProtocols: [...options.alpn] }),
      ...(options.verbose ? { onClientHello: tellOfClients(say) } : {}),
    },
    service,
    keyLog: keyLogTo(options.keylog, terminal),
    onFailure: (error, peer) => stderr.write(`${yellow(harmless(`${peer}: ${error.message}`))}\n`),
  })
  stdout.write(`listening on ${formatAddress(server.address, server.port)}\n`)
  if (!stop.aborted)
    await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve()))
  await server.stop(grace)
}

function parseBytes(text: string): number {
  const bytes = Number(text)
  if (!Number.isInteger(bytes) || bytes < 1 || bytes > 2 ** 32 - 1)
    throw usageError(`--early-data takes a number of bytes, not ${JSON.stringify(text)}`)
  return bytes
}

function tellOfClients(say: (text: string) => void): NonNullable<ServerOptions['onClientHello']> {
  return (hello, { remoteAddress = 'a client', remotePort = 0 }) => {
    say(`${formatAddress(remoteAddress, remotePort)}: JA4 ${ja4(hello)}, JA3 ${ja3(hello)}`)
    return undefined
  }
}

function serviceOf(
  folder: string,
  { echo, upstream, alpn = [] }: ServeOptions,
  onFailure: (error: Error) => void,
): Service {
  if (echo && upstream !== undefined) throw usageError('--echo and --upstream exclude each other')
  if (echo) return echoService(alpn)
  if (upstream !== undefined) {
    if (!/:\d+$/.test(upstream)) throw usageError('--upstream wants HOST:PORT')
    const { host, port } = parseTarget(upstream)
    return upstreamService({ host, port, protocols: alpn, onFailure })
  }
  return webService(directoryHandler(existingFolder(folder)))
}

function existingFolder(folder: string): string {
  try {
    const path = realpathSync(folder)
    if (statSync(path).isDirectory()) return path
  } catch (error) {
    throw usageError(`${folder} cannot be served (${reasonOf(error)})`)
  }
  throw usageError(`${folder} is not a folder`)
}

async function tlsOf(
  options: ServeOptions,
  say: (text: string) => void,
  terminal: Terminal,
): Promise<ServerOptions> {
  if (options.requireClientCert && options.clientCa === undefined)
    throw usageError(
      '--require-client-cert wants to know whose certificates are accepted',
      'Name the authorities with --client-ca FILE.',
    )
  const { ciphers, door } = await suitesFrom(options, terminal)
  const clientCa = options.clientCa?.flatMap((path) => readCertificates('--client-ca', path))
  const keys = readPreSharedKeys(options)
  return {
    ...(await identityOf(options, say, terminal)),
    ...nodeVersionRange({ ...options, ciphers }),
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(door === undefined ? {} : { legacy: door }),
    ...(keys === undefined ? {} : { pskCallback: (_, identity: string) => keys.get(identity) }),
    // Nobody listens for the event: the services get it when the handshake is complete, and no replay reaches them.
    ...(options.earlyData === undefined
      ? {}
      : {
          earlyData: {
            maxBytes: options.earlyData,
            replayGuard: memoryReplayGuard({ clock: Date.now }),
          },
        }),
    // For suites of DHE, where they are named.
    dhparam: 'auto',
    ...(options.groups === undefined ? {} : { groups: options.groups }),
    ...(options.sigalgs === undefined ? {} : { sigalgs: options.sigalgs }),
    ...(clientCa === undefined
      ? {}
      : {
          ca: clientCa,
          requestCert: true,
          rejectUnauthorized: options.requireClientCert === true,
        }),
  }
}

async function identityOf(
  options: ServeOptions,
  say: (text: string) => void,
  terminal: Terminal,
): Promise<Pick<ServerOptions, 'cert' | 'key'>> {
  const { cert, key, caOut, caDir, name = [], host } = options
  if (cert !== undefined) {
    if (caOut !== undefined || caDir !== undefined || name.length > 0)
      throw usageError(
        '--ca-out, --ca-dir and --name are for a certificate that is made here, not for --cert',
      )
    // Read once in order to say what is wrong in this command's words.
    await identityFromFiles(cert, key)
    return {
      cert: Buffer.from(readOptionFile('--cert', cert)),
      key: Buffer.from(readOptionFile('--key', key ?? cert)),
    }
  }
  if (key !== undefined)
    throw usageError('--key wants the certificate that it belongs to: --cert FILE')
  const isEverywhere = host === '0.0.0.0' || host === '::'
  const names = [
    ...new Set(['localhost', '127.0.0.1', '::1', ...(isEverywhere ? [] : [host]), ...name]),
  ]
  const { authority, chain, madeKey, isKept } = await inOurWords(() =>
    issueFor(names, options, terminal),
  )
  say(
    isKept
      ? `your authority vouches for ${names.join(', ')}; handfast ca install lets this machine trust it`
      : `a local authority, made for this run, vouches for ${names.join(', ')}`,
  )
  if (caOut === undefined) {
    if (!isKept)
      say(
        'clients trust it with --ca, once --ca-out FILE has written it; handfast ca init keeps one',
      )
  } else {
    try {
      writeFileSync(caOut, authority)
    } catch (error) {
      throw usageError(`--ca-out: ${caOut} cannot be written (${reasonOf(error)})`)
    }
    say(`its certificate is in ${caOut}`)
  }
  return { cert: chain, key: madeKey }
}

/** From the authority that is kept where there is one, so that whoever trusts it trusts this; or else from one in memory. */
async function issueFor(names: readonly string[], options: ServeOptions, terminal: Terminal) {
  const place = options.caDir ?? defaultDirectory(terminal.env)
  const isKept = place !== undefined && (options.caDir !== undefined || isInitialised(place))
  if (isKept) {
    const { passphraseFile } = options
    const where = { dir: place, ...(passphraseFile && { passphraseFile }) }
    const directory = await openToSign(where, terminal, ['root'])
    const { chain, key: madeKey } = await directory.issue({ names })
    return { isKept, authority: (await directory.authority()).root, chain, madeKey }
  }
  const made = await createAuthority()
  const { chain, key: madeKey } = await made.issue({ names })
  return { isKept, authority: made.root, chain, madeKey }
}
