/** The options that several commands share, declared once, and what they mean for the engine. */
import { writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { Verdict } from '@handfast/x509'
import { type Command, Option } from 'commander'
import {
  type CertificateVerifier,
  type ClientConfig,
  type Connection,
  certificateVerifier,
  clientConnection,
  clientConnectionOf,
  dangerousAcceptAnyCertificate,
  parseSession,
  type Session,
  serializeSession,
  type TraceListener,
  tls12Client,
  tls13Client,
} from 'handfast'
import { nodeProvider } from 'handfast/crypto/node'
import { fetchingVerifier } from '../cert/fetchingVerifier.ts'
import { CommandError, ExitCode, usageError } from '../exit.ts'
import { harmless } from '../render/paper.ts'
import { starttlsProtocols } from '../starttls/index.ts'
import type { Terminal } from '../terminal.ts'
import { readOptionFile, reasonOf } from './files.ts'
import { identityFromFiles } from './identity.ts'
import { keyLogTo } from './keyLog.ts'
import { parseGroups, parseSignatureSchemes, parseVersion, versionsOf } from './names.ts'
import { addPskOptions, type PskOptions, preSharedKeyFrom } from './preShared.ts'
import { type Suites, suitesFrom } from './suites.ts'
import { asciiName, type Target } from './target.ts'
import { type Trust, trustFrom } from './trust.ts'

/** What both sides can choose. */
export interface TlsOptions {
  readonly alpn?: readonly string[]
  readonly minVersion?: number
  readonly maxVersion?: number
  /** As typed: what the names mean is known when it is known whether the legacy door is open. */
  readonly ciphers?: string
  readonly legacy?: boolean
  readonly groups?: readonly number[]
  readonly sigalgs?: readonly number[]
  readonly keylog?: string
  readonly cert?: string
  readonly key?: string
  readonly psk?: string
}

export interface ClientOptions extends TlsOptions, PskOptions {
  readonly servername?: string
  readonly ca: readonly string[]
  readonly insecure?: boolean
  /** Missing issuers and revocation are fetched over HTTP. */
  readonly fetch?: boolean
  readonly starttls?: string
  readonly sessionIn?: string
  readonly sessionOut?: string
  readonly earlyData?: string
  /** Milliseconds. */
  readonly timeout: number
}

const collect = (value: string, previous: readonly string[]): string[] => [...previous, value]

export function addTlsOptions(command: Command): Command {
  return command
    .optionsGroup('What is offered and accepted:')
    .option('--min-version <version>', 'oldest version, such as TLSv1.2', parseVersion)
    .option('--max-version <version>', 'newest version, such as TLSv1.2', parseVersion)
    .option('--ciphers <names>', 'cipher suites, the preferred first')
    .option('--groups <names>', 'key exchange groups, the preferred first', parseGroups)
    .option('--sigalgs <names>', 'signature schemes that are accepted', parseSignatureSchemes)
    .option('--alpn <names>', 'application protocols, such as h2,http/1.1', parseProtocols)
}

export function addClientOptions(command: Command): Command {
  const trust = addTlsOptions(command)
    .option('--servername <name>', 'name to ask for and to check, where it is not HOST')
    .addOption(
      new Option(
        '--starttls <protocol>',
        'protocol that begins in the clear and is then secured',
      ).choices(starttlsProtocols),
    )
    .optionsGroup('Who is trusted, and who we are:')
    .addOption(
      new Option('--ca <file>', 'trust these authorities (PEM or DER; may be given again)')
        .argParser(collect)
        .default([], "Mozilla's"),
    )
    .option('--insecure', 'go on whatever the certificate says, and say what is wrong with it')
    .option('--cert <file>', 'our certificate chain (PEM), if the server asks for one')
    .option('--key <file>', 'its private key (PEM, or PKCS#8 in DER); default: in --cert')
  addPskOptions(trust, 'client')
    .optionsGroup('Sessions, keys, time:')
    .option('--session-in <file>', 'resume the session in this file')
    .option('--session-out <file>', 'keep the new session in this file (it holds a secret)')
    .option(
      '--early-data <file>',
      'send this before the server has answered, with a session: it can be replayed',
    )
    .option('--keylog <file>', 'append the secrets for Wireshark (as SSLKEYLOGFILE does)')
    .addOption(
      new Option('--timeout <seconds>', 'to connect, to agree, to answer: each within this time')
        .argParser(parseTimeout)
        .default(10_000, '10'),
    )
  return command
}

function parseProtocols(text: string): readonly string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  for (const name of names)
    if (Buffer.byteLength(name, 'latin1') > 255)
      throw usageError(`--alpn: a protocol has at most 255 bytes (RFC 7301 §3.1)`)
  return names
}

/** @returns milliseconds */
export function parseTimeout(text: string): number {
  const seconds = Number(text)
  // The upper limit is what a timer can hold.
  if (text.trim() === '' || !(seconds > 0) || seconds > 2_000_000)
    throw usageError(`--timeout takes a number of seconds, not ${JSON.stringify(text)}`)
  return seconds * 1000
}

/** A client's configuration, and what the command keeps of it. */
export interface PreparedClient {
  readonly config: ClientConfig
  readonly trust: Trust
  readonly serverName: string
  /** A connection with this configuration, of the versions that are there: those of the legacy door too, where it is open. */
  readonly connectionOf: (config: ClientConfig) => Connection
  /** With `--insecure`: what the check found, where it would have refused. */
  refused(): Verdict | undefined
}

/** @throws CommandError (usage) for options or files that cannot be */
export async function prepareClient(
  options: ClientOptions,
  target: Target,
  terminal: Terminal,
  trace?: TraceListener,
): Promise<PreparedClient> {
  if (options.key !== undefined && options.cert === undefined)
    throw usageError('--key wants the certificate that it belongs to: --cert FILE')
  const serverName = asciiName(options.servername ?? target.host)
  if (serverName === '') throw usageError('--servername is empty')
  const trust = trustFrom(options.ca, terminal)
  const check = options.fetch
    ? fetchingVerifier(trust.store, {
        // All of it has to be done within the time for the handshake.
        timeout: options.timeout / 4,
        stop: terminal.stop,
        say: (what) => terminal.stderr.write(`${harmless(what)}\n`),
      })
    : certificateVerifier({ crypto: nodeProvider, trust: trust.store })
  let refused: Verdict | undefined
  const insecure: CertificateVerifier = async (peer) => {
    const verdict = await check(peer)
    if (verdict.valid) return verdict
    refused = verdict
    return {
      ...(await dangerousAcceptAnyCertificate(peer)),
      path: verdict.path,
      checks: verdict.checks,
    }
  }
  const suites = await suitesFrom(options, terminal)
  const { door } = suites
  const keyLog = keyLogTo(options.keylog, terminal)
  const session = options.sessionIn === undefined ? undefined : readSession(options.sessionIn)
  const preSharedKey = preSharedKeyFrom(options)
  const config: ClientConfig = {
    crypto: door?.crypto(nodeProvider) ?? nodeProvider,
    clock: () => Date.now(),
    serverName: isIP(serverName) === 0 ? serverName.replace(/\.$/, '') : serverName,
    verifyCertificate: options.insecure ? insecure : check,
    postHandshakeAuth: options.cert !== undefined,
    ...tlsConfig(options, suites),
    ...(options.cert === undefined
      ? {}
      : { identity: await identityFromFiles(options.cert, options.key) }),
    ...(session === undefined ? {} : { session }),
    ...(options.earlyData === undefined
      ? {}
      : { earlyData: readOptionFile('--early-data', options.earlyData) }),
    ...(preSharedKey === undefined ? {} : { preSharedKey: () => preSharedKey }),
    ...(keyLog === undefined ? {} : { keyLog }),
    ...(trace === undefined ? {} : { trace }),
  }
  return {
    ...{ config, trust, serverName, refused: () => refused },
    connectionOf: (changed) =>
      door === undefined
        ? clientConnection(changed)
        : clientConnectionOf([tls13Client, tls12Client, ...door.client], changed),
  }
}

/** What `addTlsOptions` declares, in the engine's words. */
function tlsConfig(
  options: TlsOptions,
  chosen: Suites,
): Pick<
  ClientConfig,
  'versions' | 'alpnProtocols' | 'cipherSuites' | 'groups' | 'signatureSchemes'
> {
  const { alpn, groups, sigalgs } = options
  const { ciphers } = chosen
  return {
    versions: versionsOf({ ...options, ciphers }),
    ...(alpn === undefined ? {} : { alpnProtocols: alpn }),
    ...(ciphers === undefined ? {} : { cipherSuites: ciphers }),
    ...(groups === undefined ? {} : { groups }),
    ...(sigalgs === undefined ? {} : { signatureSchemes: sigalgs }),
  }
}

function readSession(path: string): Session {
  const bytes = readOptionFile('--session-in', path)
  try {
    return parseSession(bytes)
  } catch (cause) {
    throw new CommandError(
      ExitCode.usage,
      `--session-in: ${path} holds no session of handfast's`,
      '--session-out writes one.',
      cause,
    )
  }
}

/** @throws CommandError (usage) where the file cannot be written */
export function writeSession(path: string, session: Session): void {
  try {
    writeFileSync(path, serializeSession(session), { mode: 0o600 })
  } catch (error) {
    throw usageError(`--session-out: ${path} cannot be written (${reasonOf(error)})`)
  }
}
