/** `handfast cert`: what it says of certificates, and its exit codes. */
import { spawnSync } from 'node:child_process'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  answerOcsp,
  createAuthority,
  createOcspResponder,
  encodeOcspRequest,
  issueOcspDelegate,
  signRevocationList,
} from '@handfast/ca'
import { decodePem, encodePem, parseCertificate } from '@handfast/x509'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parsePeriod } from '../src/cert/expires.ts'
import { runCli } from './support/cli.ts'
import { fileWith, makeSite, tlsServer } from './support/servers.ts'

const day = 86_400_000

async function chainFile(options: Partial<Parameters<typeof makeSite>[0]> = {}) {
  const site = await makeSite(options)
  return { ...site, file: fileWith(site.cert) }
}

const cert = (...words: string[]) => runCli(['cert', ...words])

describe('cert show', () => {
  it('explains a file', async () => {
    const { file } = await chainFile()
    const { code, stdout } = await cert('show', file)
    expect(code).toBe(0)
    expect(stdout).toMatch(/what it is for +servers\n/)
    expect(stdout).toMatch(/whose +localhost and 127\.0\.0\.1\n/)
    expect(stdout).toMatch(/who vouches +.*handfast local CA/)
    expect(stdout).not.toContain('odd')
  })

  it('explains what a server shows, whoever vouches for it', async () => {
    const site = await makeSite({ notAfter: new Date(Date.now() - day) })
    const port = await tlsServer(site)
    const { code, stdout } = await cert('show', `localhost:${port}`)
    expect(code).toBe(0)
    expect(stdout).toMatch(/odd +It expired 1 day ago/)
  })

  it('shows authorities with their limits', async () => {
    const authority = await createAuthority()
    const below = await authority.createIntermediate({
      pathLength: 0,
      nameConstraints: { permitted: ['example.test'], excluded: ['@example.test'] },
    })
    const { stdout } = await cert('show', fileWith(below.certificate + authority.certificate))
    expect(stdout).toContain('an authority: it issues certificates, with no authority below it')
    expect(stdout).toMatch(/only for +DNS:example\.test\n/)
    expect(stdout).toMatch(/never for +email:example\.test\n/)
    expect(stdout).toContain('2 of 2')
  })

  it('says what openssl says, as JSON, as PEM and byte by byte', async () => {
    const { file, cert: pem } = await chainFile()
    const [line = ''] = (await cert('show', file, '--json')).stdout.split('\n')
    const told = JSON.parse(line)
    const openssl = (...words: string[]) =>
      spawnSync('openssl', ['x509', '-noout', '-in', file, ...words], { encoding: 'utf8' }).stdout
    expect(openssl('-serial').trim().toLowerCase()).toBe(`serial=${told.serialNumber}`)
    const fingerprint = openssl('-fingerprint', '-sha256').replaceAll(':', '').toLowerCase()
    expect(fingerprint).toContain(told.sha256)
    expect(new Date(openssl('-enddate').split('=')[1]!).toISOString()).toBe(told.notAfter)
    expect((await cert('show', file, '--pem')).stdout).toBe(pem)
    const { stdout } = await cert('show', file, '--bytes')
    expect(stdout).toMatch(/notAfter +\d{4}-.* RFC 5280 §4\.1\.2\.5\n/)
    expect(stdout).toContain('a0 03 02 01 02'.slice(6))
    expect(await cert('show', file, '--json', '--pem')).toMatchObject({ code: 2 })
  })

  it.each([
    ['/no/such/file.pem', 'no file', 2],
    ['localhost:1', 'refused', 3],
  ])('of %s ends with its exit code', async (what, message, code) => {
    expect(await cert('show', what)).toMatchObject({
      code,
      stderr: expect.stringContaining(message),
    })
  })
})

describe('cert verify', () => {
  it.each([
    ['a good one', {}, ['--name', 'localhost'], 0, 'to be believed'],
    ['another name', {}, ['--name', 'example.test'], 5, 'is not for example.test'],
    ['another use', {}, ['--usage', 'client'], 5, 'not to be believed'],
    ['another time', {}, ['--at', '2001-01-01'], 5, 'not to be believed'],
    ['an expired one', { notAfter: new Date(Date.now() - day) }, [], 5, 'expired'],
  ])('judges %s', async (_, options, words, code, message) => {
    const { file, ca } = await chainFile(options)
    const verdict = await cert('verify', file, '--ca', ca, ...words)
    expect(verdict).toMatchObject({ code, stdout: expect.stringContaining(message) })
    const json = JSON.parse((await cert('verify', file, '--ca', ca, '--json', ...words)).stdout)
    expect(json.valid).toBe(code === 0)
  })

  it('judges a server by the name it was asked for', async () => {
    const site = await makeSite()
    const port = await tlsServer(site)
    expect(await cert('verify', `localhost:${port}`, '--ca', site.ca)).toMatchObject({ code: 0 })
    expect(await cert('verify', `localhost:${port}`)).toMatchObject({ code: 5 })
    const other = ['--servername', 'example.test']
    expect(await cert('verify', `localhost:${port}`, '--ca', site.ca, ...other)).toMatchObject({
      code: 5,
    })
  })

  it('demands policies', async () => {
    const value = Buffer.from('3008300606042a030405', 'hex')
    const { file, ca } = await chainFile({
      extensions: [{ oid: '2.5.29.32', critical: false, value }],
    })
    const verify = (...words: string[]) => cert('verify', file, '--ca', ca, ...words)
    expect(await verify('--policy', '1.2.3.4.5')).toMatchObject({ code: 0 })
    expect(await verify('--policy', '1.2.3', '--policy', '1.2.3.4.5')).toMatchObject({ code: 0 })
    expect(await verify('--policy', '1.2.3')).toMatchObject({ code: 5 })
    expect(await verify('--policy', '1.2.3.x')).toMatchObject({ code: 2 })
  })

  it('knows bundles', async () => {
    const { cert: pem, ca } = await chainFile()
    const bundle = bundleOf(derOf(pem))
    expect(await cert('verify', fileWith(bundle), '--ca', ca)).toMatchObject({ code: 0 })
    const broken = fileWith(bundle.subarray(0, -3))
    expect(await cert('verify', broken, '--ca', ca)).toMatchObject({ code: 2 })
  })

  it('refuses with --require-revocation what no list is given of', async () => {
    const { file, ca, authority } = await chainFile()
    const verify = (...words: string[]) =>
      cert('verify', file, '--ca', ca, '--require-revocation', ...words)
    expect(await verify()).toMatchObject({ code: 5 })
    const nextUpdate = new Date(Date.now() + day)
    const list = await signRevocationList(authority, { entries: [], number: 1, nextUpdate })
    expect(await verify('--crl', fileWith(list))).toMatchObject({ code: 0 })
  })

  it('believes a revocation list', async () => {
    const { file, ca, authority, cert: pem } = await chainFile()
    const serialNumber = serialOf(pem)
    const list = await signRevocationList(authority, {
      entries: [{ serialNumber, revokedAt: new Date(Date.now() - 1000) }],
      number: 1,
      nextUpdate: new Date(Date.now() + day),
    })
    const { code, stdout } = await cert('verify', file, '--ca', ca, '--crl', fileWith(list))
    expect({ code, stdout }).toMatchObject({ code: 5, stdout: expect.stringContaining('revoked') })
  })
})

const derOf = (pem: string) => decodePem(pem)[0]!.der

/** As `openssl crl2pkcs7` makes them, in DER. */
function bundleOf(...certificates: readonly Uint8Array[]): Buffer {
  const file = fileWith(certificates.map((der) => encodePem('CERTIFICATE', der)).join(''))
  const words = ['crl2pkcs7', '-nocrl', '-outform', 'DER', '-certfile', file]
  return spawnSync('openssl', words).stdout
}

const serialOf = (pem: string): string =>
  spawnSync('openssl', ['x509', '-noout', '-serial'], { input: pem, encoding: 'utf8' })
    .stdout.trim()
    .replace('serial=', '')
    .toLowerCase()

describe('--fetch', () => {
  interface Answer {
    readonly status?: number
    readonly headers?: Record<string, string>
    readonly body?: Uint8Array
  }

  async function httpServer(answer: (path: string, body: Buffer) => Answer | Promise<Answer>) {
    const asked: string[] = []
    const server = createServer(async (request: IncomingMessage, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      asked.push(`${request.method} ${request.url}`)
      const { status = 200, headers = {}, body } = await answer(request.url!, Buffer.concat(chunks))
      response.writeHead(status, headers).end(body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
    return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }

  /** An authority below a root, and where it publishes what. */
  async function published(what: {
    ocsp: boolean
    revoked: boolean
    delegated?: boolean
    /** The root has a list too. */
    whole?: boolean
  }) {
    const answers = new Map<string, () => Answer | Promise<Answer>>()
    let body: Buffer = Buffer.alloc(0)
    const { asked, url } = await httpServer((path, sent) => {
      body = sent
      return answers.get(path)?.() ?? { status: 404 }
    })
    const root = await createAuthority({
      publishedAt: what.whole ? { crl: `${url}/root.crl` } : {},
    })
    const below = await root.createIntermediate({
      publishedAt: {
        crl: `${url}/crl`,
        caIssuers: `${url}/issuer`,
        ...(what.ocsp ? { ocsp: `${url}/ocsp` } : {}),
      },
    })
    const { certificate, key } = await below.issue({ names: ['localhost'] })
    const revokedAt = new Date(Date.now() - 1000)
    const list = await signRevocationList(below, {
      entries: what.revoked ? [{ serialNumber: serialOf(certificate), revokedAt }] : [],
      number: 1,
      nextUpdate: new Date(Date.now() + day),
    })
    const responder = await createOcspResponder({
      authority: below,
      status: () => (what.revoked ? { revokedAt } : 'good'),
      ...(what.delegated ? { delegate: await issueOcspDelegate(below) } : {}),
    })
    answers.set('/issuer', () => ({ body: below.certificateDer }))
    answers.set('/crl', () => ({ body: list }))
    const rootList = await signRevocationList(root, {
      entries: [],
      number: 1,
      nextUpdate: new Date(Date.now() + day),
    })
    answers.set('/root.crl', () => ({ body: rootList }))
    answers.set('/ocsp', async () => ({ body: await answerOcsp(body, [responder]) }))
    const ca = fileWith(root.root)
    const verify = (...words: string[]) =>
      cert('verify', fileWith(certificate), '--ca', ca, ...words)
    return { asked, answers, url, ca, below, certificate, key, verify }
  }

  it('is not done without consent', async () => {
    const { asked, verify } = await published({ ocsp: true, revoked: false })
    expect(await verify()).toMatchObject({ code: 5 })
    expect(asked).toEqual([])
  })

  it.each([
    { ocsp: true, revoked: false },
    { ocsp: true, revoked: true },
    { ocsp: true, revoked: true, delegated: true },
    { ocsp: false, revoked: false },
    { ocsp: false, revoked: true },
  ])('finds the issuer, and whether it revoked (%j)', async (what) => {
    const { asked, verify } = await published(what)
    const { code, stdout, stderr } = await verify('--fetch')
    expect(code, stdout + stderr).toBe(what.revoked ? 5 : 0)
    expect(asked).toEqual(['GET /issuer', what.ocsp ? 'POST /ocsp' : 'GET /crl'])
    expect(stdout).toContain(what.revoked ? 'was revoked' : 'not revoked')
    expect(stderr).toContain('fetched the issuer')
  })

  it.each<[string, Answer | (() => Promise<Answer>), string]>([
    ['a redirect', { status: 302, headers: { location: '/crl' } }, 'redirects are not followed'],
    ['an error', { status: 500 }, 'the answer is 500'],
    ['too much', { body: Buffer.alloc(200_000) }, 'longer than'],
    ['nothing in time', () => new Promise(() => {}), 'no whole answer within'],
    ['rubbish', { body: Buffer.from('rubbish') }, 'is no certificate'],
  ])('survives %s', async (_, answer, message) => {
    const { answers, asked, verify } = await published({ ocsp: true, revoked: false })
    answers.set('/issuer', () => (typeof answer === 'function' ? answer() : answer))
    const verdict = await verify('--fetch', '--timeout', '0.5')
    expect(verdict).toMatchObject({ code: 5, stderr: expect.stringContaining(message) })
    expect(asked).toEqual(['GET /issuer'])
  })

  it.each([false, true])('is for inspect too (revoked: %s)', async (revoked) => {
    const { ca, certificate, key } = await published({ ocsp: true, revoked })
    // A server that forgets its intermediate.
    const port = await tlsServer({ cert: certificate, key })
    const inspect = (...words: string[]) =>
      runCli(['inspect', `localhost:${port}`, '--ca', ca, ...words])
    expect((await inspect()).code).toBe(5)
    const { code, stdout } = await inspect('--fetch')
    expect(code, stdout).toBe(revoked ? 5 : 0)
    expect(stdout).toContain(revoked ? 'was revoked' : 'not revoked')
  })

  it('takes a bundle of certificates for the issuer', async () => {
    const { answers, asked, verify } = await published({ ocsp: true, revoked: false })
    const plain = answers.get('/issuer')!
    answers.set('/issuer', async () => ({ body: bundleOf((await plain()).body!) }))
    const { code, stderr } = await verify('--fetch')
    expect(code, stderr).toBe(0)
    expect(asked).toEqual(['GET /issuer', 'POST /ocsp'])
  })

  it('wants an answer to this very request, or else a list', async () => {
    const { answers, asked, verify, url, below, certificate } = await published({
      ocsp: true,
      revoked: false,
      whole: true,
    })
    const [leaf, issuer] = [derOf(certificate), below.certificateDer].map(parseCertificate)
    const beforehand = await encodeOcspRequest(leaf!, issuer!)
    const responder = await createOcspResponder({ authority: below, status: () => 'good' })
    answers.set('/ocsp', async () => ({ body: await answerOcsp(beforehand, [responder]) }))
    expect(await verify('--fetch')).toMatchObject({ code: 0 })
    expect(asked).toEqual(['GET /issuer', 'POST /ocsp', 'GET /crl', 'GET /root.crl'])
    // Without a list it is better than nothing.
    answers.delete('/crl')
    const { code, stdout, stderr } = await verify('--fetch', '--require-revocation')
    expect(code, stdout + stderr).toBe(0)
    expect(stderr).toContain('made beforehand')
    // An answer to the request of somebody else is not.
    const another = await encodeOcspRequest(leaf!, issuer!, Buffer.alloc(32, 1))
    answers.set('/ocsp', async () => ({ body: await answerOcsp(another, [responder]) }))
    expect(await verify('--fetch', '--require-revocation'), url).toMatchObject({
      code: 5,
      stdout: expect.stringContaining('its nonce is not that of the request'),
    })
  })

  it('takes an answer that was made since it began', async () => {
    const { answers, verify } = await published({ ocsp: true, revoked: false, whole: true })
    const answer = answers.get('/ocsp')!
    answers.set('/ocsp', async () => {
      await new Promise((resolve) => setTimeout(resolve, 1100))
      return answer()
    })
    const { code, stdout } = await verify('--fetch', '--require-revocation')
    expect(code, stdout).toBe(0)
  })

  it('refuses with --require-revocation what nothing is known of', async () => {
    const { answers, verify } = await published({ ocsp: false, revoked: false, whole: true })
    const required = ['--fetch', '--require-revocation']
    expect(await verify(...required)).toMatchObject({ code: 0 })
    answers.delete('/crl')
    expect(await verify('--fetch')).toMatchObject({ code: 0 })
    expect(await verify(...required)).toMatchObject({
      code: 5,
      stdout: expect.stringContaining('nothing tells whether the certificate was revoked'),
    })
  })

  it('falls back on the list where the responder is of no use', async () => {
    const { answers, verify } = await published({ ocsp: true, revoked: true })
    answers.set('/ocsp', () => ({ body: Buffer.from('30030a0106', 'hex') }))
    const { code, stderr } = await verify('--fetch')
    expect(code).toBe(5)
    expect(stderr).toContain('does not answer for the certificate')
    expect(stderr).toContain('fetched the revocation list')
  })
})

describe('cert lint', () => {
  it.each([
    ['a good one', {}, 0, 'It keeps the rules'],
    ['too long a life', { days: 500 }, 5, 'BR §6.3.2'],
    ['another name in the subject', { subject: { commonName: 'x.test' } }, 5, 'BR §7.1.4.3'],
    ['an Ed25519 key', { keyType: 'ed25519' }, 5, 'BR §6.1.5'],
    ['an e-mail address', { names: ['a@example.test'] }, 5, 'BR §7.1.2.7.12'],
    ['a wildcard over a public suffix', { names: ['*.co.uk'] }, 5, 'BR §3.2.2.6'],
    ['one below it', { names: ['*.example.co.uk'] }, 0, 'It keeps the rules'],
    ['one over what a company gives away', { names: ['*.github.io'] }, 0, 'It keeps the rules'],
  ] as const)('finds %s', async (_, options, code, message) => {
    const { file } = await chainFile(options)
    const found = await cert('lint', file)
    expect(found, found.stdout).toMatchObject({ code, stdout: expect.stringContaining(message) })
    const { failures } = JSON.parse((await cert('lint', file, '--json')).stdout)
    expect(failures.length > 0).toBe(code === 5)
  })
})

describe('cert diff', () => {
  it('tells what a renewal changed', async () => {
    const { authority } = await makeSite()
    const one = fileWith((await authority.issue({ names: ['a.test', 'b.test'] })).certificate)
    const renewed = await authority.issue({ names: ['b.test', 'a.test', 'c.test'], days: 9 })
    const other = fileWith(renewed.certificate)
    expect(await cert('diff', one, one)).toMatchObject({ code: 0 })
    const { code, stdout } = await cert('diff', one, other)
    expect(code).toBe(5)
    expect(stdout).toMatch(/names\n +- a\.test, b\.test\n +\+ a\.test, b\.test, c\.test\n/)
    const found = JSON.parse((await cert('diff', one, other, '--json')).stdout)
    const what = found.map((difference: { what: string }) => difference.what)
    expect(what).toContain('key')
    expect(what).toContain('notAfter')
    expect(what).not.toContain('issuer')
    expect(what).not.toContain('keyUsage')
  })
})

describe('cert expires', () => {
  it('has an exit code for cron', async () => {
    const soon = await chainFile({ days: 10 })
    const later = await chainFile()
    const past = await chainFile({ notAfter: new Date(Date.now() - day) })
    const expires = (...words: string[]) => cert('expires', ...words)
    expect(await expires(later.file)).toMatchObject({ code: 0 })
    expect(await expires(later.file, '--quiet')).toMatchObject({ code: 0, stdout: '' })
    expect(await expires(later.file, soon.file, '--quiet')).toMatchObject({
      code: 5,
      stdout: expect.stringMatching(/^.*ends in 10 days.*\n?.*$/s),
    })
    expect(await expires(soon.file, '--within', '9d')).toMatchObject({ code: 0 })
    expect(await expires(soon.file, '--within', '2w')).toMatchObject({ code: 5 })
    expect(await expires(past.file, '--within', '1m')).toMatchObject({ code: 5 })
    expect(await expires(later.file, 'localhost:1')).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('not asked'),
    })
    expect(await expires('localhost:1', soon.file)).toMatchObject({ code: 5 })
    expect(await expires('/no/such.pem')).toMatchObject({ code: 2 })
    expect(await expires(later.file, '--within', '30')).toMatchObject({ code: 2 })
    const port = await tlsServer(soon)
    const lines = (await expires(`localhost:${port}`, '--json')).stdout.trim().split('\n')
    expect(lines.map((line) => JSON.parse(line).state)).toEqual(['expiring'])
  })

  it('knows periods', () => {
    expect(['90m', '12h', '30d', '4w'].map(parsePeriod)).toEqual([
      5_400_000, 43_200_000, 2_592_000_000, 2_419_200_000,
    ])
  })
})
