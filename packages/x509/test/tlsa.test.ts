import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { afterAll, describe, expect, test } from 'vitest'
import { verifyWithTlsa } from '../src/dane.ts'
import { parseCertificate, type TlsaRecord, type Verdict, type VerifyInput } from '../src/index.ts'
import * as maker from './support/certificate-maker.ts'
import { nodeVerifiers } from './support/verifiers.ts'

const [rootKey, authorityKey, leafKey, otherKey] = [0, 1, 2, 3].map(maker.poolKey) as [
  maker.Key,
  maker.Key,
  maker.Key,
  maker.Key,
]
const day = 86_400_000
const around = { notBefore: Date.now() - 10 * day, notAfter: Date.now() + 10 * day }
const root = maker.makeRoot('Root', rootKey, around)
const authority = maker.makeAuthority('Authority', authorityKey, 'Root', rootKey, around)
const leaf = maker.makeLeaf(leafKey, 'Authority', authorityKey, around)

const digest = (name: string) => (data: Uint8Array) =>
  new Uint8Array(createHash(name).update(data).digest())
const digests = { sha256: digest('sha256'), sha512: digest('sha512') }

function record(
  usage: number,
  selector: number,
  matchingType: number,
  certificate: Uint8Array,
): TlsaRecord {
  const selected =
    selector === 0 ? certificate : parseCertificate(certificate).subjectPublicKeyInfo.der
  const data =
    matchingType === 0
      ? selected
      : matchingType === 1
        ? digests.sha256(selected)
        : digests.sha512(selected)
  return { usage, selector, matchingType, data }
}

function judge(records: readonly TlsaRecord[], input: Partial<VerifyInput> = {}): Verdict {
  return verifyWithTlsa(
    {
      certificate: leaf,
      intermediates: [authority, root],
      trust: [],
      time: Date.now(),
      name: 'example.com',
      usage: 'serverAuth',
      verifiers: nodeVerifiers,
      ...input,
    },
    { records, digests },
  ) as Verdict
}

const result = (verdict: Verdict): string => verdict.failures[0]?.code ?? 'valid'

describe('records', () => {
  test.each([0, 1].flatMap((selector) => [0, 1, 2].map((type) => [selector, type] as const)))(
    'with selector %i and matching type %i match what they name, and nothing else',
    (selector, type) => {
      expect(result(judge([record(3, selector, type, leaf)]))).toBe('valid')
      expect(result(judge([record(3, selector, type, authority)]))).toBe('pin-mismatch')
      expect(result(judge([record(2, selector, type, root)]))).toBe('valid')
      expect(result(judge([record(2, selector, type, leaf)]))).toBe('pin-mismatch')
      expect(result(judge([record(1, selector, type, leaf)], { trust: [root] }))).toBe('valid')
      expect(result(judge([record(1, selector, type, authority)], { trust: [root] }))).toBe(
        'pin-mismatch',
      )
      expect(result(judge([record(0, selector, type, authority)], { trust: [root] }))).toBe('valid')
      expect(result(judge([record(0, selector, type, root)], { trust: [root] }))).toBe('valid')
      expect(result(judge([record(0, selector, type, leaf)], { trust: [root] }))).toBe(
        'pin-mismatch',
      )
    },
  )

  test('one that matches is enough', () => {
    const stray = [record(3, 1, 1, root), record(2, 0, 1, leaf), record(1, 0, 1, root)]
    expect(result(judge([...stray, record(3, 1, 1, leaf)]))).toBe('valid')
    expect(result(judge(stray))).not.toBe('valid')
  })

  test('that cannot be used do not count', () => {
    const good = record(3, 1, 1, leaf)
    const bad: readonly TlsaRecord[] = [
      { ...good, usage: 4 },
      { ...good, selector: 2 },
      { ...good, matchingType: 3 },
      { ...good, data: good.data.subarray(1) },
      { ...good, matchingType: 0, data: new Uint8Array() },
    ]
    const verdict = judge(bad)
    expect(result(verdict)).toBe('pin-mismatch')
    expect(verdict.failures[0]?.message).toBe('none of the 5 TLSA records can be used')
    expect(result(judge([...bad, good]))).toBe('valid')
  })
})

describe('usages', () => {
  test('DANE-EE asks for the match and the name, if there is one; DANE-TA for a path and dates too', () => {
    const expired = maker.makeLeaf(leafKey, 'Authority', authorityKey, {
      ...around,
      notAfter: Date.now() - day,
    })
    expect(
      result(
        judge([record(3, 1, 1, expired)], {
          certificate: expired,
          intermediates: [],
        }),
      ),
    ).toBe('valid')
    expect(result(judge([record(3, 1, 1, leaf)], { name: 'other.example' }))).toBe('name-mismatch')
    expect(result(judge([record(2, 1, 1, authority)], { certificate: expired }))).toBe('expired')
    expect(result(judge([record(2, 1, 1, authority)], { name: 'other.example' }))).toBe(
      'name-mismatch',
    )
    expect(judge([record(2, 1, 1, authority)]).path).toHaveLength(2)
  })

  test('an anchor of the same name that did not issue the certificate does not help', () => {
    const impostor = maker.makeAuthority('Authority', otherKey, 'Root', rootKey, around)
    expect(
      result(judge([record(2, 0, 1, impostor)], { intermediates: [authority, impostor] })),
    ).not.toBe('valid')
  })

  test('PKIX-TA and PKIX-EE need the trust of the caller as well', () => {
    expect(result(judge([record(1, 1, 1, leaf)]))).toBe('self-signed-in-chain')
    expect(result(judge([record(0, 1, 1, authority)]))).toBe('self-signed-in-chain')
  })

  test('a certificate that cannot be read is no match', () => {
    expect(result(judge([record(3, 1, 1, leaf)], { certificate: Uint8Array.of(1, 2) }))).toBe(
      'pin-mismatch',
    )
  })
})

test('digests may come later', async () => {
  const verdict = await verifyWithTlsa(
    {
      certificate: leaf,
      intermediates: [],
      trust: [],
      time: Date.now(),
      usage: 'serverAuth',
      verifiers: nodeVerifiers,
    },
    { records: [record(3, 1, 1, leaf)], digests: { sha256: async (data) => digests.sha256(data) } },
  )
  expect(verdict.valid).toBe(true)
})

describe('openssl s_client judges alike', () => {
  const directory = mkdtempSync(join(tmpdir(), 'x509-tlsa-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(join(directory, 'root.pem'), maker.toPem(root))
  writeFileSync(
    join(directory, 'empty.pem'),
    maker.toPem(maker.makeRoot('Nobody', otherKey, around)),
  )

  /** Connects with -dane_tlsa_rrdata; openssl's exit code says whether it believed the server. */
  async function byOpenssl(
    records: readonly TlsaRecord[],
    trusted: boolean,
    name: string,
  ): Promise<boolean> {
    const server = createServer({
      key: leafKey.privateKey.export({ format: 'pem', type: 'pkcs8' }),
      cert: [leaf, authority, root].map((der) => maker.toPem(der)).join(''),
    })
    server
      .on('tlsClientError', () => {})
      .on('secureConnection', (socket) => socket.on('error', () => {}).end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const data = records.flatMap(({ usage, selector, matchingType, data }) => [
      '-dane_tlsa_rrdata',
      `${usage} ${selector} ${matchingType} ${Buffer.from(data).toString('hex')}`,
    ])
    const child = spawn(
      'openssl',
      [
        's_client',
        '-connect',
        `127.0.0.1:${port}`,
        '-brief',
        '-verify_return_error',
        '-dane_tlsa_domain',
        name,
        ...data,
        '-CAfile',
        join(directory, trusted ? 'root.pem' : 'empty.pem'),
        '-no-CApath',
        '-no-CAstore',
      ],
      { stdio: ['pipe', 'ignore', 'ignore'] },
    )
    child.stdin.end()
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
    server.close()
    return code === 0
  }

  test.each<[string, readonly TlsaRecord[], boolean, string]>([
    ['DANE-EE', [record(3, 1, 1, leaf)], false, 'example.com'],
    ['DANE-EE of another key', [record(3, 1, 1, authority)], false, 'example.com'],
    ['DANE-EE with another name', [record(3, 0, 2, leaf)], false, 'other.example'],
    ['DANE-TA of an intermediate', [record(2, 0, 1, authority)], false, 'example.com'],
    ['DANE-TA of a key', [record(2, 1, 1, root)], false, 'example.com'],
    ['DANE-TA with another name', [record(2, 0, 1, authority)], false, 'other.example'],
    ['DANE-TA of the leaf', [record(2, 0, 1, leaf)], false, 'example.com'],
    ['PKIX-EE', [record(1, 1, 1, leaf)], true, 'example.com'],
    ['PKIX-EE without trust', [record(1, 1, 1, leaf)], false, 'example.com'],
    ['PKIX-TA', [record(0, 0, 1, authority)], true, 'example.com'],
    ['PKIX-TA of the leaf', [record(0, 0, 1, leaf)], true, 'example.com'],
    ['one of several', [record(3, 1, 1, root), record(2, 0, 1, authority)], false, 'example.com'],
  ])('%s', async (_, records, trusted, name) => {
    const mine = judge(records, { trust: trusted ? [root] : [], name }).valid
    expect(await byOpenssl(records, trusted, name)).toBe(mine)
  })
})
