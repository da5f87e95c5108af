/** `handfast demo`: a handshake with a server of our own, from the making of its certificate to the resumption. */
import { createAuthority } from '@handfast/ca'
import { parseCertificate } from '@handfast/x509'
import type { Command } from 'commander'
import { type ClientConfig, certificateVerifier } from 'handfast'
import { nodeProvider } from 'handfast/crypto/node'
import { CommandError, ExitCode } from '../exit.ts'
import { type Observation, observe } from '../net/observe.ts'
import { type Opened, openTls } from '../net/open.ts'
import { nodeVersionRange, parseCipherSuites, parseVersion, versionsOf } from '../options/names.ts'
import { formatAddress } from '../options/target.ts'
import { certificateRows } from '../render/certificates.ts'
import { harmless } from '../render/paper.ts'
import { renderSaving, type Times } from '../render/saving.ts'
import { versionInWords } from '../render/summary.ts'
import { paperOn, renderConnection } from '../render/view.ts'
import type { Handler } from '../serve/http.ts'
import { startServer } from '../serve/server.ts'
import { webService } from '../serve/services.ts'
import type { Terminal } from '../terminal.ts'

interface DemoOptions {
  readonly bytes?: boolean
  readonly explain: boolean
  readonly mutual?: boolean
  readonly maxVersion?: number
  readonly ciphers?: string
}

/** Milliseconds for each step; everything happens on this machine. */
const timeout = 10_000

export function addDemo(program: Command, terminal: Terminal): void {
  program
    .command('demo')
    .description('Watch a handshake, step by step, with a server made for it.')
    .option('--bytes', 'the bytes of each message, field by field')
    .option('--no-explain', 'leave out what each message is for')
    .option('--mutual', 'the client shows a certificate too')
    .option('--max-version <version>', 'TLSv1.2 shows how it was before TLS 1.3', parseVersion)
    .option(
      '--ciphers <names>',
      'cipher suites; AES128-SHA is a secret sent by RSA, DHE-RSA-AES128-GCM-SHA256 Diffie-Hellman',
    )
    .action((options: DemoOptions) => demo(options, terminal))
}

const page = 'Hello! Nobody between us could read this.\n'

const greet: Handler = (_, reply) => {
  reply.setHeader('Content-Type', 'text/plain; charset=utf-8')
  reply.setHeader('Content-Length', page.length)
  reply.writeHead(200)
  reply.end(page)
}

async function demo(options: DemoOptions, terminal: Terminal): Promise<void> {
  const { stdout, stop } = terminal
  const cipherSuites =
    options.ciphers === undefined ? undefined : parseCipherSuites(options.ciphers)
  const versions = versionsOf({ maxVersion: options.maxVersion, ciphers: cipherSuites })
  const authority = await createAuthority()
  const issued = await authority.issue({
    names: ['localhost', '127.0.0.1', '::1'],
    keyType: wantsRsa(cipherSuites) ? 'rsa-2048' : 'ec-p256',
  })
  const ours = options.mutual
    ? await authority.issue({ names: ['client.localhost'], client: true })
    : undefined
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    tls: {
      ...{ cert: issued.chain, key: issued.key, dhparam: 'auto' },
      ...nodeVersionRange({ maxVersion: options.maxVersion, ciphers: cipherSuites }),
      ...(cipherSuites === undefined ? {} : { ciphers: cipherSuites }),
      ...(ours === undefined ? {} : { requestCert: true, ca: authority.certificate }),
    },
    service: webService(greet),
    onFailure: (error) => terminal.stderr.write(`the server: ${error.message}\n`),
  })
  const target = {
    host: server.address,
    port: server.port,
    path: '/',
    starttls: undefined,
  }
  const peer = formatAddress('localhost', server.port)
  const config: ClientConfig = {
    crypto: nodeProvider,
    clock: () => Date.now(),
    serverName: 'localhost',
    alpnProtocols: ['http/1.1'],
    versions,
    ...(cipherSuites === undefined ? {} : { cipherSuites }),
    ...(ours === undefined
      ? {}
      : {
          identity: {
            certificateChain: ours.chainDer,
            signingKey: await nodeProvider.importPrivateKey(ours.keyDer),
          },
        }),
    verifyCertificate: certificateVerifier({
      crypto: nodeProvider,
      trust: [authority.certificateDer],
    }),
  }
  const request = Buffer.from(`GET / HTTP/1.1\r\nHost: ${peer}\r\nConnection: close\r\n\r\n`)
  const connect = (changes: Partial<ClientConfig>): Promise<Observation> =>
    observe({
      target,
      config: { ...config, ...changes },
      serverName: 'localhost',
      timeout,
      stop,
      request,
    })
  try {
    const first = await connect({})
    const paper = paperOn(terminal, stdout)
    const view = {
      bytes: options.bytes === true,
      explain: options.explain,
      serverName: 'localhost',
      peer,
      refused: undefined,
    }
    const { info } = first
    const version = info === undefined ? 'TLS' : versionInWords(info)
    const isClassic = first.story.classic !== undefined
    paper.text(`handfast: a ${version} handshake, step by step`, { style: paper.colors.bold })
    paper.heading('Before: a certificate')
    paper.text(
      'A server must be able to show who it is. For this run a certificate authority was made in memory; it vouches for a server on this machine, and the client trusts it.',
      { indent: 4 },
    )
    paper.gap()
    const now = Date.now()
    certificateRows(paper, parseCertificate(authority.certificateDer), '', now, 4)
    paper.gap()
    certificateRows(paper, parseCertificate(issued.certificateDer), '', now, 4)
    if (ours !== undefined) {
      paper.gap()
      paper.text('The client has one too, so that both can prove who they are:', { indent: 4 })
      paper.gap()
      certificateRows(paper, parseCertificate(ours.certificateDer), '', now, 4)
    }
    paper.heading('The handshake', isClassic ? 'RFC 5246 §7.3' : 'RFC 8446 §2')
    renderConnection(paper, first, view)
    const [session] = first.sessions
    if (first.error !== undefined || session === undefined) {
      stdout.write(paper.toString())
      throw first.error ?? new CommandError(ExitCode.internal, 'The server gave no ticket')
    }
    paper.heading('The first answer', 'HTTP/1.1, decrypted')
    for (const line of Buffer.from(first.response).toString('utf8').trimEnd().split(/\r?\n/))
      paper.text(harmless(line), { indent: 4 })
    const second = await connect({ session })
    paper.heading('Again, with the ticket', isClassic ? 'RFC 5077 §3.1' : 'RFC 8446 §4.6.1')
    renderConnection(paper, second, { ...view, explain: false, brief: true })
    if (second.error === undefined) {
      const open = (changes: Partial<ClientConfig>) =>
        openTls(
          target,
          { config: { ...config, ...changes }, serverName: 'localhost' },
          timeout,
          stop,
        )
      const times = await measure(
        () => open({}),
        () => open({ session }),
      )
      renderSaving(paper, first, second, times)
    }
    paper.heading('What next')
    paper.row(
      'handfast inspect example.com',
      'the same with a server of the world; --bytes shows every byte',
      { column: 40 },
    )
    paper.row(
      'handfast demo --ciphers AES128-SHA',
      'the handshake by RSA of old; --mutual: both prove who they are',
      { column: 40 },
    )
    paper.row('handfast serve', 'this folder over HTTPS, for a browser or curl', { column: 40 })
    paper.row('handfast help', 'all commands; from a clone: npm start -- help', { column: 40 })
    paper.gap()
    stdout.write(paper.toString())
    if (second.error !== undefined) throw second.error
  } finally {
    await server.stop(0)
  }
}

/** Suites of TLS 1.2 say what the server's key is; the first decides. */
function wantsRsa([first]: readonly number[] = []): boolean {
  const suite = nodeProvider.classicCipherSuites?.find(({ id }) => id === first)
  return suite?.authentication === 'RSA'
}

/** Handshakes of each kind that are measured, after as many that are not: a process begins slowly. */
const rounds = 15

/** Times handshakes that nobody watches. */
async function measure(
  full: () => Promise<Opened>,
  resumed: () => Promise<Opened>,
): Promise<Times> {
  const times = { full: [] as number[], resumed: [] as number[] }
  const one = async (open: () => Promise<Opened>) => {
    const { drive, took } = await open()
    await drive.close(performance.now() + timeout)
    return took
  }
  for (let round = 0; round < 2 * rounds; round++) {
    const [a, b] = [await one(full), await one(resumed)]
    if (round < rounds) continue
    times.full.push(a)
    times.resumed.push(b)
  }
  return times
}
