/** `handfast ca`: what it writes, and what openssl, NSS and Java make of it. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemPlan } from '../src/ca/stores.ts'
import { run } from '../src/index.ts'
import { runCli } from './support/cli.ts'

const has = (program: string) =>
  spawnSync(program, ['-help'], { stdio: 'ignore' }).error === undefined

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'handfast-cli-ca-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const openssl = (...words: string[]) => {
  const { status, stdout, stderr } = spawnSync('openssl', words, { encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

/** An authority in a folder of its own. */
async function authority(...words: string[]) {
  const folder = temporaryFolder()
  const dir = join(folder, 'ca')
  const ca = (...more: string[]) => runCli(['ca', ...more, '--dir', dir])
  expect(await ca('init', ...words)).toMatchObject({ code: 0, stdout: '' })
  const root = join(folder, 'root.pem')
  writeFileSync(root, (await ca('root')).stdout)
  return { folder, dir, ca, root, at: (name: string) => join(folder, name) }
}

describe('ca issue', () => {
  it('writes a chain for everyone and a key for its owner', async () => {
    const { ca, at, root } = await authority()
    const { code, stdout, stderr } = await ca('issue', 'a.example.test', '::1', '--out', at('a'))
    expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: '' })
    expect(stderr).toContain('a.example.test and ::1')
    expect(statSync(at('a-key.pem')).mode & 0o777).toBe(0o600)
    const verify = ['verify', '-x509_strict', '-CAfile', root, '-purpose', 'sslserver']
    expect(openssl(...verify, '-verify_hostname', 'a.example.test', at('a.pem')).status).toBe(0)
    expect(openssl(...verify, '-verify_ip', '::1', at('a.pem')).status).toBe(0)
    const again = await ca('issue', 'a.example.test', '--out', at('a'))
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('exists already') })
    expect(await ca('issue', 'b', '--out', at('a'), '--force')).toMatchObject({ code: 0 })
  })

  it('knows kinds of keys, templates, and authorities below', async () => {
    const { ca, at, root, dir } = await authority('--key-type', 'ed25519')
    const limits = ['--path-length', '0', '--permit', 'example.test']
    expect(await ca('intermediate', 'web', ...limits)).toMatchObject({ code: 0 })
    mkdirSync(join(dir, 'templates'))
    const template = { from: 'web', days: 3, keyType: 'rsa-2048', extendedKeyUsage: ['clientAuth'] }
    writeFileSync(join(dir, 'templates/phone.json'), JSON.stringify(template))
    const made = await ca('issue', 'a.example.test', '--template', 'phone', '--out', at('a'))
    expect(made.code, made.stderr).toBe(0)
    const words = ['-CAfile', root, '-untrusted', at('a.pem'), '-purpose', 'sslclient']
    expect(openssl('verify', ...words, at('a.pem'))).toMatchObject({ status: 0 })
    expect(openssl('x509', '-noout', '-text', '-in', at('a.pem')).output).toContain('(2048 bit)')
    const stray = await ca('issue', 'a.example.org', '--from', 'web', '--out', at('b'))
    expect(stray.stderr).toContain('warning: nobody will accept it')
    expect(made.stderr).not.toContain('warning')
    expect(
      openssl('verify', '-CAfile', root, '-untrusted', at('b.pem'), at('b.pem')).output,
    ).toContain('permitted subtree violation')
    writeFileSync(join(dir, 'templates/odd.json'), JSON.stringify({ day: 3 }))
    expect(await ca('issue', 'x', '--template', 'odd')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("'day' is not known"),
    })
    expect(await ca('issue', 'x', '--template', 'none')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('server, client, peer, mail, phone and odd'.slice(0, 28)),
    })
  })

  it('signs requests, and only those whose key is there', async () => {
    const { ca, at, root } = await authority()
    const words = ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    const names = ['-subj', '/CN=x', '-addext', 'subjectAltName=DNS:r.example.test']
    openssl(...words, '-keyout', at('r.key'), '-out', at('r.csr'), ...names)
    const made = await ca('issue', '--csr', at('r.csr'), '--out', at('r'))
    expect(made.code, made.stderr).toBe(0)
    const verify = ['verify', '-CAfile', root, '-verify_hostname', 'r.example.test']
    expect(openssl(...verify, at('r.pem'))).toMatchObject({ status: 0 })
    const der = Buffer.from(
      readFileSync(at('r.csr'), 'utf8').replace(/-----.*-----/g, ''),
      'base64',
    )
    der[der.length - 1]! ^= 1
    writeFileSync(at('bad.csr'), der)
    expect(await ca('issue', '--csr', at('bad.csr'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('not signed by the key'),
    })
    expect((await ca('issue', '--csr', at('r.csr'), '--pkcs12', '--force')).code).toBe(2)
    const weak = ['req', '-new', '-newkey', 'rsa:1024', '-nodes', '-keyout', at('w.key')]
    openssl(...weak, '-out', at('w.csr'), ...names)
    expect(await ca('issue', '--csr', at('w.csr'), '--out', at('w'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('too weak'),
    })
  })

  it('writes PKCS #12 files', async () => {
    const { ca, at } = await authority()
    const made = await ca('issue', 'me@example.test', '--client', '--pkcs12', '--out', at('me'))
    const [, password] = /its password +(\S+)/.exec(made.stderr) ?? []
    const words = ['pkcs12', '-in', at('me.p12'), '-passin', `pass:${password}`, '-nodes']
    expect(openssl(...words)).toMatchObject({ status: 0 })
  })

  it.each([
    [['issue'], 'at least one name'],
    [['issue', 'not a name'], 'is not a host name'],
    [['issue', 'a', '--from', 'nobody'], "no authority 'nobody'"],
    [['issue', 'a', '--days', '0'], 'number of days'],
    [['init'], 'already'],
    [['intermediate', 'Up/Down'], 'cannot be the name'],
    [['revoke', '00'], 'No certificate'],
    [['crl', '--from', 'nobody'], "no authority 'nobody'"],
  ])('refuses %j with exit code 2', async (words, message) => {
    const { ca } = await authority()
    expect(await ca(...words)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) })
  })

  it('needs a directory, and a passphrase where there is one', async () => {
    expect(await runCli(['ca', 'list'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('HANDFAST_CA'),
    })
    const folder = temporaryFolder()
    const env = { HANDFAST_CA: join(folder, 'ca') }
    expect((await runCli(['ca', 'list'], { env })).stderr).toContain('handfast ca init')
    const passphrase = join(folder, 'passphrase')
    writeFileSync(passphrase, 'open sesame\n')
    await runCli(['ca', 'init', '--passphrase-file', passphrase], { env })
    const issue = ['ca', 'issue', 'a', '--out', join(folder, 'a')]
    expect(await runCli(issue, { env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is encrypted'),
    })
    const opened = { ...env, HANDFAST_CA_PASSPHRASE: 'open sesame' }
    expect(await runCli(issue, { env: opened })).toMatchObject({ code: 0 })
  })
})

describe('ca revoke', () => {
  it('is seen in the list, the CRL and by OCSP', async () => {
    const { ca, at, root, dir } = await authority()
    await ca('issue', 'good.example.test', '--out', at('good'))
    await ca('issue', 'bad.example.test', '--out', at('bad'))
    expect(await ca('revoke', at('bad.pem'), '--reason', 'keyCompromise')).toMatchObject({
      code: 0,
    })
    expect((await ca('revoke', at('bad.pem'))).stderr).toContain('already revoked')
    const lines = (await ca('list', '--json')).stdout.trim().split('\n')
    const list = lines.map((line) => JSON.parse(line))
    expect(list.map(({ names, state, reason }) => [names[0], state, reason]).sort()).toEqual([
      ['bad.example.test', 'revoked', 'keyCompromise'],
      ['good.example.test', 'valid', undefined],
    ])
    expect((await ca('list')).stdout).toMatch(/bad\.example\.test +revoked .*keyCompromise/)
    expect(await ca('crl', '--out', at('crl.pem'))).toMatchObject({ code: 0 })
    const verify = ['verify', '-CAfile', root, '-crl_check', '-CRLfile', at('crl.pem')]
    expect(openssl(...verify, at('good.pem')).status).toBe(0)
    expect(openssl(...verify, at('bad.pem')).output).toContain('certificate revoked')

    for (const more of [[], ['--delegated']]) {
      const port = await serveOcsp(dir, ...more)
      const ask = (name: string) =>
        new Promise<string>((resolve) => {
          const words = ['ocsp', '-issuer', root, '-CAfile', root, '-cert', at(`${name}.pem`)]
          const child = spawn('openssl', [...words, '-url', `http://127.0.0.1:${port}/`])
          let text = ''
          for (const stream of [child.stdout, child.stderr])
            stream.on('data', (chunk) => {
              text += chunk
            })
          child.on('close', () => resolve(text))
        })
      const good = await ask('good')
      expect(good).toContain('Response verify OK')
      // openssl sent a nonce, and says so where it does not come back.
      expect(good).not.toContain('nonce')
      expect(good).toContain('good.pem: good')
      expect(await ask('bad')).toContain('bad.pem: revoked')
      openssl('ocsp', '-issuer', root, '-cert', at('bad.pem'), '-no_nonce', '-reqout', at('q'))
      const request = encodeURIComponent(readFileSync(at('q'), 'base64'))
      const answer = await fetch(`http://127.0.0.1:${port}/${request}`)
      expect(answer.headers.get('content-type')).toBe('application/ocsp-response')
      writeFileSync(at('r'), Buffer.from(await answer.arrayBuffer()))
      const read = ['ocsp', '-issuer', root, '-CAfile', root, '-cert', at('bad.pem'), '-no_nonce']
      expect(openssl(...read, '-respin', at('r')).output).toContain('bad.pem: revoked')
      const status = async (path: string, init?: RequestInit) =>
        (await fetch(`http://127.0.0.1:${port}${path}`, init)).status
      expect(await status('/')).toBe(400)
      expect(await status('/%')).toBe(400)
      expect(await status('/', { method: 'PUT', body: 'x' })).toBe(405)
      expect(await status('/', { method: 'POST', body: 'x' })).toBe(415)
      const headers = { 'content-type': 'application/ocsp-request' }
      expect(await status('/', { method: 'POST', body: 'x'.repeat(99_999), headers })).toBe(413)
    }
  })
})

async function serveOcsp(dir: string, ...more: string[]): Promise<number> {
  const stop = new AbortController()
  const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() })
  let ended: Promise<number> | undefined
  onTestFinished(async () => {
    stop.abort()
    expect(await ended).toBe(0)
  })
  return new Promise((resolve, reject) => {
    const stdout = new Writable({
      write(chunk, _encoding, done) {
        resolve(Number(/:(\d+)\n$/.exec(String(chunk))?.[1]))
        done()
      },
    })
    ended = run(['ca', 'ocsp', '--port', '0', '--dir', dir, ...more], {
      stdin: process.stdin,
      stdout,
      stderr: nowhere(),
      env: {},
      stop: stop.signal,
    })
    ended.then((code) => code !== 0 && reject(new Error(`it ended with ${code}`)))
  })
}

describe('ca install', () => {
  it.runIf(has('certutil'))('puts the root into an NSS store, and takes it out', async () => {
    const { ca, at, dir } = await authority()
    const store = at('nss')
    mkdirSync(store)
    execFileSync('certutil', ['-N', '-d', `sql:${store}`, '--empty-password'])
    const list = () => execFileSync('certutil', ['-L', '-d', `sql:${store}`], { encoding: 'utf8' })
    expect((await ca('install', '--nss-dir', store, '--dry-run')).stdout).toContain('would be done')
    expect(list()).not.toContain('handfast-')
    const installed = await ca('install', '--nss-dir', store)
    expect(installed.code, installed.stderr).toBe(0)
    expect(installed.stdout).toContain(join(dir, 'authorities/root/certificate.pem'))
    expect(list()).toMatch(/handfast-[0-9a-f]{12} +C,,/)
    expect(await ca('uninstall', '--nss-dir', store)).toMatchObject({ code: 0 })
    expect(list()).not.toContain('handfast-')
    expect((await ca('uninstall', '--nss-dir', store)).stdout).toContain('it was not there')
    expect(await ca('install', '--nss-dir', at('missing'))).toMatchObject({ code: 2 })
  })

  it.runIf(has('keytool'))(
    'puts the root into a Java trust store, and takes it out',
    async () => {
      const { ca, at } = await authority()
      const store = at('trust.p12')
      const list = () =>
        spawnSync('keytool', ['-list', '-keystore', store, '-storepass', 'changeit'], {
          encoding: 'utf8',
        }).stdout
      const installed = await ca('install', '--keystore', store)
      expect(installed.code, installed.stdout).toBe(0)
      expect(list()).toMatch(/handfast-[0-9a-f]{12}, .*trustedCertEntry/)
      expect(await ca('uninstall', '--keystore', store)).toMatchObject({ code: 0 })
      expect(list()).not.toContain('handfast-')
    },
    60_000,
  )

  it('only says what root would have to do', async () => {
    const { ca } = await authority()
    const { code, stdout } = await ca('install', '--store', 'system')
    if (stdout === '') return expect(code).toBe(2) // a system that is not known
    expect(stdout).toContain('not done: it takes root')
    expect(stdout).toMatch(/sudo cp .*handfast-[0-9a-f]{12}\.crt\n/)
    expect((await ca('install', '--store', 'usb')).code).toBe(2)
  })

  /** The commands as people type them, by the manuals of those systems; only Debian's are run (ca-install.test.ts). */
  it.each([
    [
      'linux',
      '/usr/local/share/ca-certificates',
      ['cp /c.pem /usr/local/share/ca-certificates/n.crt', 'update-ca-certificates'],
      ['rm -f /usr/local/share/ca-certificates/n.crt', 'update-ca-certificates'],
    ],
    [
      'linux',
      '/etc/pki/ca-trust/source/anchors',
      ['cp /c.pem /etc/pki/ca-trust/source/anchors/n.crt', 'update-ca-trust extract'],
      ['rm -f /etc/pki/ca-trust/source/anchors/n.crt', 'update-ca-trust extract'],
    ],
    [
      'linux',
      '/etc/ca-certificates/trust-source/anchors',
      ['cp /c.pem /etc/ca-certificates/trust-source/anchors/n.crt', 'update-ca-trust extract'],
      ['rm -f /etc/ca-certificates/trust-source/anchors/n.crt', 'update-ca-trust extract'],
    ],
    [
      'linux',
      '/usr/share/pki/trust/anchors',
      ['cp /c.pem /usr/share/pki/trust/anchors/n.crt', 'update-ca-certificates'],
      ['rm -f /usr/share/pki/trust/anchors/n.crt', 'update-ca-certificates'],
    ],
    [
      'darwin',
      '',
      ['security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain /c.pem'],
      [
        'security remove-trusted-cert -d /c.pem',
        'security delete-certificate -Z abcd /Library/Keychains/System.keychain',
      ],
    ],
    ['win32', '', ['certutil -addstore -f ROOT /c.pem'], ['certutil -delstore ROOT abcd']],
  ] as const)('knows the store of %s %s', (platform, folder, install, uninstall) => {
    const target = { certificate: '/c.pem', name: 'n', thumbprint: 'abcd' }
    const commands = (action: 'install' | 'uninstall') =>
      systemPlan({ ...target, action }, platform, (path) => path === folder)?.steps.map(
        ({ command }) => command.join(' '),
      )
    expect(commands('install')).toEqual(install)
    expect(commands('uninstall')).toEqual(uninstall)
    expect(systemPlan({ ...target, action: 'install' }, 'linux', () => false)).toBeUndefined()
  })
})
