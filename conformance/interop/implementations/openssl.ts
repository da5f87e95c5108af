/** OpenSSL's s_client and s_server, of any version from 3.0. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { opensslName } from 'handfast'
import { identities } from '../identities.ts'
import { pipeThrough, waitForAnswer } from '../lines.ts'
import {
  groups,
  groups12,
  ianaName,
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
import { type Child, output, start } from '../process.ts'
import { serverOver } from '../server.ts'

const groupNames: Record<string, string> = {
  x25519: 'X25519',
  x448: 'X448',
  secp256r1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
  ffdhe2048: 'ffdhe2048',
  ffdhe3072: 'ffdhe3072',
  X25519MLKEM768: 'X25519MLKEM768',
  SecP256r1MLKEM768: 'SecP256r1MLKEM768',
  SecP384r1MLKEM1024: 'SecP384r1MLKEM1024',
}
const postQuantum = groups.filter((name) => name.includes('MLKEM'))

/** Names under which s_client and s_server print a group. */
const printedGroups: Record<string, string> = { ...groupNames, secp256r1: 'ECDH, prime256v1' }

const features: readonly Feature[] = [
  'resumption',
  'hello-retry-request',
  'hello-retry-request-while-resuming',
  'client-auth',
  'post-handshake-auth',
  'alpn',
  'key-update',
  'ocsp-stapling',
  'no-middlebox-compatibility',
  'record-padding',
  'plain',
  'early-data',
  'max-send-fragment',
]

const features12: readonly Feature[] = [
  ...['resumption', 'resumption-by-id', 'client-auth', 'alpn', 'ocsp-stapling'],
  ...['encrypt-then-mac', 'no-encrypt-then-mac', 'no-extended-master-secret'],
] as readonly Feature[]

async function probe(program: string): Promise<Probe> {
  const version = (await output(program, ['version'])).split(' ')[1] ?? '?'
  // The list exists from 3.5 on; before that there is no ML-KEM.
  const listed = await output(program, ['list', '-tls1_3', '-tls-groups']).catch(() => '')
  const known = new Set(listed.trim().toLowerCase().split(':'))
  const present = groups.filter((name) =>
    listed === '' ? !postQuantum.includes(name) : known.has(name.toLowerCase()),
  )
  const abilities = { suites, groups: present, signatureSchemes, features }
  const help = await output(program, ['s_server', '-help']).catch(
    (error: Error & { stderr?: string }) => String(error.stderr),
  )
  const ciphers = await output(program, ['ciphers', '-stdname', 'ALL:@SECLEVEL=0'])
  const of12 = {
    suites: suites12.filter((name) => ciphers.includes(`${name} `)),
    groups: groups12,
    signatureSchemes: signatureSchemes12,
    features: features12.filter(
      (name) => name !== 'no-extended-master-secret' || help.includes('-no_ems'),
    ),
  }
  return {
    version,
    abilities: { client: abilities, server: abilities },
    tls12: { client: of12, server: of12 },
    reasons: { 'no-extended-master-secret': 'its commands have no option for it before 3.2' },
    source:
      listed === ''
        ? 'its release notes (no ML-KEM before 3.5)'
        : '`openssl list -tls1_3 -tls-groups`',
  }
}

function commonArguments(options: CommonOptions): string[] {
  if (options.plain) return []
  const args = options.version === 'TLS 1.2' ? suiteArguments12(options) : suiteArguments(options)
  if (options.groups) {
    args.push(
      '-groups',
      options.groups.map((name) => translate(groupNames, name, 'OpenSSL')).join(':'),
    )
  }
  if (options.signatureSchemes) args.push('-sigalgs', options.signatureSchemes.join(':'))
  if (options.alpn) args.push('-alpn', options.alpn.join(','))
  if (options.middleboxCompatibility === false) args.push('-no_middlebox')
  if (options.recordPadding) args.push('-record_padding', String(options.recordPadding))
  if (options.maxSendFragment) args.push('-max_send_frag', String(options.maxSendFragment))
  if (options.keyLogFile) args.push('-keylogfile', options.keyLogFile)
  return args
}

function suiteArguments({ suites: chosen = suites }: CommonOptions): string[] {
  const args = ['-tls1_3', '-ciphersuites', chosen.join(':')]
  // OpenSSL counts CCM_8's short tag as 64 bits of security, which only level 0 lets through.
  if (chosen.includes('TLS_AES_128_CCM_8_SHA256')) args.push('-cipher', 'ALL:@SECLEVEL=0')
  return args
}

function suiteArguments12({ suites: chosen, without }: CommonOptions): string[] {
  const names = chosen?.map(opensslName).join(':') ?? 'DEFAULT'
  const args = ['-tls1_2', '-cipher', `${names}:@SECLEVEL=0`]
  if (without === 'tickets') args.push('-no_ticket')
  if (without === 'encrypt_then_mac') args.push('-no_etm')
  if (without === 'extended_master_secret') args.push('-no_ems')
  return args
}

/** Reads what `-brief` and `-rev` print for a connection. */
function parseReport(text: string): ConnectionReport {
  const field = (pattern: RegExp) => pattern.exec(text)?.[1]?.trim()
  const group =
    field(/^Negotiated TLS1.3 group: (.*)$/m) ??
    field(/^(?:Server|Peer) Temp Key: (.*?)(?:, \d+ bits)?$/m)
  // Before 3.5 the words are others (`RSA-PSS`), which leave open what key signed.
  const scheme = field(/^(?:Signature type|Peer signature type): (.*)$/m)
  const known = signatureSchemes.find((name) => name === scheme)
  const suite = field(/^(?:Ciphersuite: |New, TLSv1\.[0-3], Cipher is )(.*)$/m)
  const version = field(/^Protocol(?: version|\s*): (.*)$/m)
  return {
    ...(version && { version: version.replace('TLSv', 'TLS ') }),
    ...report('suite', suite && (ianaName.get(suite) ?? suite)),
    ...report('group', group && untranslate(printedGroups, group)),
    ...report('signatureScheme', known),
    ...report('alpn', field(/^ALPN protocol: (.*)$/m)),
    ...report('peerSubject', field(/^(?:Peer certificate: |subject=)(.*)$/m)),
  }
}

const report = <K extends keyof ConnectionReport>(
  key: K,
  value: ConnectionReport[K] | undefined,
) => (value === undefined ? {} : { [key]: value })

function portOf(log: string): number | undefined {
  const found = /^ACCEPT .*:(\d+)$/m.exec(log)?.[1]
  return found === undefined ? undefined : Number(found)
}

async function startServer(program: string, options: ServerOptions): Promise<RunningServer> {
  const { identity } = options
  const args = ['s_server', '-accept', '127.0.0.1:0', ...commonArguments(options)]
  args.push(
    '-cert',
    identity.certificate,
    '-cert_chain',
    identity.intermediate,
    '-key',
    identity.key,
  )
  if (options.ocspResponse) args.push('-status_file', options.ocspResponse)
  if (options.authorities) args.push('-CAfile', options.authorities, '-verify_return_error')
  // Post-handshake authentication is asked for on s_server's standard input.
  if (options.clientCertificate === 'request') args.push('-verify', '4')
  if (options.clientCertificate === 'require') args.push('-Verify', '4')
  const interactive = options.keyUpdate || options.clientCertificate === 'post-handshake'
  if (!interactive) args.push('-rev')
  const child = start(program, args)
  const port = await child.waitFor('port', portOf)
  if (!interactive) return serverOver(child, port, 'reverse-lines', reverseReports)
  commandAndEcho(child, options.keyUpdate ? 'K' : 'c')
  return { ...serverOver(child, port, 'echo', interactiveReports), largestPayload: 640 }
}

function reverseReports(log: string): ConnectionReport[] {
  return log
    .split('CONNECTION ESTABLISHED\n')
    .slice(1)
    .filter((text) => text.includes('CONNECTION CLOSED'))
    .map(parseReport)
}

/**
 * The interactive s_server prints what it receives, and sends what stands on its standard input; a lone letter at the
 * start of what it reads is a command. On a connection's first data we give the command, and after that we echo.
 */
function commandAndEcho(child: Child, command: 'K' | 'c'): void {
  let pending = ''
  let commanded = false
  child.process.stdout.on('data', (text: string) => {
    if (text.includes('-----BEGIN SSL SESSION PARAMETERS-----') || text.includes('CIPHER is'))
      commanded = false
    pending += text
    // The payload's lines, and nothing of what s_server prints by itself, begin with nine digits.
    const lines = pending.match(/^\d{9} [a-z0-9]+\n/gm) ?? []
    pending = pending.slice(pending.lastIndexOf('\n') + 1)
    if (lines.length === 0) return
    if (commanded) child.process.stdin.write(lines.join(''))
    else {
      commanded = true
      child.process.stdin.write(`${command}\n`)
      // s_server takes what comes in one read as one command: the echo has to come later.
      setTimeout(() => child.process.stdin.write(lines.join('')), 200)
    }
  })
}

function interactiveReports(log: string): ConnectionReport[] {
  const parts = log.split(/^-----BEGIN SSL SESSION PARAMETERS-----$/m).slice(1)
  return parts
    .filter((text) => /^(DONE|shutting down SSL|ERROR)/m.test(text))
    .map((text) => ({
      ...report('suite', /^CIPHER is (.*)$/m.exec(text)?.[1]),
      ...report('peerSubject', /^(?:subject=|depth=0 )(.*)$/m.exec(text)?.[1]),
      postHandshakeAuthenticated: /^depth=0 /m.test(text),
      ...(text.startsWith('ERROR') && { error: text }),
    }))
}

async function runClient(program: string, options: ClientOptions): Promise<ClientReport> {
  const folder = mkdtempSync(join(tmpdir(), 'handfast-openssl-'))
  try {
    const session = join(folder, 'session.pem')
    if (options.earlyData) return await sendEarlyData(program, options, folder, session)
    const first = await connectOnce(program, options, options.resume ? ['-sess_out', session] : [])
    if (!options.resume) return first
    const second = await connectOnce(program, options, ['-sess_in', session])
    return {
      connections: [...first.connections, ...second.connections],
      log: first.log + second.log,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Gets a ticket that allows early data from a server of OpenSSL's own, and uses it for another server. */
async function sendEarlyData(
  program: string,
  options: ClientOptions,
  folder: string,
  session: string,
): Promise<ClientReport> {
  const identity = (await identities()).server.p256
  const args = ['s_server', '-accept', '127.0.0.1:0', '-tls1_3', '-rev', '-max_early_data', '16384']
  args.push(
    '-cert',
    identity.certificate,
    '-cert_chain',
    identity.intermediate,
    '-key',
    identity.key,
  )
  const issuer = start(program, args)
  try {
    const port = await issuer.waitFor('port', portOf)
    const { groups: _, ...rest } = options
    const first: ClientOptions = { ...rest, port, answers: 'reverse-lines', earlyData: false }
    await connectOnce(program, first, ['-sess_out', session])
  } finally {
    await issuer.stop()
  }
  const early = join(folder, 'early')
  writeFileSync(early, 'early data, which must not arrive\n')
  const report = await connectOnce(program, options, ['-sess_in', session, '-early_data', early])
  if (!/Early data was rejected/.test(report.log)) {
    throw new Error(`s_client's early data was not rejected:\n${report.log.slice(-2000)}`)
  }
  return report
}

async function connectOnce(
  program: string,
  options: ClientOptions,
  more: string[],
): Promise<ClientReport> {
  const args = ['s_client', '-connect', `127.0.0.1:${options.port}`, ...commonArguments(options)]
  // The short report lacks ALPN and OCSP; the long one goes to standard output, in the midst of the data.
  if (!options.alpn && !options.ocspStapling && !options.earlyData) args.push('-brief')
  args.push('-servername', options.serverName, '-verify_hostname', options.serverName)
  args.push('-CAfile', options.authorities, '-verify_return_error', ...more)
  const { identity } = options
  if (identity)
    args.push(
      '-cert',
      identity.certificate,
      '-cert_chain',
      identity.intermediate,
      '-key',
      identity.key,
    )
  if (options.postHandshakeAuth) args.push('-enable_pha')
  if (options.ocspStapling) args.push('-status')
  if (!options.keyUpdate) args.push('-nocommands')
  const child = start(program, args)
  await pipeThrough(
    child,
    options,
    options.keyUpdate ? () => updateKeys(child, options) : undefined,
  )
  const log = child.log()
  const stapled = options.ocspStapling
    ? { ocspStapled: /OCSP Response Status: successful/.test(log) }
    : {}
  return { connections: [{ ...parseReport(log), ...stapled }], log }
}

/** K on a line of its own makes s_client update its keys and ask for the other end's. */
async function updateKeys(child: Child, options: ClientOptions): Promise<void> {
  child.process.stdin.write('K\n')
  await child.waitFor('KEYUPDATE', (log) => (/KEYUPDATE/.test(log) ? true : undefined))
  const after = makePayload(32 * 64).subarray(16 * 64)
  child.process.stdin.write(after)
  await waitForAnswer(child, after, options.answers)
}

/** @param program path of the openssl command; undefined when it is not there */
export function openssl(name: string, program: string | undefined, absence: string): Peer {
  const found = () => {
    if (program === undefined) throw new Error(absence)
    return program
  }
  return {
    name,
    probe: async () => (program === undefined ? absence : probe(program)),
    startServer: async (options) => startServer(found(), options),
    runClient: async (options) => runClient(found(), options),
  }
}
