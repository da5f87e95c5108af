/** Cipher strings: what a client offers for one is what OpenSSL, by node:tls, offers for it. */
import { type AddressInfo, createServer } from 'node:net'
import * as nodeTls from 'node:tls'
import { describe, expect, it } from 'vitest'
import { ClassicCipherSuiteId } from '../../src/codec/classicCipherSuites.ts'
import { ClientHello } from '../../src/codec/messages.ts'
import { opensslName } from '../../src/codec/opensslName.ts'
import { CipherSuiteId } from '../../src/codec/registry.ts'
import { decode } from '../../src/codec/wire.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import { readCipherList } from '../../src/node/cipherList.ts'
import * as handfast from '../../src/node/index.ts'
import { once, sameCall, type Tls } from './same.ts'

const tls13: ReadonlySet<number> = new Set(
  Object.values(CipherSuiteId).filter((id) => id >> 8 === 0x13),
)
/** Suites of RFC 8442 that OpenSSL has not, and CCM_8, whose strength OpenSSL has changed its mind about. */
const ours = Object.entries(ClassicCipherSuiteId).filter(
  ([name]) =>
    !/^TLS_ECDHE_PSK_WITH_(AES_\d+_(GCM|CCM)|CHACHA)/.test(name) && !name.endsWith('CCM_8'),
)
const comparable: ReadonlySet<number> = new Set(ours.map(([, id]) => id))

/** The suites in the first ClientHello of a client with these options. */
async function offered(tls: Tls, options: object): Promise<readonly number[]> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = tls.connect({
    port,
    host: '127.0.0.1',
    ...options,
  } as never)
  client.on('error', () => {})
  const [socket] = await once(server, 'connection')
  let bytes = Buffer.alloc(0)
  while (bytes.length < 5 || bytes.length < 5 + bytes.readUInt16BE(3))
    bytes = Buffer.concat([bytes, ...(await once(socket, 'data'))])
  socket.destroy()
  client.destroy()
  server.close()
  return decode(ClientHello, bytes.subarray(9)).cipherSuites
}

const texts = [
  'DEFAULT',
  'ALL',
  'ALL:@STRENGTH',
  'HIGH',
  'HIGH:!aNULL:!MD5',
  'HIGH:!aNULL:!kRSA:!PSK:!SRP:!MD5:!RC4',
  'ECDHE',
  'EECDH+AESGCM:EDH+AESGCM',
  'ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:!aNULL',
  'kRSA',
  'aRSA:-kRSA',
  'AESGCM:+AES256',
  'AES128:!SHA1:!SHA256',
  'AES256+SHA:AES128+SHA',
  'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:AES128-SHA',
  'AES128-SHA ECDHE-RSA-AES256-SHA;AES256-SHA,DHE-RSA-AES128-SHA',
  'CHACHA20:AESCCM:!PSK',
  'DHE:ECDHE:+kDHE',
  'TLSv1.2:!PSK',
  'TLSv1:SSLv3:!PSK',
  'SSLv3:+AES128',
  'SHA256:SHA384:!PSK',
  'PSK',
  'kECDHEPSK',
  'kPSK+AESGCM',
  'ECDSA:RSA:!CBC',
  'DEFAULT:!AES',
  'DEFAULT:@SECLEVEL=3',
  'ALL:COMPLEMENTOFDEFAULT',
  'COMPLEMENTOFDEFAULT:!PSK:!aDSS',
  'ALL:-AES:AES128-GCM-SHA256',
  'FIPS:!PSK',
  'nonsense:AES128-SHA:more+ECDHE:-nothing',
  'ECDHE+AES:-SHA:AES128-SHA:@STRENGTH',
]

describe('the suites of TLS 1.2 that are offered for', () => {
  for (const ciphers of texts)
    it(ciphers, async () => {
      // Without a key in common OpenSSL offers no suite of PSK.
      const options = { ciphers, maxVersion: 'TLSv1.2', pskCallback: () => null }
      const right = (await offered(nodeTls, options)).filter((id) => comparable.has(id))
      const name = (id: number) =>
        ours.find(([, known]) => known === id)?.[0] ?? `0x${id.toString(16)}`
      const ids = readCipherList(ciphers, nodeProvider.classicCipherSuites!)
      expect(right.length).toBeGreaterThan(0)
      expect(ids.filter((id) => comparable.has(id)).map(name)).toEqual(right.map(name))
    })
})

describe('versions follow the suites', () => {
  for (const [what, options] of Object.entries({
    'suites of TLS 1.3 alone': { ciphers: 'TLS_AES_128_GCM_SHA256' },
    'suites of TLS 1.2 alone': { ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' },
    both: { ciphers: 'TLS_AES_256_GCM_SHA384:AES128-SHA' },
    'TLS 1.2 alone, where only TLS 1.3 is allowed': {
      ciphers: 'AES128-SHA',
      minVersion: 'TLSv1.3',
    },
    'an unknown one among them': { ciphers: 'TLS_FOO:TLS_AES_128_GCM_SHA256:AES128-SHA' },
  }))
    it(what, async () => {
      const kinds = async (tls: Tls) => {
        const ids = await offered(tls, options)
        return [ids.some((id) => tls13.has(id)), ids.filter((id) => comparable.has(id))]
      }
      expect(await kinds(handfast as unknown as Tls)).toEqual(await kinds(nodeTls))
    })
})

for (const ciphers of ['foo', 'TLS_FOO', 'ALL:@FOO', 'ALL:@SECLEVEL=9', ':', 5, '', 'eNULL:!eNULL'])
  sameCall(`createSecureContext({ ciphers: ${JSON.stringify(ciphers)} })`, (tls) => {
    tls.createSecureContext({ ciphers: ciphers as never })
  })

it('takes IANA names for suites of TLS 1.2, and arrays', () => {
  const { cipherSuites } = handfast.createSecureContext({
    ciphers: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:TLS_AES_128_GCM_SHA256',
  })
  expect(cipherSuites).toEqual([0x1301, 0xc02f])
  const array = ['TLS_RSA_WITH_AES_128_CBC_SHA', 'AES256-SHA', 0x1303]
  expect(handfast.createSecureContext({ ciphers: array }).cipherSuites).toEqual([
    0x2f, 0x35, 0x1303,
  ])
})

it('names every suite as OpenSSL does, in getCiphers() of node:tls', () => {
  const known = new Set(nodeTls.getCiphers())
  // Which lists what DEFAULT has: no CCM.
  const listed = ours.filter(([name]) => !name.includes('_CCM'))
  for (const [name] of listed) expect(known).toContain(opensslName(name).toLowerCase())
  for (const name of handfast.getCiphers()) expect(name).toBe(name.toLowerCase())
})
