/** The authority in a directory: what it keeps, and what others make of what it signs. */
import { execFileSync, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { checkRevocation, verifyCertificate } from '@handfast/x509'
import { signatureVerifiers } from 'handfast/crypto/node'
import { describe, expect, it } from 'vitest'
import { answerOcsp, parseCertificationRequest } from '../src/index.ts'
import {
  type AuthorityDirectory,
  createDirectory,
  defaultDirectory,
  isInitialised,
  openDirectory,
} from '../src/node/index.ts'
import { withLock } from '../src/node/lock.ts'
import { hasOpenssl, openssl } from './openssl.ts'
import { temporaryFolder } from './support.ts'

const names = ['a.example.test', '192.0.2.1']

async function judge(directory: AuthorityDirectory, chain: readonly Uint8Array[], more = {}) {
  const { rootDer } = await directory.authority()
  const verdict = await verifyCertificate({
    certificate: chain[0]!,
    intermediates: chain.slice(1),
    trust: [rootDer],
    time: Date.now(),
    usage: 'serverAuth',
    verifiers: signatureVerifiers,
    ...more,
  })
  return verdict.failures.map(({ code }) => code)
}

describe('a directory', () => {
  it('keeps the authority and what it issued, and the files only for its owner', async () => {
    const path = join(temporaryFolder(), 'ca')
    expect(isInitialised(path)).toBe(false)
    const made = await createDirectory(path)
    const first = await made.issue({ names })
    const again = openDirectory(path)
    const second = await again.issue({ names, client: true })
    expect((await again.authority()).root).toBe((await made.authority()).root)
    expect(
      again
        .list()
        .map(({ serialNumber }) => serialNumber)
        .sort(),
    ).toEqual([first.serialNumber, second.serialNumber].sort())
    expect(await judge(again, first.chainDer, { name: 'a.example.test' })).toEqual([])
    const modes = [path, join(path, 'authorities/root'), join(path, 'authorities/root/key.pem')]
    expect(modes.map((name) => statSync(name).mode & 0o777)).toEqual([0o700, 0o700, 0o600])
    // The keys of what is issued belong to whoever asked for them.
    const kept = execFileSync('grep', ['-rl', 'PRIVATE KEY', path], { encoding: 'utf8' })
    expect(kept.trim()).toBe(join(path, 'authorities/root/key.pem'))
    expect(readdirSync(join(path, 'tmp'))).toEqual([])
    expect(existsSync(join(path, 'lock'))).toBe(false)
  })

  it('is made once', async () => {
    const path = temporaryFolder()
    expect(() => openDirectory(path)).toThrow(expect.objectContaining({ code: 'not-initialised' }))
    await createDirectory(path)
    await expect(createDirectory(path)).rejects.toMatchObject({ code: 'exists' })
  })

  it('has authorities below authorities, held to names and to a length', async () => {
    const directory = await createDirectory(temporaryFolder())
    await directory.createIntermediate('web', {
      pathLength: 0,
      nameConstraints: { permitted: ['example.test'] },
    })
    await directory.createIntermediate('deep', { from: 'web' })
    const good = await directory.issue({ names: ['b.example.test'], from: 'web' })
    expect(await judge(directory, good.chainDer)).toEqual([])
    expect(good.chainDer).toHaveLength(2)
    const stray = await directory.issue({ names: ['b.example.org'], from: 'web' })
    expect(await judge(directory, stray.chainDer)).toEqual(['name-constraints'])
    const tooDeep = await directory.issue({ names: ['b.example.test'], from: 'deep' })
    expect(tooDeep.chainDer).toHaveLength(3)
    expect(await judge(directory, tooDeep.chainDer)).toEqual(['path-too-long'])
    expect(directory.authorities().map(({ name, parent }) => [name, parent])).toEqual([
      ['root', undefined],
      ['deep', 'web'],
      ['web', 'root'],
    ])
    expect(directory.list('root')).toHaveLength(1)
    await expect(directory.createIntermediate('web')).rejects.toMatchObject({ code: 'exists' })
    await expect(directory.createIntermediate('../x')).rejects.toMatchObject({
      code: 'unknown-name',
    })
    await expect(directory.issue({ names, from: 'no' })).rejects.toMatchObject({
      code: 'unknown-name',
    })
  })

  it.each(['ec-p384', 'rsa-2048', 'rsa-pss-2048', 'ed25519'] as const)(
    'opens keys of the kind %s again, encrypted ones with their passphrase only',
    async (keyType) => {
      const path = temporaryFolder()
      const passphrase = 'correct horse'
      const directory = await createDirectory(path, { keyType }, { passphrase })
      const key = readFileSync(join(path, 'authorities/root/key.pem'), 'utf8')
      expect(key).toContain('BEGIN ENCRYPTED PRIVATE KEY')
      const issued = await openDirectory(path, { passphrase }).issue({ names })
      expect(await judge(directory, issued.chainDer)).toEqual([])
      for (const wrong of [undefined, 'battery staple']) {
        const issuing = openDirectory(path, { passphrase: wrong }).issue({ names })
        await expect(issuing).rejects.toMatchObject({ code: 'passphrase' })
      }
    },
  )

  it('says which file is damaged', async () => {
    const path = temporaryFolder()
    const directory = await createDirectory(path)
    const certificate = join(path, 'authorities/root/certificate.pem')
    const whole = readFileSync(certificate)
    writeFileSync(certificate, whole.subarray(0, 99))
    await expect(directory.issue({ names })).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringContaining(certificate),
    })
    writeFileSync(certificate, whole)
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const key = join(path, 'authorities/root/key.pem')
    writeFileSync(key, other.export({ type: 'pkcs8', format: 'pem' }))
    await expect(directory.issue({ names })).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringContaining('does not belong'),
    })
    writeFileSync(key, '-----BEGIN PRIVATE KEY-----\n')
    await expect(directory.issue({ names })).rejects.toMatchObject({ code: 'damaged' })
  })

  it('stands where the system has such things', () => {
    expect(defaultDirectory({ HANDFAST_CA: '/x', HOME: '/h' }, 'linux')).toBe('/x')
    expect(defaultDirectory({ HOME: '/h' }, 'linux')).toBe('/h/.local/share/handfast/ca')
    expect(defaultDirectory({ HOME: '/h', XDG_DATA_HOME: '/d' }, 'linux')).toBe('/d/handfast/ca')
    expect(defaultDirectory({ HOME: '/h', XDG_DATA_HOME: 'd' }, 'linux')).toBe(
      '/h/.local/share/handfast/ca',
    )
    expect(defaultDirectory({ HOME: '/h' }, 'darwin')).toContain('Application Support')
    expect(defaultDirectory({}, 'linux')).toBeUndefined()
  })
})

describe('the lock', () => {
  const holder = (more: object) =>
    JSON.stringify({
      token: 'a',
      pid: process.pid,
      host: hostname(),
      what: 'tests',
      since: '2026-01-01',
      ...more,
    })

  it('lets one work at a time', async () => {
    const folder = temporaryFolder()
    let inside = 0
    let most = 0
    await Promise.all(
      Array.from({ length: 8 }, () =>
        withLock(folder, { what: 'test' }, async () => {
          most = Math.max(most, ++inside)
          await new Promise((resolve) => setTimeout(resolve, 5))
          inside--
        }),
      ),
    )
    expect(most).toBe(1)
    expect(readdirSync(folder)).toEqual([])
  })

  it('is let go of when the work fails', async () => {
    const folder = temporaryFolder()
    const work = withLock(folder, { what: 'test' }, () => Promise.reject(new Error('no')))
    await expect(work).rejects.toThrow('no')
    expect(await withLock(folder, { what: 'test' }, () => 1)).toBe(1)
  })

  it('of a process that is gone is broken, also where its breaker is gone', async () => {
    const folder = temporaryFolder()
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    writeFileSync(join(folder, 'lock'), holder({ pid }))
    writeFileSync(join(folder, 'lock.broken-a'), holder({ pid, token: 'b' }))
    expect(await withLock(folder, { what: 'test' }, () => 1)).toBe(1)
    expect(readdirSync(folder).filter((name) => name === 'lock')).toEqual([])
  })

  it.runIf(process.platform === 'linux')(
    'of a process whose number another one has now is broken',
    async () => {
      const folder = temporaryFolder()
      writeFileSync(join(folder, 'lock'), holder({ started: '1' }))
      expect(await withLock(folder, { what: 'test' }, () => 1)).toBe(1)
    },
  )

  it.each([
    ['a living process', { pid: process.ppid }, /process \d+ holds .* \(tests\)/],
    ['another machine', { pid: 1, host: 'elsewhere' }, /process 1 on elsewhere holds/],
  ])('of %s is waited for, and said whose it is', async (_, more, message) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'lock'), holder(more))
    const waits: unknown[] = []
    const work = withLock(
      folder,
      { what: 'test', patience: 700, onWait: (who) => waits.push(who.what) },
      () => 1,
    )
    await expect(work).rejects.toThrow(message)
    expect(waits).toEqual(['tests'])
  })
})

describe('revocation', () => {
  it('is told by lists with growing numbers', async () => {
    const directory = await createDirectory(temporaryFolder())
    const [one, two, three] = [
      await directory.issue({ names }),
      await directory.issue({ names }),
      await directory.issue({ names }),
    ]
    const [found] = directory.find(one.serialNumber.toUpperCase().replace(/..(?=.)/g, '$&:'))
    const revocation = await directory.revoke(found!, 'keyCompromise')
    expect(await directory.revoke(found!, 'superseded')).toEqual(revocation)
    await directory.revoke({ authority: 'root', serialNumber: two.serialNumber })
    const missing = directory.revoke({ authority: 'root', serialNumber: '77' })
    await expect(missing).rejects.toMatchObject({ code: 'unknown-name' })

    const crl = await directory.revocationList()
    const judged = ({ chainDer }: typeof one) =>
      judge(directory, chainDer, {
        additionalChecks: [checkRevocation({ policy: 'require', crls: [crl] })],
      })
    expect([await judged(one), await judged(two), await judged(three)]).toEqual([
      ['revoked'],
      ['revoked'],
      [],
    ])
    if (!hasOpenssl) return
    const folder = temporaryFolder()
    const file = join(folder, 'crl.der')
    writeFileSync(file, crl)
    const text = (der: string) =>
      openssl('crl', '-inform', 'DER', '-in', der, '-noout', '-text').output
    expect(text(file)).toMatch(/X509v3 CRL Number: \s+1\n/)
    expect(text(file)).toContain('Key Compromise')
    const root = directory.certificatePath()
    expect(openssl('crl', '-inform', 'DER', '-in', file, '-CAfile', root, '-noout').output).toBe(
      'verify OK\n',
    )
    writeFileSync(file, await directory.revocationList())
    expect(text(file)).toMatch(/X509v3 CRL Number: \s+2\n/)
    const crlPem = join(folder, 'crl.pem')
    execFileSync('openssl', ['crl', '-inform', 'DER', '-in', file, '-out', crlPem])
    const verify = (certificate: string) =>
      openssl('verify', '-crl_check', '-CRLfile', crlPem, '-CAfile', root, { pem: certificate })
    expect(verify(one.certificate).output).toContain('certificate revoked')
    expect(verify(three.certificate).status).toBe(0)
  })

  it('of nothing is an empty list', async () => {
    const directory = await createDirectory(temporaryFolder(), { keyType: 'ed25519' })
    const issued = await directory.issue({ names })
    const crl = await directory.revocationList()
    const additionalChecks = [checkRevocation({ policy: 'require', crls: [crl] })]
    expect(await judge(directory, issued.chainDer, { additionalChecks })).toEqual([])
  })

  it.runIf(hasOpenssl).each([false, true])(
    'is told to openssl by OCSP (delegated: %s)',
    async (delegated) => {
      const folder = temporaryFolder()
      const directory = await createDirectory(join(folder, 'ca'))
      const [good, bad] = [await directory.issue({ names }), await directory.issue({ names })]
      const stranger = await (await createDirectory(join(folder, 'other'))).issue({ names })
      await directory.revoke({ authority: 'root', serialNumber: bad.serialNumber }, 'superseded')
      const responder = await directory.ocspResponder({ delegated })
      const root = directory.certificatePath()
      const ask = async (certificate: string, ...options: string[]) => {
        const [file, request, response] = ['c.pem', 'q.der', 'r.der'].map((n) => join(folder, n))
        writeFileSync(file!, certificate)
        const make = ['ocsp', ...options, '-issuer', root, '-cert', file!, '-reqout', request!]
        expect(openssl(...make).status).toBe(0)
        writeFileSync(response!, await answerOcsp(readFileSync(request!), [responder]))
        // The nonce would be another one; that it is repeated is seen where openssl asks by itself.
        const read = [
          'ocsp',
          '-no_nonce',
          ...options,
          '-issuer',
          root,
          '-cert',
          file!,
          '-respin',
          response!,
        ]
        return { ...openssl(...read, '-CAfile', root), response: readFileSync(response!) }
      }
      const told = await ask(good.certificate)
      expect(told.output).toMatch(/: good\n.*Response verify OK\n/s)
      expect((await ask(good.certificate, '-sha256')).output).toMatch(/: good\n.*OK\n/s)
      expect((await ask(bad.certificate)).output).toMatch(/: revoked\n.*Reason: superseded/s)
      expect((await ask(stranger.certificate)).output).toContain('unauthorized')
      const [request, response] = [join(folder, 'q.der'), join(folder, 'r.der')]
      const about = ['ocsp', '-issuer', root, '-serial', '0x1234', '-no_nonce']
      openssl(...about, '-reqout', request)
      writeFileSync(response, await answerOcsp(readFileSync(request), [responder]))
      const told1234 = openssl(...about, '-respin', response, '-CAfile', root)
      expect(told1234.output).toContain('0x1234: unknown')

      const additionalChecks = [
        checkRevocation({
          policy: 'require',
          ocspResponses: [told.response],
          digests: {
            sha1: async (data) => new Uint8Array(await crypto.subtle.digest('SHA-1', data.slice())),
          },
        }),
      ]
      expect(await judge(directory, good.chainDer, { additionalChecks })).toEqual([])
      expect(await judge(directory, bad.chainDer, { additionalChecks })).toEqual([
        'revocation-unknown',
      ])
    },
  )

  it('is not told where nothing sensible is asked', async () => {
    const directory = await createDirectory(temporaryFolder())
    const responder = await directory.ocspResponder()
    const status = async (bytes: Uint8Array, responders = [responder]) =>
      Buffer.from(await answerOcsp(bytes, responders)).toString('hex')
    expect(await status(new Uint8Array())).toBe('30030a0101')
    expect(await status(Uint8Array.of(0x30, 2, 0x30, 0))).toBe('30030a0101')
  })
})

describe.runIf(hasOpenssl)('a certification request', () => {
  it.each([
    ['EC', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384']],
    ['RSA', ['-newkey', 'rsa:2048']],
    ['Ed25519', ['-newkey', 'ed25519']],
  ])('of openssl with a key of the kind %s becomes a certificate', async (_, key) => {
    const folder = temporaryFolder()
    const [keyFile, file] = [join(folder, 'key.pem'), join(folder, 'request.der')]
    const san = 'subjectAltName=DNS:a.example.test,IP:192.0.2.1,IP:2001:db8::1,email:b@example.test'
    const words = ['req', '-new', ...key, '-nodes', '-keyout', keyFile, '-outform', 'DER']
    const made = openssl(...words, '-out', file, '-subj', '/CN=ignored', '-addext', san)
    expect(made.status, made.output).toBe(0)
    const request = parseCertificationRequest(readFileSync(file))
    expect(request.subject).toBe('CN=ignored')
    expect(request.names).toEqual(['a.example.test', '192.0.2.1', '2001:db8::1', 'b@example.test'])
    expect(await request.isSignedBy(signatureVerifiers)).toBe(true)
    const changed = readFileSync(file)
    changed[changed.indexOf('ignored')]! ^= 1
    expect(await parseCertificationRequest(changed).isSignedBy(signatureVerifiers)).toBe(false)

    const directory = await createDirectory(join(folder, 'ca'))
    const { names } = request
    const certified = await directory.certify(request.subjectPublicKeyInfo.der, { names })
    expect(await judge(directory, certified.chainDer, { name: '2001:db8::1' })).toEqual([])
    const ofCertificate = openssl('x509', '-noout', '-pubkey', '-in', {
      pem: certified.certificate,
    })
    expect(ofCertificate.output).toBe(openssl('pkey', '-pubout', '-in', keyFile).output)
  })
})
