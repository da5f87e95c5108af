/** PKCS #12 files of OpenSSL, new and old ones, and those of this project's own authority. */
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import * as handfast from '../../src/node/index.ts'
import { type IdentityName, identities } from './certificates.ts'
import { once, same, sameCall } from './same.ts'

const folder = mkdtempSync(join(tmpdir(), 'handfast-pfx-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Made by `openssl pkcs12 -export`, with the certificates above the leaf. */
async function openSslFile(name: IdentityName, ...args: readonly string[]): Promise<Buffer> {
  const { chain, key } = await identities[name]()
  const [pem, file] = [join(folder, `${name}.pem`), join(folder, `${name}.p12`)]
  writeFileSync(pem, `${key}${chain}`)
  const options = args.some((arg) => arg.startsWith('pass:')) ? [] : ['-passout', 'pass:sample']
  execFileSync('openssl', ['pkcs12', '-export', '-in', pem, '-out', file, ...options, ...args])
  return readFileSync(file)
}

const derOf = (pem: string) => Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')

describe('what is read', () => {
  const kinds: Readonly<Record<string, readonly string[]>> = {
    'AES and SHA-256': [],
    'RC2 and 3DES, as OpenSSL 1 wrote them': ['-legacy'],
    '3DES throughout': ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'],
    'nothing encrypted but the whole authenticated': ['-keypbe', 'NONE', '-certpbe', 'NONE'],
    'an authentication by SHA-512': ['-macalg', 'sha512'],
  }
  for (const name of ['good', 'rsa', 'ed25519', 'below'] as const)
    for (const [what, args] of Object.entries(kinds))
      it(`${name}: ${what}`, async () => {
        const { certificate, chain } = await identities[name]()
        const pfx = await openSslFile(name, ...args)
        const context = handfast.createSecureContext({ pfx, passphrase: 'sample' })
        const found = context.identities.map(({ certificateChain }) =>
          certificateChain.map((der) => Buffer.from(der).toString('hex')),
        )
        const wanted = chain
          .split(/(?=-----BEGIN)/)
          .filter((pem) => pem !== '')
          .map((pem) => derOf(pem).toString('hex'))
        expect(found).toEqual([wanted])
        expect(wanted[0]).toBe(derOf(certificate).toString('hex'))
      })

  it('a passphrase that is none, or empty', async () => {
    const pfx = await openSslFile('good', '-passout', 'pass:')
    expect(handfast.createSecureContext({ pfx }).identities).toHaveLength(1)
    expect(handfast.createSecureContext({ pfx, passphrase: '' }).identities).toHaveLength(1)
  })

  it("several files, each with a passphrase of its own or the others'", async () => {
    const pfx = [
      { buf: await openSslFile('good', '-passout', 'pass:žluťoučký'), passphrase: 'žluťoučký' },
      { buf: await openSslFile('rsa') },
      await openSslFile('ed25519'),
    ]
    const { identities: found } = handfast.createSecureContext({ pfx, passphrase: 'sample' })
    expect(found).toHaveLength(3)
  })

  it('what the others above the leaf are trusted for, beside the roots', async () => {
    const pfx = await openSslFile('below')
    const own = handfast.createSecureContext({ pfx, passphrase: 'sample' })
    const roots = handfast.createSecureContext({})
    expect(own.trust.anchors.length).toBe(roots.trust.anchors.length)
    expect(own.intermediates).toHaveLength(1)
  })
})

for (const name of ['good', 'rsa'] as const)
  same(`a server and a client with a PKCS #12 file (${name})`, async (run) => {
    const own = { pfx: await openSslFile(name), passphrase: 'sample' }
    const port = await run.listen(
      { ...own, requestCert: true, rejectUnauthorized: false },
      (socket) => {
        run.see('server', socket.getPeerCertificate().subjectaltname)
        socket.end()
      },
    )
    const client = run.connect({ port, ...own, rejectUnauthorized: false })
    await once(client, 'secureConnect')
    run.see('client', client.getPeerCertificate().subjectaltname)
    client.resume()
    await once(client, 'close')
  })

describe('what is refused', async () => {
  const pfx = await openSslFile('good')
  const noKey = await openSslFile('good', '-nokeys')
  const cases: Readonly<Record<string, object>> = {
    'a wrong passphrase': { pfx, passphrase: 'another' },
    'no passphrase': { pfx },
    'a text that is none': { pfx: 'sample' },
    'bytes that are none': { pfx: Buffer.from('sample') },
    'nothing in it': { pfx: '' },
    'half of it': { pfx: pfx.subarray(0, 100), passphrase: 'sample' },
    'a number': { pfx: 5 },
    'an object outside of an array': { pfx: { buf: pfx, passphrase: 'sample' } },
    'no key': { pfx: noKey, passphrase: 'sample' },
  }
  for (const [what, options] of Object.entries(cases))
    sameCall(what, (tls) => {
      tls.createSecureContext(options)
    })
})

/**
 * Written by OpenSSL 3.6: openssl pkcs12 -export -pbmac1_pbkdf2 -inkey k.pem -in c.pem, with -pbmac1_pbkdf2_md and -macalg of
 * sha512; of sha384 and sha1; and with an empty passphrase. Older ones cannot read them.
 */
describe('PBMAC1 (RFC 9579)', () => {
  const file = (name: string) => readFileSync(new URL(`pkcs12/pbmac1-${name}.p12`, import.meta.url))
  const read = (pfx: Uint8Array, passphrase?: string) =>
    handfast.createSecureContext({ pfx, passphrase }).identities[0]!.certificateChain

  it.each([
    ['sha256', 'sample'],
    ['sha384', 'sample'],
    ['sha512', 'žluťoučký'],
    ['none', ''],
    ['none', undefined],
  ])('%s is read', (name, passphrase) => {
    const [leaf] = read(file(name), passphrase)
    expect(new X509Certificate(leaf!).subjectAltName).toBe('DNS:pbmac1.test')
  })

  it('a wrong passphrase, and none, are refused', () => {
    for (const wrong of ['another', undefined])
      expect(() => read(file('sha256'), wrong)).toThrow('mac verify failure')
  })

  it('a changed content is refused, before it is decrypted', () => {
    const changed = file('sha256')
    // Within the encrypted key, which is the larger part.
    changed[400]! ^= 1
    expect(() => read(changed, 'sample')).toThrow('mac verify failure')
  })

  it('another way to a key than PBKDF2 is not supported', () => {
    const bytes = file('sha256')
    const pbkdf2 = Buffer.from('2a864886f70d01050c', 'hex')
    bytes[bytes.lastIndexOf(pbkdf2) + pbkdf2.length - 1]! ^= 1
    expect(() => read(bytes, 'sample')).toThrow(
      expect.objectContaining({ code: 'ERR_CRYPTO_UNSUPPORTED_OPERATION' }),
    )
  })
})
