/** GnuTLS's gnutls-cli and gnutls-serv. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicCipherSuiteId } from 'handfast'
import { pipeThrough, waitForAnswer } from '../lines.ts'
import {
  groups,
  groups12,
  signatureSchemes,
  signatureSchemes12,
  suites,
  suites12,
  translate,
  untranslate,
} from '../names.ts'
import { makePayload } from '../payload.ts'
import type {
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
import { type Child, freePort, output, start } from '../process.ts'
import { serverOver } from '../server.ts'

/** The cipher's name in a priority string; a suite is a cipher and a digest, and the cipher alone tells it. */
const suiteNames: Record<string, string> = {
  TLS_AES_128_GCM_SHA256: 'AES-128-GCM',
  TLS_AES_256_GCM_SHA384: 'AES-256-GCM',
  TLS_CHACHA20_POLY1305_SHA256: 'CHACHA20-POLY1305',
  TLS_AES_128_CCM_SHA256: 'AES-128-CCM',
  TLS_AES_128_CCM_8_SHA256: 'AES-128-CCM-8',
}

const groupNames: Record<string, string> = {
  x25519: 'X25519',
  x448: 'X448',
  secp256r1: 'SECP256R1',
  secp384r1: 'SECP384R1',
  secp521r1: 'SECP521R1',
  ffdhe2048: 'FFDHE2048',
  ffdhe3072: 'FFDHE3072',
  X25519MLKEM768: 'X25519-MLKEM768',
  SecP256r1MLKEM768: 'SECP256R1-MLKEM768',
  SecP384r1MLKEM1024: 'SECP384R1-MLKEM1024',
}

const schemeNames: Record<string, string> = {
  ecdsa_secp256r1_sha256: 'ECDSA-SECP256R1-SHA256',
  ecdsa_secp384r1_sha384: 'ECDSA-SECP384R1-SHA384',
  ecdsa_secp521r1_sha512: 'ECDSA-SECP521R1-SHA512',
  ed25519: 'EdDSA-Ed25519',
  ed448: 'EdDSA-Ed448',
  rsa_pss_rsae_sha256: 'RSA-PSS-RSAE-SHA256',
  rsa_pss_rsae_sha384: 'RSA-PSS-RSAE-SHA384',
  rsa_pss_rsae_sha512: 'RSA-PSS-RSAE-SHA512',
  rsa_pss_pss_sha256: 'RSA-PSS-SHA256',
  rsa_pss_pss_sha384: 'RSA-PSS-SHA384',
  rsa_pss_pss_sha512: 'RSA-PSS-SHA512',
  rsa_pkcs1_sha256: 'RSA-SHA256',
  rsa_pkcs1_sha384: 'RSA-SHA384',
  rsa_pkcs1_sha512: 'RSA-SHA512',
}

/** For TLS 1.2, where a hash says nothing of the curve. */
const schemeNames12: Record<string, string> = {
  ...schemeNames,
  ecdsa_secp256r1_sha256: 'ECDSA-SHA256',
  ecdsa_secp384r1_sha384: 'ECDSA-SHA384',
  ecdsa_secp521r1_sha512: 'ECDSA-SHA512',
}

/** The parts of a suite of TLS 1.2 in a priority string: key exchange, cipher, MAC. */
function partsOf(suite: string): { exchange: string; cipher: string; mac: string } {
  const [, exchange = '', protection = ''] = /^TLS_(\w+)_WITH_(\w+)$/.exec(suite) ?? []
  const [, cipher = '', hash] = /^(.*?)(?:_SHA(\d*))?$/.exec(protection) ?? []
  return {
    exchange: exchange.replaceAll('_', '-'),
    cipher: cipher.replaceAll('_', '-'),
    mac: cipher.endsWith('CBC') ? `SHA${hash || '1'}` : 'AEAD',
  }
}

const both: readonly Feature[] = [
  'resumption',
  'hello-retry-request',
  'hello-retry-request-while-resuming',
  'client-auth',
  'post-handshake-auth',
  'alpn',
  'ocsp-stapling',
  'plain',
]

const features12: readonly Feature[] = [
  ...['resumption', 'resumption-by-id', 'client-auth', 'alpn', 'ocsp-stapling'],
  ...['encrypt-then-mac', 'no-encrypt-then-mac', 'no-extended-master-secret'],
] as readonly Feature[]

async function probe(client: string): Promise<Probe> {
  const version = /gnutls-cli ([\d.]+)/.exec(await output(client, ['--version']))?.[1] ?? '?'
  const list = await output(client, ['--list'])
  const inLine = (start: string, name: string) =>
    new RegExp(`^${start}.*[ -]${name}(,|$)`, 'm').test(
      list.replaceAll('GROUP-', ' ').replaceAll('SIGN-', ' '),
    )
  const abilities = {
    suites: suites.filter((name) => new RegExp(`^${name}\\s`, 'm').test(list)),
    groups: groups.filter((name) => inLine('Groups:', translate(groupNames, name, 'GnuTLS'))),
    signatureSchemes: signatureSchemes.filter((name) =>
      inLine('PK-signatures:', translate(schemeNames, name, 'GnuTLS')),
    ),
  }
  // The list has its own names, and the numbers.
  const numbers = [...list.matchAll(/0x([0-9a-f]{2}), 0x([0-9a-f]{2})/g)].map(([, high, low]) =>
    Number.parseInt(`${high}${low}`, 16),
  )
  const of12 = {
    suites: suites12.filter((name) =>
      numbers.includes(ClassicCipherSuiteId[name as keyof typeof ClassicCipherSuiteId]),
    ),
    groups: groups12.filter((name) => inLine('Groups:', translate(groupNames, name, 'GnuTLS'))),
    signatureSchemes: signatureSchemes12.filter((name) =>
      inLine('PK-signatures:', translate(schemeNames12, name, 'GnuTLS')),
    ),
    features: features12,
  }
  return {
    version,
    tls12: { client: of12, server: of12 },
    abilities: {
      // Only the client's inline commands reach gnutls_session_key_update().
      client: { ...abilities, features: [...both, 'key-update', 'no-middlebox-compatibility'] },
      server: {
        ...abilities,
        features: [...both, 'no-middlebox-compatibility', 'record-size-limit'],
      },
    },
    source: '`gnutls-cli --list`',
    reasons: {
      'record-padding': 'the library has it, the commands have no option for it',
      'max-send-fragment': 'the library has it, the commands have no option for it',
      'client early-data':
        'gnutls-cli sends early data only to the server that it has just spoken to',
      'server key-update': 'gnutls-serv has no command for it',
      'client record-size-limit':
        'gnutls-cli loses what it reads beyond one record (it does so with gnutls-serv as well)',
    },
  }
}

function priority(options: CommonOptions): string {
  if (options.plain) return 'NORMAL'
  const is12 = options.version === 'TLS 1.2'
  const words = ['NORMAL', '-VERS-ALL', is12 ? '+VERS-TLS1.2' : '+VERS-TLS1.3']
  const only = (
    all: string,
    prefix: string,
    table: Record<string, string>,
    names: readonly string[],
  ) => {
    words.push(`-${all}`, ...names.map((name) => `+${prefix}${translate(table, name, 'GnuTLS')}`))
  }
  if (is12) words.push(...words12(options))
  else only('CIPHER-ALL', '', suiteNames, options.suites ?? suites)
  if (options.groups) only('GROUP-ALL', 'GROUP-', groupNames, options.groups)
  if (options.signatureSchemes)
    only('SIGN-ALL', 'SIGN-', is12 ? schemeNames12 : schemeNames, options.signatureSchemes)
  if (options.middleboxCompatibility === false) words.push('%DISABLE_TLS13_COMPAT_MODE')
  return words.join(':')
}

function words12({ suites: named, without }: CommonOptions): string[] {
  const words: string[] = []
  if (named) {
    const parts = named.map(partsOf)
    for (const [all, part] of [
      ['-KX-ALL', 'exchange'],
      ['-CIPHER-ALL', 'cipher'],
      ['-MAC-ALL', 'mac'],
    ] as const)
      words.push(all, ...new Set(parts.map((one) => `+${one[part]}`)))
  }
  if (without === 'tickets') words.push('%NO_TICKETS')
  if (without === 'encrypt_then_mac') words.push('%NO_ETM')
  if (without === 'extended_master_secret') words.push('%NO_SESSION_HASH')
  return words
}

function commonArguments(options: CommonOptions): string[] {
  const args = ['--priority', priority(options)]
  for (const name of options.alpn ?? []) args.push('--alpn', name)
  if (options.recordSizeLimit) args.push('--recordsize', String(options.recordSizeLimit))
  return args
}

const environment = (options: CommonOptions) =>
  options.keyLogFile === undefined ? {} : { env: { SSLKEYLOGFILE: options.keyLogFile } }

/**
 * Reads `- Description: (TLS1.3-X.509)-(ECDHE-X25519)-(ECDSA-SECP256R1-SHA256)-(AES-256-GCM)` and its neighbours; a
 * resumed connection has `(TLS1.3-X.509)--(AES-256-GCM)`.
 */
function parseReport(text: string): ConnectionReport {
  const description =
    /^- Description: \((TLS[\d.]+)[^)]*\)(?:-\(([^)]*)\)-\(([^)]*)\)|-)-\(([^)]*)\)/m.exec(text)
  const [, version, exchange, scheme, cipher] = description ?? []
  const group = exchange?.replace(/^(ECDHE|DHE|HYBRID|PSK|ECDHE-PSK|DHE-PSK)-/, '')
  const fields: Record<string, string | boolean | undefined> = {
    version: version?.replace('TLS', 'TLS '),
    // The cipher alone tells a suite of TLS 1.3.
    suite: version === 'TLS1.3' && cipher ? untranslate(suiteNames, cipher) : undefined,
    group: group && untranslate(groupNames, group),
    signatureScheme:
      scheme && untranslate(version === 'TLS1.2' ? schemeNames12 : schemeNames, scheme),
    alpn: /^- Application protocol: (.*)$/m.exec(text)?.[1],
    peerSubject: /(?:subject `|^\tSubject: )([^'\n]*)/m.exec(text)?.[1],
    resumed: /This is a resumed session/.test(text) ? true : undefined,
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

const reauthenticate = { send: '**REAUTH**\n', answer: 'Successfully executed command\n' }

async function startServer(program: string, options: ServerOptions): Promise<RunningServer> {
  const port = await freePort()
  const { identity } = options
  const args = ['--echo', '--port', String(port), ...commonArguments(options)]
  args.push('--x509certfile', identity.chain, '--x509keyfile', identity.key)
  if (options.ocspResponse)
    args.push('--ocsp-response', options.ocspResponse, '--ignore-ocsp-response-errors')
  if (options.authorities) args.push('--x509cafile', options.authorities)
  if (options.clientCertificate === 'require')
    args.push('--require-client-cert', '--verify-client-cert')
  else if (options.clientCertificate === undefined) args.push('--disable-client-cert')
  else args.push('--verify-client-cert')
  const child = start(program, args, environment(options))
  await child.waitFor('done listening', (log) => (/IPv4 .*done$/m.test(log) ? true : undefined))
  const server = serverOver(child, port, 'echo', (log) =>
    log
      .split(/^\* Accepted connection/m)
      .slice(1)
      .filter((text) => /^- (Description|Channel)|^Error/m.test(text))
      .map(parseReport),
  )
  // gnutls-serv authenticates after the handshake when a client asks for it in the data.
  return options.clientCertificate === 'post-handshake'
    ? { ...server, trigger: reauthenticate }
    : server
}

async function runClient(program: string, options: ClientOptions): Promise<ClientReport> {
  const folder = mkdtempSync(join(tmpdir(), 'handfast-gnutls-'))
  const logFile = join(folder, 'log')
  const ocsp = join(folder, 'ocsp')
  try {
    const args = ['--port', String(options.port), '--logfile', logFile, ...commonArguments(options)]
    args.push('--x509cafile', options.authorities, '--sni-hostname', options.serverName)
    args.push('--verify-hostname', options.serverName)
    const { identity } = options
    if (identity) args.push('--x509certfile', identity.chain, '--x509keyfile', identity.key)
    if (options.postHandshakeAuth) args.push('--post-handshake-auth')
    if (options.resume) args.push('--resume', '--waitresumption')
    if (options.groups && options.groups.length > 1) args.push('--single-key-share')
    if (options.keyUpdate) args.push('--inline-commands')
    if (options.ocspStapling) args.push('--save-ocsp', ocsp)
    const child = start(program, [...args, '127.0.0.1'], environment(options))
    await pipeThrough(
      child,
      options,
      options.keyUpdate ? () => updateKeys(child, options) : undefined,
    )
    const log = readFileSync(logFile, 'latin1')
    const stapled = options.ocspStapling ? { ocspStapled: existsSync(ocsp) } : {}
    const connections = log.split(/^Connecting to/m).slice(1)
    return { connections: connections.map((text) => ({ ...parseReport(text), ...stapled })), log }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** `^rekey^` makes gnutls-cli update its keys and ask for the other end's. */
async function updateKeys(child: Child, options: ClientOptions): Promise<void> {
  child.process.stdin.write('^rekey^\n')
  await new Promise((resolve) => setTimeout(resolve, 200))
  const after = makePayload(32 * 64).subarray(16 * 64)
  child.process.stdin.write(after)
  await waitForAnswer(child, after, options.answers)
}

export function gnutls(
  name: string,
  client: string | undefined,
  server: string | undefined,
  absence: string,
): Peer {
  const found = (program: string | undefined) => {
    if (program === undefined) throw new Error(absence)
    return program
  }
  return {
    name,
    probe: async () => (client === undefined || server === undefined ? absence : probe(client)),
    startServer: async (options) => startServer(found(server), options),
    runClient: async (options) => runClient(found(client), options),
  }
}
