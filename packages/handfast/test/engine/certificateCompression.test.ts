/** Certificates that are compressed on their way (RFC 8879), between our ends; what liars do is in hostile/compression.ts. */
import { describe, expect, it } from 'vitest'
import { CertificateCompressionAlgorithm } from '../../src/codec/registry.ts'
import type { ClientConfig, Identity, ServerConfig } from '../../src/config.ts'
import { nobleProvider } from '../../src/crypto/noble/index.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import type { CertificateCompression } from '../../src/crypto/provider.ts'
import {
  clientConfig,
  clientIdentity,
  type End,
  eventsOf,
  exchange,
  identityFor,
  pairOf,
  serverIdentity,
} from './pair.ts'

const algorithms = nodeProvider.certificateCompressions ?? []
const { verifyCertificate } = clientConfig({})
const longIdentity = await identityFor({
  names: Array.from({ length: 50 }, (_, i) => `server${i || ''}.test`),
})

const sizes = ({ trace }: End) =>
  trace.flatMap((event) =>
    event.type === 'message' && /Certificate$/.test(event.name)
      ? [[event.name, event.bytes.length] as const]
      : [],
  )

function connected(client: Partial<ClientConfig>, server: Partial<ServerConfig> = {}) {
  const pair = pairOf(client, server)
  exchange(pair)
  expect(pair.client.connection.error).toBeUndefined()
  expect(pair.server.connection.error).toBeUndefined()
  const { certificateChain } = (server.identity ?? serverIdentity) as Identity
  expect(pair.client.connection.info?.peerCertificates).toEqual(certificateChain)
  return pair
}

describe.each(algorithms.map(({ name, id }) => [name, id] as const))('%s', (name, id) => {
  it('unpacks no more than was announced', async () => {
    const { compress, decompress } = algorithms.find((one) => one.id === id)!
    const bomb = await compress(new Uint8Array(10_000_000))
    expect(bomb.length).toBeLessThan(20_000)
    expect(await decompress(bomb, 1000)).toBeUndefined()
    expect(await decompress(bomb, 10_000_000)).toHaveLength(10_000_000)
  })

  it("brings the server's certificate", () => {
    const server = { identity: longIdentity }
    const [[plainName, plain]] = sizes(connected({}, server).client) as [[string, number]]
    const pair = connected({ certificateCompression: [id] }, server)
    const [[packedName, packed]] = sizes(pair.client) as [[string, number]]
    expect([plainName, packedName]).toEqual(['Certificate', 'CompressedCertificate'])
    expect(packed).toBeLessThan(plain)
    for (const { trace } of [pair.client, pair.server])
      expect(trace).toContainEqual(
        expect.objectContaining({ what: 'certificate compression', chosen: name }),
      )
  })

  it("brings the client's, in the handshake", () => {
    const pair = connected(
      { identity: clientIdentity },
      {
        certificateCompression: [id],
        clientAuthentication: { mode: 'require', verifyCertificate },
      },
    )
    expect(sizes(pair.server).map(([what]) => what)).toEqual([
      'Certificate',
      'CompressedCertificate',
    ])
    const { peerCertificates } = pair.server.connection.info!
    expect(peerCertificates).toEqual(clientIdentity.certificateChain)
  })

  it("brings the client's, after it", () => {
    const pair = connected(
      { identity: clientIdentity, postHandshakeAuth: true },
      {
        certificateCompression: [id],
        clientAuthentication: { mode: 'afterHandshake', verifyCertificate },
      },
    )
    pair.server.connection.requestClientCertificate()
    exchange(pair)
    expect(eventsOf(pair.server, 'clientCertificate')[0]?.chain).toEqual(
      clientIdentity.certificateChain,
    )
    expect(sizes(pair.server).at(-1)?.[0]).toBe('CompressedCertificate')
  })
})

describe('a server', () => {
  const { brotli, zlib } = CertificateCompressionAlgorithm

  it('takes the algorithm that it prefers', () => {
    const pair = connected(
      { certificateCompression: [brotli, zlib] },
      { certificateCompression: [zlib, brotli] },
    )
    expect(pair.server.trace).toContainEqual(expect.objectContaining({ chosen: 'zlib' }))
  })

  it('that has nothing to compress with sends its certificate as it is', async () => {
    const identity = await identityFor({ names: ['server.test'] }, nobleProvider)
    const pair = pairOf({ certificateCompression: [brotli] }, { crypto: nobleProvider, identity })
    exchange(pair)
    expect(sizes(pair.client).map(([what]) => what)).toEqual(['Certificate'])
  })

  it('compresses a certificate once', () => {
    let count = 0
    const counting: CertificateCompression = {
      ...algorithms[0]!,
      compress: (data) => {
        count++
        return algorithms[0]!.compress(data)
      },
    }
    const identity = { ...serverIdentity }
    const crypto = { ...nodeProvider, certificateCompressions: [counting] }
    for (let i = 0; i < 3; i++)
      connected({ certificateCompression: [brotli] }, { crypto, identity })
    expect(count).toBe(1)
  })
})

it('refuses to its owner what the provider does not have', () => {
  const pair = pairOf({ crypto: nobleProvider, certificateCompression: [2] })
  exchange(pair)
  expect(pair.client.connection.error).toMatchObject({ code: 'ERR_CONFIGURATION', blame: 'caller' })
})
