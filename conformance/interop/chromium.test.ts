/** Chromium loads a page from a server of ours. */

import { execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { run } from '@handfast/cli'
import { createServer, type TLSSocket } from 'handfast/node'
import { describe, expect, test } from 'vitest'
import { identities, type KeyName } from './identities.ts'
import { notInstalled, systemProgram } from './paths.ts'
import { start } from './process.ts'

const chromium = systemProgram('chromium')

/** Milliseconds: a browser's first start on a busy machine. */
const limit = 60_000

/**
 * Adds to the page how the connection began on which the script came, and two scripts more, one after the other: the
 * first may come on a connection that the browser opened while it had no ticket yet.
 */
const script = (resumed: boolean) => `
  document.body.append('then ${resumed ? 'resumed' : 'in full'} ')
  var { length } = document.scripts
  if (length < 3) {
    var next = document.createElement('script')
    next.src = '/script.js?' + length
    document.body.append(next)
  }
`

/** Serves one page that tells what the server's end of the connection agreed on; gives what Chromium shows of it. */
async function load(
  key: KeyName,
  options: { groups?: string[]; ciphers?: string[] },
): Promise<string> {
  const identity = (await identities()).server[key]
  const sockets = new Set<TLSSocket>()
  const http = createHttpServer((request, response) => {
    const info = (request.socket as unknown as TLSSocket).connectionInfo
    // A connection for each request, so that the scripts come on ones that can resume the page's session.
    response.setHeader('Connection', 'close')
    if (request.url === '/') {
      const agreed = `${info?.cipherSuiteName} ${info?.groupName} for ${info?.serverName}`
      response.setHeader('Content-Type', 'text/html')
      response.end(
        `<!doctype html><title>handfast</title><p>${agreed}</p><script src="/script.js"></script>`,
      )
    } else {
      response.setHeader('Content-Type', 'text/javascript')
      response.end(script(info?.resumed ?? false))
    }
  })
  const server = createServer({
    cert: readFileSync(identity.chain),
    key: readFileSync(identity.key),
    ALPNProtocols: ['http/1.1'],
    ...options,
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    http.emit('connection', socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const certificate = new X509Certificate(readFileSync(identity.certificate))
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' })
  const trusted = createHash('sha256').update(spki).digest('base64')
  try {
    return await shownBy(`https://localhost:${port}/`, [
      `--ignore-certificate-errors-spki-list=${trusted}`,
    ])
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
    http.close()
  }
}

/** The document that Chromium makes of a page, in a profile of its own. @param home where it looks for who is trusted */
async function shownBy(
  url: string,
  more: readonly string[] = [],
  home: string | undefined = process.env.HOME,
): Promise<string> {
  const profile = mkdtempSync(join(tmpdir(), 'handfast-chromium-'))
  const browser = start(
    chromium ?? '',
    [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ...[`--user-data-dir=${profile}`, ...more, '--dump-dom', url],
    ],
    { env: { HOME: home } },
  )
  try {
    await browser.ended(limit)
    return browser.stdout()
  } finally {
    await browser.stop()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** A stream that keeps what is written to it. */
class Kept extends PassThrough {
  text = ''

  constructor() {
    super()
    this.on('data', (chunk) => {
      this.text += chunk
    })
  }
}

/** Serves a folder with the command, whose authority Chromium is made to trust as a person would: by its trust store. */
async function loadServed(page: string): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'handfast-home-'))
  const folder = join(home, 'site')
  const store = join(home, '.pki', 'nssdb')
  for (const made of [folder, store]) mkdirSync(made, { recursive: true })
  writeFileSync(join(folder, 'index.html'), page)
  const ca = join(home, 'ca.pem')
  const stop = new AbortController()
  const stdout = new Kept()
  const words = ['serve', folder, '--port', '0', '--ca-out', ca]
  const served = run(words, {
    ...{ stdin: new PassThrough(), stdout, stderr: new Kept() },
    ...{ env: {}, stop: stop.signal },
  })
  try {
    while (!stdout.text.includes('listening on')) await once(stdout, 'data')
    const port = /:(\d+)\s/.exec(stdout.text)?.[1]
    const certutil = (...args: string[]) =>
      execFileSync('certutil', ['-d', `sql:${store}`, ...args])
    certutil('-N', '--empty-password')
    certutil('-A', '-t', 'C,,', '-n', 'the authority of this run', '-i', ca)
    return await shownBy(`https://localhost:${port}/`, [], home)
  } finally {
    stop.abort()
    await served
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  }
}

describe.skipIf(!chromium)(
  `Chromium → handfast${chromium ? '' : ` (skipped: ${notInstalled('Chromium')})`}`,
  () => {
    test('loads a page with what it prefers, and resumes', { timeout: limit + 5000 }, async () => {
      const shown = await load('p256', {})
      expect(shown).toMatch(/<p>TLS_\w+ X25519MLKEM768 for localhost<\/p>/)
      expect(shown).toContain('then resumed')
    })

    test.skipIf(!systemProgram('certutil'))(
      'shows the padlock to `handfast serve` when it trusts the local authority (needs certutil)',
      { timeout: limit + 5000 },
      async () => {
        expect(await loadServed('<!doctype html><p>Nobody between us read this.</p>')).toContain(
          '<p>Nobody between us read this.</p>',
        )
      },
    )

    test('loads a page with an RSA key, after HelloRetryRequest', {
      timeout: limit + 5000,
    }, async () => {
      const options = { groups: ['secp384r1'], ciphers: ['TLS_CHACHA20_POLY1305_SHA256'] }
      expect(await load('rsa', options)).toContain(
        '<p>TLS_CHACHA20_POLY1305_SHA256 secp384r1 for localhost',
      )
    })
  },
)
