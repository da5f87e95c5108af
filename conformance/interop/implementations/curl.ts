/** curl as a client, with whatever TLS library it is linked with. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { opensslName } from 'handfast'
import {
  groups,
  groups12,
  ianaName,
  reasonsOfOthers12,
  reasonsOfTools,
  signatureSchemes,
  signatureSchemes12,
  someSuites12,
  suites,
  translate,
} from '../names.ts'
import { expectedAnswer, makePayload } from '../payload.ts'
import type { ClientOptions, ClientReport, ConnectionReport, Peer, Probe } from '../peer.ts'
import { defaultPayloadBytes } from '../peer.ts'
import { output, start } from '../process.ts'

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

async function probe(program: string): Promise<Probe | string> {
  const told = await output(program, ['--version'])
  const [, version = '?', library = '?'] = /^curl ([\d.]+).*? (OpenSSL\/[\d.]+)/.exec(told) ?? []
  if (library === '?') return `curl is not linked with OpenSSL: ${told.split('\n')[0]}`
  const newer = /OpenSSL\/(3\.[5-9]|[4-9])/.test(library)
  return {
    version: `${version} (${library.replace('/', ' ')})`,
    abilities: {
      client: {
        suites: suites.filter((name) => name !== 'TLS_AES_128_CCM_8_SHA256'),
        groups: groups.filter((name) => newer || !name.includes('MLKEM')),
        signatureSchemes,
        features: ['hello-retry-request', 'client-auth', 'alpn', 'ocsp-stapling', 'plain'],
      },
    },
    tls12: {
      client: {
        ...{ suites: someSuites12, groups: groups12, signatureSchemes: signatureSchemes12 },
        features: ['client-auth', 'alpn', 'ocsp-stapling'],
      },
    },
    source: `the features of ${library.replace('/', ' ')}, and the options of curl`,
    reasons: {
      ...reasonsOfTools('the options of curl'),
      ...reasonsOfOthers12,
      resumption: 'curl keeps sessions for one process alone, and reuses the connection there',
      'hello-retry-request-while-resuming': 'curl keeps sessions for one process alone',
      'client TLS_AES_128_CCM_8_SHA256':
        'OpenSSL lets it through at security level 0 only, which curl cannot set for TLS 1.3',
      'client post-handshake-auth': 'the server would have to ask in the middle of a request',
    },
  }
}

async function runClient(program: string, options: ClientOptions): Promise<ClientReport> {
  const folder = mkdtempSync(join(tmpdir(), 'handfast-curl-'))
  try {
    const payload = makePayload(options.bytes ?? defaultPayloadBytes)
    const body = join(folder, 'body')
    writeFileSync(body, payload)
    const args = [
      '--silent',
      '--show-error',
      '--verbose',
      '--http1.1',
      ...(options.version === 'TLS 1.2'
        ? ['--tlsv1.2', '--tls-max', '1.2']
        : options.plain
          ? []
          : ['--tlsv1.3']),
      '--max-time',
      '10',
    ]
    args.push('--resolve', `${options.serverName}:${options.port}:127.0.0.1`, '--noproxy', '*')
    args.push('--cacert', options.authorities, '--data-binary', `@${body}`, '-H', 'Expect:')
    if (options.version === 'TLS 1.2')
      args.push('--ciphers', `${options.suites?.map(opensslName).join(':') ?? 'DEFAULT'}`)
    else if (options.suites) args.push('--tls13-ciphers', options.suites.join(':'))
    if (options.groups)
      args.push(
        '--curves',
        options.groups.map((name) => translate(groupNames, name, 'curl')).join(':'),
      )
    if (options.identity) args.push('--cert', options.identity.chain, '--key', options.identity.key)
    if (options.ocspStapling) args.push('--cert-status')
    if (!options.alpn) args.push('--no-alpn')
    const env = options.keyLogFile === undefined ? {} : { SSLKEYLOGFILE: options.keyLogFile }
    const child = start(program, [...args, `https://${options.serverName}:${options.port}/echo`], {
      env,
    })
    const code = await child.ended()
    const log = child.log()
    if (code !== 0) throw new Error(`curl ended with ${code}:\n${log.slice(-2000)}`)
    if (child.stdout() !== expectedAnswer(payload, 'http').toString('latin1')) {
      throw new Error(`curl got another answer than it sent:\n${log.slice(-2000)}`)
    }
    return { connections: [parseReport(log)], log }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Reads `* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384 / X25519 / id-ecPublicKey` and its neighbours. */
function parseReport(log: string): ConnectionReport {
  const [, version, suite, group] =
    /SSL connection using (TLSv[\d.]+) \/ ([\w-]+)(?: \/ ([\w-]+))?/.exec(log) ?? []
  const fields: Record<string, string | boolean | undefined> = {
    version: version?.replace('TLSv', 'TLS '),
    suite: suite && (ianaName.get(suite) ?? suite),
    group: group && groups.find((name) => name.toLowerCase() === group.toLowerCase()),
    alpn:
      /ALPN: server accepted (\S+)/.exec(log)?.[1] ??
      /ALPN, server accepted to use (\S+)/.exec(log)?.[1],
    peerSubject: /\* +subject: (.*)/.exec(log)?.[1],
    ocspStapled: /SSL certificate status: good/.test(log) ? true : undefined,
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

export function curl(name: string, program: string | undefined, absence: string): Peer {
  return {
    name,
    probe: async () => (program === undefined ? absence : probe(program)),
    startServer: () => Promise.reject(new Error('curl is a client')),
    runClient: async (options) => {
      if (program === undefined) throw new Error(absence)
      return runClient(program, options)
    },
  }
}
