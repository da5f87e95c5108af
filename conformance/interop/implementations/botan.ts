/** Botan's tls_client and tls_server. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeThrough } from '../lines.ts'
import {
  groups,
  groups12,
  reasonsOfTools,
  signatureSchemes,
  signatureSchemes12,
  suites,
  suites12,
  translate,
  untranslate,
} from '../names.ts'
import type {
  ClientOptions,
  ClientReport,
  CommonOptions,
  ConnectionReport,
  Peer,
  Probe,
  RunningServer,
  ServerOptions,
} from '../peer.ts'
import { freePort, output, start } from '../process.ts'
import { serverOver } from '../server.ts'

/** Ciphers as a policy file names them; a suite of TLS 1.3 is a cipher and the one hash that goes with it. */
const policySuites: Record<string, string> = {
  TLS_AES_128_GCM_SHA256: 'AES-128/GCM',
  TLS_AES_256_GCM_SHA384: 'AES-256/GCM',
  TLS_CHACHA20_POLY1305_SHA256: 'ChaCha20Poly1305',
  TLS_AES_128_CCM_SHA256: 'AES-128/CCM',
  TLS_AES_128_CCM_8_SHA256: 'AES-128/CCM(8)',
}

/** The same for a suite of TLS 1.2, with the words for its other parts. */
function partsOf(suite: string) {
  const [, exchange = '', protection = ''] = /^TLS_(\w+)_WITH_(\w+)$/.exec(suite) ?? []
  const [, bits, mode] = /^AES_(\d+)_(\w+?)(?:_SHA\d*)?$/.exec(protection) ?? []
  const modes: Record<string, string> = { GCM: '/GCM', CCM: '/CCM', CCM_8: '/CCM(8)', CBC: '' }
  const isBlock = mode === 'CBC'
  const mac = { SHA: 'SHA-1', SHA256: 'SHA-256', SHA384: 'SHA-384' }[
    protection.slice(protection.lastIndexOf('_') + 1)
  ]
  return {
    cipher: bits === undefined ? 'ChaCha20Poly1305' : `AES-${bits}${modes[mode ?? ''] ?? ''}`,
    mac: isBlock ? (mac ?? '') : 'AEAD',
    exchange: exchange.startsWith('ECDHE') ? 'ECDH' : exchange.startsWith('DHE') ? 'DH' : 'RSA',
    signature: exchange === 'RSA' ? 'IMPLICIT' : exchange.endsWith('ECDSA') ? 'ECDSA' : 'RSA',
  }
}

const policyGroups: Record<string, string> = {
  x25519: 'x25519',
  x448: 'x448',
  secp256r1: 'secp256r1',
  secp384r1: 'secp384r1',
  secp521r1: 'secp521r1',
  ffdhe2048: 'ffdhe/ietf/2048',
  ffdhe3072: 'ffdhe/ietf/3072',
  X25519MLKEM768: 'x25519/ML-KEM-768',
  SecP256r1MLKEM768: 'secp256r1/ML-KEM-768',
  SecP384r1MLKEM1024: 'secp384r1/ML-KEM-1024',
}

async function probe(program: string): Promise<Probe> {
  const common = {
    suites,
    groups: groups.filter((name) => name in policyGroups),
    signatureSchemes: signatureSchemes.filter((name) => !/^ed|^rsa_pss_pss/.test(name)),
  }
  const withoutScheme = signatureSchemes
    .filter((name) => !common.signatureSchemes.includes(name))
    .flatMap((name) => [
      [
        `client ${name}`,
        'tls_client does not offer it, to OpenSSL either, whatever its policy file says',
      ],
      [`server ${name}`, 'tls_server finds no certificate to show, or ends the connection'],
    ])
  const of12 = {
    suites: suites12,
    groups: groups12,
    signatureSchemes: signatureSchemes12.filter((name) => !/^ed|^rsa_pss_pss/.test(name)),
  }
  return {
    version: (await output(program, ['version'])).trim(),
    tls12: {
      client: { ...of12, features: ['resumption', 'alpn'] },
      server: { ...of12, features: ['resumption'] },
    },
    abilities: {
      client: {
        ...common,
        features: [
          'resumption',
          'hello-retry-request',
          'hello-retry-request-while-resuming',
          'alpn',
        ],
      },
      server: {
        ...common,
        features: ['resumption', 'hello-retry-request', 'hello-retry-request-while-resuming'],
      },
    },
    source:
      'the options of botan tls_client and tls_server, and the names that a policy file takes',
    reasons: {
      ...reasonsOfTools('the options of tls_client and tls_server'),
      plain: 'TLS 1.3 has to be allowed by the policy file',
      'server alpn': 'tls_server has no option for it',
      'server client-auth': 'tls_server has no option for authorities',
      'client client-auth': 'tls_client answers with an empty Certificate, to OpenSSL as well',
      ...Object.fromEntries(withoutScheme),
    },
  }
}

function policy12({ suites: named }: CommonOptions): string[] {
  const parts = (named ?? suites12.filter((name) => /^TLS_ECDHE.*(GCM|POLY)/.test(name))).map(
    partsOf,
  )
  const words = (part: keyof ReturnType<typeof partsOf>) =>
    [...new Set(parts.map((one) => one[part]))].join(' ')
  return [
    ...['allow_tls12 = true', 'allow_tls13 = false'],
    ...[`ciphers = ${words('cipher')}`, `macs = ${words('mac')}`],
    `key_exchange_methods = ${words('exchange')}`,
    `signature_methods = ${words('signature')}`,
  ]
}

function policy13(
  { suites: named = suites }: CommonOptions,
  names: (table: Record<string, string>, list: readonly string[]) => string,
): string[] {
  return ['allow_tls12 = false', 'allow_tls13 = true', `ciphers = ${names(policySuites, named)}`]
}

/** Writes the policy file that both programs take. */
function writePolicy(folder: string, options: CommonOptions): string {
  const names = (table: Record<string, string>, list: readonly string[]) =>
    list.map((name) => translate(table, name, 'Botan')).join(' ')
  const chosen = options.groups ?? Object.keys(policyGroups)
  const path = join(folder, 'policy')
  const hash = /sha(256|384|512)/.exec(options.signatureSchemes?.[0] ?? '')?.[1]
  writeFileSync(
    path,
    [
      ...(options.version === 'TLS 1.2' ? policy12(options) : policy13(options, names)),
      `key_exchange_groups = ${names(policyGroups, chosen)}`,
      ...(options.version === 'TLS 1.2'
        ? []
        : [`key_exchange_groups_to_offer = ${names(policyGroups, chosen.slice(0, 1))}`]),
      `signature_hashes = ${[...new Set([`SHA-${hash ?? 256}`, 'SHA-256', 'SHA-384', 'SHA-512'])].join(' ')}`,
      'minimum_rsa_bits = 2048',
      '',
    ].join('\n'),
  )
  return path
}

function parseReport(text: string): ConnectionReport {
  const field = (pattern: RegExp) => pattern.exec(text)?.[1]
  const suite = field(/Negotiated ciphersuite (\w+)/) ?? field(/TLS v1\.[23] using (\w+)/)
  const version = field(/TLS v(1\.[23])/)
  const group = field(/Key exchange using (\S+)/)
  const fields: Record<string, string | boolean | undefined> = {
    version: version && `TLS ${version}`,
    suite: [...suites, ...suites12].find((name) => name === `TLS_${suite}`),
    group: group && untranslate(policyGroups, group),
    alpn:
      field(/Server negotiated application protocol: *(\S+)/) ??
      field(/application protocol.*?([\w./-]+)$/im),
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

async function startServer(program: string, options: ServerOptions): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), 'handfast-botan-'))
  const port = await freePort()
  const { chain, key } = options.identity
  const policy = writePolicy(folder, options)
  const child = start(program, ['tls_server', chain, key, `--port=${port}`, `--policy=${policy}`])
  await child.waitFor('listening', (log) =>
    /Listening for new connections/.test(log) ? true : undefined,
  )
  const server = serverOver(child, port, 'echo', (log) =>
    log
      .split(/(?=^Handshake complete, TLS)/m)
      .slice(1)
      .map(parseReport),
  )
  return {
    ...server,
    async stop() {
      const log = await server.stop()
      rmSync(folder, { recursive: true, force: true })
      return log
    },
  }
}

async function runClient(program: string, options: ClientOptions): Promise<ClientReport> {
  const folder = mkdtempSync(join(tmpdir(), 'handfast-botan-'))
  try {
    const first = await connectOnce(program, options, folder)
    if (!options.resume) return first
    const second = await connectOnce(program, options, folder)
    return {
      connections: [...first.connections, ...second.connections],
      log: first.log + second.log,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function connectOnce(
  program: string,
  options: ClientOptions,
  folder: string,
): Promise<ClientReport> {
  const args = ['tls_client', options.serverName, `--port=${options.port}`]
  args.push(`--policy=${writePolicy(folder, options)}`, '--skip-system-cert-store')
  args.push(`--trusted-cas=${options.authorities}`)
  if (options.alpn) args.push(`--next-protocols=${options.alpn.join(',')}`)
  if (options.resume)
    args.push(`--session-db=${join(folder, 'sessions')}`, '--session-db-pass=password')
  const { identity } = options
  if (identity) args.push(`--client-cert=${identity.chain}`, `--client-cert-key=${identity.key}`)
  const child = start(program, args)
  await pipeThrough(child, options)
  const log = child.log().replaceAll(/^\d{9} .*\n/gm, '')
  return { connections: [parseReport(log)], log }
}

export function botan(name: string, program: string | undefined, absence: string): Peer {
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
