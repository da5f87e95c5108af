/** NSS's tstclnt and selfserv. */

import {
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicCipherSuiteId } from 'handfast'
import { type Identities, identities, keyNames } from '../identities.ts'
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
import { cacheFolder } from '../paths.ts'
import { makePayload, requestFor } from '../payload.ts'
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
import { defaultPayloadBytes } from '../peer.ts'
import { freePort, output, start } from '../process.ts'
import { serverOver } from '../server.ts'

/** Suites by their numbers, as the option `-c` takes them. */
const suiteNumbers: Record<string, string> = {
  TLS_AES_128_GCM_SHA256: ':1301',
  TLS_AES_256_GCM_SHA384: ':1302',
  TLS_CHACHA20_POLY1305_SHA256: ':1303',
}

const numberOf = (suite: string): string => {
  const id = ClassicCipherSuiteId[suite as keyof typeof ClassicCipherSuiteId]
  return suiteNumbers[suite] ?? `:${id.toString(16).padStart(4, '0').toUpperCase()}`
}

/** How the cipher is printed: `using 128-bit AES-GCM with 128-bit AEAD MAC`. */
const printedSuites: Record<string, string> = {
  TLS_AES_128_GCM_SHA256: '128-bit AES-GCM',
  TLS_AES_256_GCM_SHA384: '256-bit AES-GCM',
  TLS_CHACHA20_POLY1305_SHA256: '256-bit ChaCha20-Poly1305',
}

const groupNames: Record<string, string> = {
  x25519: 'x25519',
  secp256r1: 'P256',
  secp384r1: 'P384',
  secp521r1: 'P521',
  ffdhe2048: 'FF2048',
  ffdhe3072: 'FF3072',
  X25519MLKEM768: 'x25519mlkem768',
  SecP256r1MLKEM768: 'secp256r1mlkem768',
  SecP384r1MLKEM1024: 'secp384r1mlkem1024',
}

const features: readonly Feature[] = [
  'resumption',
  'hello-retry-request',
  'hello-retry-request-while-resuming',
  'client-auth',
  'post-handshake-auth',
  'plain',
]

export interface NssPrograms {
  readonly tstclnt: string
  readonly selfserv: string
  readonly certutil: string
  readonly pk12util: string
}

async function probe({ selfserv, tstclnt }: NssPrograms): Promise<Probe> {
  // Both end with an error after they have printed their help.
  const help = await output(selfserv, ['-h']).catch((error: Error & { stderr?: string }) =>
    String(error.stderr),
  )
  const root = join(tstclnt, '..', '..', 'versions.txt')
  const version = existsSync(root)
    ? /^libnss3 (?:\d+:)?([\d.]+)/m.exec(readFileSync(root, 'utf8'))?.[1]
    : undefined
  const listed = (name: string) => new RegExp(`[ ,]${name}(,|\\s|$)`, 'm').test(help)
  const common = {
    suites: suites.filter((name) => name in suiteNumbers),
    groups: groups.filter(
      (name) => name in groupNames && listed(translate(groupNames, name, 'NSS')),
    ),
  }
  const inClients = signatureSchemes.filter((name) => !name.startsWith('ed'))
  const inServers = inClients.filter((name) => !name.startsWith('rsa_pss_pss'))
  const of12 = {
    // It has no CCM.
    suites: suites12.filter((name) => !name.includes('CCM')),
    groups: groups12.filter((name) => common.groups.includes(name)),
  }
  const schemes12 = signatureSchemes12.filter((name) => !/^ed|^rsa_pss_pss/.test(name))
  return {
    version: version ?? '?',
    tls12: {
      client: {
        ...{ ...of12, signatureSchemes: schemes12 },
        features: ['resumption', 'client-auth'],
      },
      server: {
        ...{ ...of12, signatureSchemes: schemes12 },
        features: ['resumption', 'client-auth', 'alpn'],
      },
    },
    abilities: {
      client: { ...common, signatureSchemes: inClients, features },
      server: { ...common, signatureSchemes: inServers, features: [...features, 'alpn'] },
    },
    source: 'the help texts of selfserv and tstclnt',
    reasons: {
      ...reasonsOfTools('the options of tstclnt and selfserv'),
      'client ed448': 'pk12util: “unable to import key”',
      'server ed448': 'pk12util: “unable to import key”',
      'client ed25519': 'tstclnt -J ed25519: “no common encryption algorithm(s)”',
      'server ed25519':
        'selfserv -n: “SSL_ConfigServerCert returned error -8187: invalid arguments”',
      ...Object.fromEntries(
        ['256', '384', '512'].map((hash) => [
          `server rsa_pss_pss_sha${hash}`,
          'selfserv answers handshake_failure, to OpenSSL as well, where the key has no parameters',
        ]),
      ),
      'client alpn': 'tstclnt has no option for it',
      'server ocsp-stapling': 'selfserv makes its responses itself, with a key of the authority',
    },
  }
}

let databaseMade: Promise<string> | undefined

/** A database with the root and every identity, by common name; made anew with the identities. */
function database(programs: NssPrograms): Promise<string> {
  databaseMade ??= identities().then((ids) => makeDatabase(programs, ids))
  return databaseMade
}

async function makeDatabase({ certutil, pk12util }: NssPrograms, ids: Identities): Promise<string> {
  const folder = join(cacheFolder, 'nss-database')
  if (existsSync(folder) && statSync(folder).ctimeMs > statSync(ids.root).ctimeMs)
    return `sql:${folder}`
  const fresh = mkdtempSync(join(cacheFolder, 'nss-new-'))
  const name = `sql:${fresh}`
  await output(certutil, ['-N', '-d', name, '--empty-password'])
  await output(certutil, ['-A', '-d', name, '-n', 'root', '-t', 'CT,C,C', '-i', ids.root])
  for (const key of keyNames.filter((one) => one !== 'ed448')) {
    for (const { pkcs12 } of [ids.server[key], ids.client[key]]) {
      await output(pk12util, ['-i', pkcs12, '-d', name, '-W', 'password'])
    }
  }
  rmSync(folder, { recursive: true, force: true })
  renameSync(fresh, folder)
  return `sql:${folder}`
}

function commonArguments(options: CommonOptions): string[] {
  const version = options.version === 'TLS 1.2' ? 'tls1.2:tls1.2' : 'tls1.3:tls1.3'
  const args = [...(options.plain ? [] : ['-V', version]), '-v', '-u']
  if (options.suites) args.push('-c', options.suites.map(numberOf).join(''))
  if (options.groups)
    args.push('-I', options.groups.map((name) => translate(groupNames, name, 'NSS')).join(','))
  if (options.signatureSchemes) args.push('-J', options.signatureSchemes.join(','))
  return args
}

function parseReport(text: string): ConnectionReport {
  const field = (pattern: RegExp) => pattern.exec(text)?.[1]
  // The cipher tells a suite of TLS 1.3, not one of TLS 1.2.
  const cipher = field(/SSL version 3\.4 using (.*?) with/)
  const minor = field(/SSL version 3\.(\d)/)
  const group = field(/Key Exchange Group: ?(\S+)/)
  const scheme = field(/Signature Scheme: ?(\S+)/)
  const resumed = /[1-9]\d* stateless resumes/.test(text)
  const fields: Record<string, string | boolean | undefined> = {
    version: minor && `TLS 1.${Number(minor) - 1}`,
    suite: cipher && untranslate(printedSuites, cipher),
    group: group && untranslate(groupNames, group),
    signatureScheme: signatureSchemes12.find((name) => name === scheme),
    peerSubject: field(/subject DN: ?(.*)/),
    resumed: resumed ? true : undefined,
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

async function startServer(programs: NssPrograms, options: ServerOptions): Promise<RunningServer> {
  const port = await freePort()
  const args = [
    '-d',
    await database(programs),
    '-n',
    options.identity.commonName,
    '-p',
    String(port),
  ]
  args.push(...commonArguments(options))
  if (options.alpn) args.push('-Q')
  const requests = {
    request: ['-r'],
    require: ['-r', '-r'],
    'post-handshake': ['-r', '-r', '-r', '-r', '-E'],
  }
  if (options.clientCertificate) args.push(...requests[options.clientCertificate])
  const folder = mkdtempSync(join(tmpdir(), 'handfast-nss-'))
  for (const size of [640, 100_032, 1 << 20])
    writeFileSync(join(folder, `payload-${size}`), makePayload(size))
  const child = start(programs.selfserv, args)
  await child.waitFor('call of accept', (log) =>
    log.includes('About to call accept') ? true : undefined,
  )
  const server = serverOver(child, port, 'http-files', (log) =>
    log
      .split('About to call accept')
      .slice(1)
      .filter((text) => text.includes('SSL version') || text.includes('error'))
      .map(parseReport),
  )
  return {
    ...server,
    filesFolder: folder,
    async stop() {
      const log = await server.stop()
      rmSync(folder, { recursive: true, force: true })
      return log
    },
  }
}

async function runClient(programs: NssPrograms, options: ClientOptions): Promise<ClientReport> {
  const folder = mkdtempSync(join(tmpdir(), 'handfast-nss-'))
  try {
    const payload = makePayload(options.bytes ?? defaultPayloadBytes)
    const request = join(folder, 'request')
    writeFileSync(request, requestFor(payload, 'http'))
    const args = [
      '-h',
      '127.0.0.1',
      '-a',
      options.serverName,
      '-p',
      String(options.port),
      '-A',
      request,
    ]
    args.push('-d', await database(programs), ...commonArguments(options))
    if (options.identity) args.push('-n', options.identity.commonName)
    if (options.resume) args.push('-L', '2')
    if (options.postHandshakeAuth) args.push('-E')
    if (options.middleboxCompatibility !== false) args.push('-e')
    const child = start(programs.tstclnt, args)
    const code = await child.ended()
    const log = child.log()
    const shown = log.replaceAll(/^tstclnt: (PR_Poll|about to call).*\n/gm, '').slice(-2000)
    if (code !== 0) throw new Error(`tstclnt ended with ${code}:\n${shown}`)
    if (!child.stdout().includes(payload.toString('latin1'))) {
      throw new Error(`tstclnt got another answer than it sent:\n${shown}`)
    }
    const connections = log.split(/SSL version/).slice(1)
    return { connections: connections.map((text) => parseReport(`SSL version${text}`)), log: shown }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param programs undefined when one of them is not there */
export function nss(name: string, programs: NssPrograms | undefined, absence: string): Peer {
  const found = () => {
    if (programs === undefined) throw new Error(absence)
    return programs
  }
  return {
    name,
    clientStyle: 'http',
    probe: async () => (programs === undefined ? absence : probe(programs)),
    startServer: async (options) => startServer(found(), options),
    runClient: async (options) => runClient(found(), options),
  }
}
