/** `crl`, with lists that OpenSSL makes, and what only handfast demands of certificates. */

import { execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Authority } from '@handfast/ca'
import { afterAll, describe, expect, it } from 'vitest'
import * as handfast from '../../src/node/index.ts'
import {
  authority,
  files,
  type IdentityName,
  identities,
  intermediate,
  otherAuthority,
} from './certificates.ts'
import { once, type Run, same, sameCall } from './same.ts'

const folder = mkdtempSync(join(tmpdir(), 'handfast-crl-'))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0

/** PEM of a list by `openssl ca -gencrl`. */
async function listOf(
  issuer: Authority,
  revoked: readonly IdentityName[],
  validity: readonly string[] = ['-crldays', '30'],
): Promise<string> {
  const base = join(folder, String(count++))
  const serials = await Promise.all(
    revoked.map(
      async (name) => new X509Certificate((await identities[name]()).certificate).serialNumber,
    ),
  )
  const lines = serials.map(
    (serial) => `R\t491231235959Z\t250101000000Z\t${serial}\tunknown\t/CN=x\n`,
  )
  writeFileSync(`${base}.txt`, lines.join(''))
  writeFileSync(`${base}.number`, '01\n')
  writeFileSync(`${base}.key`, await issuer.exportKey())
  writeFileSync(`${base}.pem`, issuer.certificate)
  writeFileSync(
    `${base}.cnf`,
    `[ca]\ndefault_ca=x\n[x]\ndatabase=${base}.txt\ncrlnumber=${base}.number\ndefault_md=sha256\n`,
  )
  execFileSync(
    'openssl',
    [
      'ca',
      '-gencrl',
      '-config',
      `${base}.cnf`,
      '-keyfile',
      `${base}.key`,
      '-cert',
      `${base}.pem`,
      '-out',
      `${base}.crl`,
      ...validity,
    ],
    { stdio: 'pipe' },
  )
  return readFileSync(`${base}.crl`, 'utf8')
}

async function visit(run: Run, name: IdentityName, crl: unknown): Promise<void> {
  const port = await run.listen(await files(name), (socket) => socket.on('error', () => {}).end())
  for (const rejectUnauthorized of [true, false]) {
    const client = run.connect({
      port,
      ca: (await authority()).root,
      crl: crl as string,
      rejectUnauthorized,
      checkServerIdentity: () => undefined,
    })
    client.on('error', (error) => run.see('client', error))
    client.on('secureConnect', () =>
      run.see('client', client.authorized, client.authorizationError),
    )
    client.resume()
    await new Promise((resolve) => client.once('close', resolve))
  }
}

const past = ['-crl_lastupdate', '20200101000000Z', '-crl_nextupdate', '20200201000000Z']
const future = ['-crl_lastupdate', '20480101000000Z', '-crl_nextupdate', '20480201000000Z']

const lists: Readonly<Record<string, () => Promise<unknown>>> = {
  'a list that lets it live': async () => listOf(await authority(), []),
  'a list that has it': async () => listOf(await authority(), ['good']),
  'a list that has another': async () => listOf(await authority(), ['rsa']),
  'a list of another issuer': async () => listOf(await otherAuthority(), []),
  'a list of another key': async () => {
    const { createAuthority } = await import('@handfast/ca')
    return listOf(await createAuthority({ subject: { commonName: 'Test Root' } }), [])
  },
  'an old list': async () => listOf(await authority(), [], past),
  'a list of tomorrow': async () => listOf(await authority(), [], future),
  'several lists': async () => [
    await listOf(await otherAuthority(), []),
    Buffer.from(await listOf(await authority(), ['good'])),
  ],
}
for (const [what, make] of Object.entries(lists)) {
  let made: Promise<unknown> | undefined
  same(`a server with ${what}`, async (run) => {
    made ??= make()
    await visit(run, 'good', await made)
  })
}

for (const [what, isFull] of [
  ['for every part', true],
  ['for the leaf only', false],
] as const) {
  let made: Promise<readonly string[]> | undefined
  same(`a chain with lists ${what}`, async (run) => {
    made ??= (async () => [
      await listOf(await intermediate(), []),
      ...(isFull ? [await listOf(await authority(), [])] : []),
    ])()
    await visit(run, 'below', await made)
  })
}

same('a client whose certificate is on a list', async (run) => {
  const crl = await listOf(await authority(), ['client'])
  let ended: () => void = () => {}
  const end = new Promise<void>((resolve) => {
    ended = resolve
  })
  const port = await run.listen(
    {
      ...(await files('good')),
      ca: (await authority()).root,
      crl,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (socket) => {
      run.see('server', socket.authorized, socket.authorizationError)
      socket.end()
      ended()
    },
  )
  const client = run.connect({ port, ca: (await authority()).root, ...(await files('client')) })
  client.resume()
  await Promise.all([once(client, 'close'), end])
})

for (const crl of [5, 'x', Buffer.from('x'), ['x'], {}, ''])
  sameCall(`createSecureContext({ crl: ${JSON.stringify(crl)} })`, (tls) => {
    tls.createSecureContext({ crl: crl as never })
  })

describe('of handfast', () => {
  const visitWith = async (demands: object): Promise<unknown> => {
    const server = handfast.createServer(await files('good'), (socket) => socket.end())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as import('node:net').AddressInfo
    const client = handfast.connect({ port, ca: (await authority()).root, ...demands })
    client.resume()
    const outcome = await new Promise((resolve) => {
      client.once('secureConnect', () => resolve('secure'))
      client.once('error', (error: { code?: string }) => resolve(error.code))
    })
    client.destroy()
    server.close()
    return outcome
  }
  const spkiDigest = async () => {
    const { publicKey } = new X509Certificate((await identities.good()).certificate)
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    return Uint8Array.from(createHash('sha256').update(spki).digest())
  }

  it('demands a key that is pinned', async () => {
    expect(await visitWith({ pins: [await spkiDigest()] })).toBe('secure')
    expect(await visitWith({ pins: [new Uint8Array(32)] })).toBe('CERT_REJECTED')
    expect(() => handfast.createSecureContext({ pins: [new Uint8Array(3)] })).toThrow()
  })

  it('asks the TLSA records of the server', async () => {
    const record = { usage: 3, selector: 1, matchingType: 1 }
    expect(await visitWith({ tlsaRecords: [{ ...record, data: await spkiDigest() }] })).toBe(
      'secure',
    )
    const wrong = await visitWith({ tlsaRecords: [{ ...record, data: new Uint8Array(32) }] })
    expect(wrong).not.toBe('secure')
  })

  it('demands to know that it was not revoked, where it is told to', async () => {
    expect(await visitWith({ revocation: { policy: 'prefer' } })).toBe('secure')
    expect(await visitWith({ revocation: { policy: 'require' } })).toBe('UNABLE_TO_GET_CRL')
    const crl = await listOf(await authority(), [])
    expect(await visitWith({ revocation: { policy: 'require' }, crl })).toBe('secure')
  })

  it('says what is wrong with a list in the words of OpenSSL', async () => {
    const { createAuthority } = await import('@handfast/ca')
    const impostor = await createAuthority({ subject: { commonName: 'Test Root' } })
    const codes = {
      CERT_REVOKED: await listOf(await authority(), ['good']),
      UNABLE_TO_GET_CRL: await listOf(await otherAuthority(), []),
      CRL_SIGNATURE_FAILURE: await listOf(impostor, []),
      CRL_HAS_EXPIRED: await listOf(await authority(), [], past),
      CRL_NOT_YET_VALID: await listOf(await authority(), [], future),
    }
    for (const [code, crl] of Object.entries(codes)) expect(await visitWith({ crl })).toBe(code)
  })

  it('demands logs', async () => {
    expect(await visitWith({ transparency: { policy: 'report', logs: [] } })).toBe('secure')
    expect(await visitWith({ transparency: { policy: 'require', logs: [] } })).toBe('CERT_REJECTED')
  })

  it('makes the checks of the program', async () => {
    const seen: number[] = []
    const additionalChecks = [
      (path: { readonly certificates: readonly unknown[] }) => {
        seen.push(path.certificates.length)
      },
    ]
    expect(await visitWith({ additionalChecks })).toBe('secure')
    // The anchor is not in the path that is checked.
    expect(seen).toEqual([1])
  })
})
