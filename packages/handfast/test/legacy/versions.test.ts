/** What the versions behind the legacy door have of their own, and what is known against them. */
import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { encodeMessage, ServerHello } from '../../src/codec/messages.ts'
import { AlertDescription, CipherSuiteId, HandshakeType } from '../../src/codec/registry.ts'
import { decode } from '../../src/codec/wire.ts'
import type { ClientConfig, ServerConfig } from '../../src/config.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import { tripleDesCbc } from '../../src/crypto/node/legacy.ts'
import { serverRandom } from '../../src/handshake/downgrade12.ts'
import {
  type ClientProtocol,
  certificateVerifier,
  ClassicCipherSuiteId as Suite,
  serverConnection,
  statelessTickets,
  tls12Client,
  tls12Server,
  tls13Client,
  tls13Server,
} from '../../src/index.ts'
import { LegacyCipherSuiteId, legacy } from '../../src/legacy/index.ts'
import { annotate } from '../../src/trace/index.ts'
import {
  clientIdentity,
  eventsOf,
  exchange,
  identityFor,
  type Pair,
  serverConfig,
  textOf,
  trust,
} from '../engine/pair.ts'
import { shapeMessages } from '../engine/shape.ts'
import { late12 } from '../tls12/late12.ts'
import { pair12 } from '../tls12/pair12.ts'

const rsa = await identityFor({ names: ['server.test'], keyType: 'rsa-2048' })
const crypto = legacy.crypto(nodeProvider)
const versions = [
  { name: 'TLS 1.1', version: 0x0302, client: legacy.client[0]!, server: legacy.server[0]! },
  { name: 'TLS 1.0', version: 0x0301, client: legacy.client[1]!, server: legacy.server[1]! },
  { name: 'SSL 3.0', version: 0x0300, client: legacy.client[2]!, server: legacy.server[2]! },
] as const
const [, tls10, ssl30] = versions
type Version = (typeof versions)[number]

function pairOf(
  { client, server }: Version,
  clientConfig: Partial<ClientConfig> = {},
  serverConfig: Partial<ServerConfig> = {},
): Pair {
  return pair12(
    { crypto, ...clientConfig },
    { crypto, identity: rsa, ...serverConfig },
    { client: [client], server: [server] },
  )
}

function connected(pair: Pair): Pair {
  exchange(pair)
  expect(pair.client.connection.error).toBeUndefined()
  expect(pair.server.connection.error).toBeUndefined()
  pair.client.connection.write(Buffer.from('ping'))
  pair.server.connection.write(Buffer.from('pong'))
  exchange(pair)
  expect([textOf(pair.server), textOf(pair.client)]).toEqual(['ping', 'pong'])
  return pair
}

/** The records that an end sent, from the first protected one on, by their type and the length of their content. */
const sentRecords = ({ trace }: Pair['client']) =>
  trace.flatMap((event) =>
    event.type === 'record' && event.direction === 'sent' && event.protection !== 'plaintext'
      ? [[event.innerType, event.content.length] as const]
      : [],
  )

describe.each(versions)('$name', (version) => {
  it('is the version of its records, and of the connection', () => {
    const pair = connected(pairOf(version))
    expect(pair.client.connection.info?.version).toBe(version.version)
    const headers = pair.server.trace.flatMap((event) =>
      event.type === 'record' ? [event.bytes[1]! * 256 + event.bytes[2]!] : [],
    )
    // A ClientHello goes out as TLS 1.0 at the most.
    expect(new Set(headers.slice(1))).toEqual(new Set([version.version]))
    expect(headers[0]).toBe(Math.min(version.version, 0x0301))
  })

  it('each message has its place in the bytes', () => {
    const clientAuthentication = {
      mode: 'require',
      verifyCertificate: certificateVerifier({ crypto: nodeProvider, trust }),
    } as const
    const identity = version === ssl30 ? undefined : clientIdentity
    for (const suite of [
      Suite.TLS_DHE_RSA_WITH_AES_128_CBC_SHA,
      Suite.TLS_RSA_WITH_AES_128_CBC_SHA,
    ]) {
      const pair = connected(
        pairOf(
          version,
          { cipherSuites: [suite], ...(identity && { identity }) },
          identity ? { clientAuthentication } : {},
        ),
      )
      const problems = (fields: ReturnType<typeof annotate>): unknown[] =>
        fields.flatMap((field) => [
          ...(field.problem === undefined ? [] : [`${field.name}: ${field.problem}`]),
          ...problems(field.children),
        ])
      for (const event of pair.client.trace)
        if (event.type === 'message' || event.type === 'record')
          expect(problems(annotate(event))).toEqual([])
    }
  })

  it('a record that was changed ends the connection, wherever it was changed', () => {
    for (const at of [5, 20, -1]) {
      // Eleven bytes and a MAC of 20: one byte of padding, which SSL 3.0 checks too.
      const pair = connected(
        pairOf(version, { cipherSuites: [Suite.TLS_RSA_WITH_AES_128_CBC_SHA] }),
      )
      pair.client.connection.write(Buffer.from('x'.repeat(27)))
      const records = pair.client.connection.takeOutput()
      const copy = records.at(-1)!.slice()
      copy[at < 0 ? copy.length + at : at]! ^= 0x80
      for (const record of [...records.slice(0, -1), copy]) pair.server.connection.receive(record)
      exchange(pair)
      expect(pair.server.connection.error?.code).toBe('ERR_BAD_RECORD_MAC')
      expect(pair.client.connection.error?.received).toBe('bad_record_mac')
    }
  })

  it('a Finished that was changed is refused', () => {
    const hostile: ClientProtocol = {
      ...version.client,
      handshake(hs, ...rest) {
        shapeMessages(hs, (bytes) => {
          if (bytes[0] !== HandshakeType.finished) return [bytes]
          const copy = bytes.slice()
          copy[10]! ^= 1
          return [copy]
        })
        return version.client.handshake(hs, ...rest)
      },
    }
    const pair = pair12(
      { crypto },
      { crypto, identity: rsa },
      { client: [hostile], server: [version.server] },
    )
    exchange(pair)
    expect(pair.server.connection.error?.code).toBe('ERR_BAD_FINISHED')
  })

  it('works with a provider that answers later', async () => {
    const world = late12(nodeProvider)
    const late = { crypto: legacy.crypto(world.crypto) }
    const pair = pairOf(version, late, late)
    await world.settle(pair, () => pair.server.connection.info !== undefined)
    const parts = ['one', 'two', 'three']
    for (const part of parts) pair.client.connection.write(Buffer.from(part))
    await world.settle(pair, () => textOf(pair.server) === 'onetwothree')
    expect(textOf(pair.server)).toBe('onetwothree')
  })

  it('without extended_master_secret no session is kept, and nothing is bound to the connection', () => {
    const tickets = statelessTickets({
      crypto: nodeProvider,
      aead: nodeProvider.cipherSuites[0]!.aead,
      clock: Date.now,
    })
    const { client } = connected(pairOf(version, {}, { tickets }))
    const extended = version !== ssl30
    expect(eventsOf(client, 'session')).toHaveLength(extended ? 1 : 0)
    expect(client.connection.info?.extendedMasterSecret).toBe(extended)
    if (extended) {
      expect(client.connection.channelBinding('tls-unique')).toHaveLength(12)
      expect(client.connection.exportKeyingMaterial('label', undefined, 40)).toHaveLength(40)
    } else {
      expect(() => client.connection.channelBinding('tls-unique')).toThrow('extended_master_secret')
      expect(() => client.connection.exportKeyingMaterial('label', undefined, 40)).toThrow(
        'SSL 3.0 has no keying material',
      )
    }
  })
})

describe('RC4, export, NULL and anonymous suites', () => {
  it('are not there, whoever asks', () => {
    const names = (crypto.classicCipherSuites ?? []).map(({ name }) => name)
    expect(names.filter((name) => /RC4|EXPORT|NULL|anon|_DES_|MD5/.test(name))).toEqual([])
    expect(names).toContain('TLS_RSA_WITH_3DES_EDE_CBC_SHA')
  })
})

describe('BEAST (CVE-2011-3389)', () => {
  it.each([tls10, ssl30])('$name sends one byte of data ahead, in both roles', (version) => {
    const pair = connected(pairOf(version))
    for (const end of [pair.client, pair.server])
      expect(sentRecords(end).slice(1)).toEqual([
        ['application_data', 1],
        ['application_data', 3],
      ])
  })

  it('TLS 1.1 needs not: each record has an IV of its own', () => {
    const pair = connected(pairOf(versions[0]))
    expect(sentRecords(pair.client).slice(1)).toEqual([['application_data', 4]])
  })

  it('each of many records is split, and arrives whole', () => {
    const pair = connected(pairOf(tls10))
    const data = Buffer.alloc(40_000, 'abc')
    pair.client.connection.write(data)
    exchange(pair)
    expect(textOf(pair.server)).toBe(`ping${data}`)
    expect(sentRecords(pair.client).slice(3)).toEqual(
      [1, 16_383, 1, 16_383, 1, 7231].map((length) => ['application_data', length]),
    )
  })
})

describe('POODLE (CVE-2014-3566)', () => {
  const changePadding = (version: Version) => {
    const cipherSuites = [Suite.TLS_RSA_WITH_AES_128_CBC_SHA]
    // Without encrypt_then_mac, with which nothing is decrypted that was changed.
    const shapeClientHello: ClientConfig['shapeClientHello'] = (hello) => ({
      ...hello,
      extensions: hello.extensions.filter(({ type }) => type !== 22),
    })
    const pair = connected(pairOf(version, { cipherSuites, shapeClientHello }))
    // 12 bytes and a MAC of 20 fill two blocks: the third is padding alone. The block before it changes it, and itself.
    pair.client.connection.write(Buffer.from('x'.repeat(13)))
    const records = pair.client.connection.takeOutput()
    const last = records.at(-1)!
    expect(last).toHaveLength(5 + 48)
    return { pair, records, last }
  }

  it('the padding of SSL 3.0 cannot be checked: another block whose last byte fits goes through', () => {
    let accepted = 0
    for (let i = 0; i < 1500 && accepted === 0; i++) {
      const { pair, records, last } = changePadding(ssl30)
      const forged = last.slice()
      // What the attacker does: the secret block in the place of the padding. One time in 256 its last byte comes out as 15.
      forged.set(last.subarray(5, 21), 37)
      for (const record of [...records.slice(0, -1), forged]) pair.server.connection.receive(record)
      exchange(pair)
      if (pair.server.connection.error === undefined) accepted++
    }
    expect(accepted).toBe(1)
  }, 60_000)

  it.each([tls10])('$name checks every byte of it', (version) => {
    const { pair, records, last } = changePadding(version)
    const forged = last.slice()
    forged.set(last.subarray(5, 21), 37)
    for (const record of [...records.slice(0, -1), forged]) pair.server.connection.receive(record)
    exchange(pair)
    expect(pair.server.connection.error?.code).toBe('ERR_BAD_RECORD_MAC')
  })

  it('SSL 3.0 is not spoken where nobody brought it', () => {
    const connection = serverConnection(serverConfig())
    const body = [3, 0, ...new Uint8Array(32), 0, 0, 2, 0, 0x35, 1, 0]
    connection.receive(Uint8Array.of(22, 3, 0, 0, body.length + 4, 1, 0, 0, body.length, ...body))
    connection.nextEvent()
    expect(connection.error).toMatchObject({ code: 'ERR_NO_COMMON_VERSION' })
  })
})

describe('Sweet32 (CVE-2016-2183)', () => {
  it('3DES is only for those who come through the door', () => {
    const named = { cipherSuites: [LegacyCipherSuiteId.TLS_RSA_WITH_3DES_EDE_CBC_SHA] }
    expect(tripleDesCbc.blockLength).toBe(8)
    const make = (provider: typeof crypto) =>
      pair12({ ...named, crypto: provider }, { ...named, crypto: provider, identity: rsa })
    connected(make(crypto))
    expect(() => make(nodeProvider)).toThrow('No protocol version is enabled')
  })
})

describe('downgrades', () => {
  const all = {
    client: [tls13Client, tls12Client, ...legacy.client],
    server: [tls13Server, tls12Server, ...legacy.server],
  }

  it('two that have every version speak the newest', () => {
    const pair = connected(pair12({ crypto }, { crypto, identity: rsa }, all))
    expect(pair.client.connection.info?.version).toBe(0x0304)
  })

  it.each(versions)('the sentinel shows that $name was forced on them', ({ version }) => {
    // Somebody on the path writes the old version into the hello, and leaves supported_versions out.
    const pair = pair12({ crypto }, { crypto, identity: rsa }, all)
    let first = true
    exchange(pair, (from, record) => {
      if (from !== 'client' || !first) return [record]
      first = false
      const copy = Buffer.from(record)
      copy.writeUInt16BE(version, 9)
      const at = copy.indexOf(Buffer.from([0x00, 0x2b, 0x00]))
      copy[at] = 0x7f
      return [copy]
    })
    expect(pair.client.connection.error?.code).toBe('ERR_DOWNGRADE')
  })

  it('the sentinel is that of RFC 8446 §4.1.3, by the versions that the server has', () => {
    const random = (highestVersion: number, version: number) =>
      Buffer.from(
        serverRandom({ crypto: nodeProvider, highestVersion } as never, version).subarray(24),
      ).toString('latin1')
    for (const highest of [0x0304, 0x0303])
      for (const { version } of versions) expect(random(highest, version)).toBe('DOWNGRD\0')
    expect(random(0x0304, 0x0303)).toBe('DOWNGRD\x01')
    expect(random(0x0302, 0x0301)).not.toContain('DOWNGRD')
  })

  it('a client that falls back says so, and is refused where there was no reason (RFC 7507)', () => {
    const fallback = { crypto, versions: [0x0301], fallback: true }
    const pair = pair12(fallback, { crypto, identity: rsa }, all)
    exchange(pair)
    expect(pair.server.connection.error?.code).toBe('ERR_INAPPROPRIATE_FALLBACK')
    expect(pair.client.connection.error?.received).toBe('inappropriate_fallback')
    connected(pair12(fallback, { crypto, identity: rsa, versions: [0x0301] }, all))
    const hello = pair.client.trace.find(
      (event) => event.type === 'message' && event.name === 'ClientHello',
    )
    expect(hello).toBeDefined()
    expect(CipherSuiteId.TLS_FALLBACK_SCSV).toBe(0x5600)
  })
})

describe('SSL 2.0', () => {
  it('its ClientHello is refused with a sentence that says so', () => {
    const connection = serverConnection(serverConfig())
    connection.receive(Uint8Array.of(0x80, 0x2e, 1, 3, 1, 0, 3, 0, 0, 0, 32, 0, 0, 0x35))
    connection.nextEvent()
    expect(connection.error).toMatchObject({ code: 'ERR_NOT_TLS', blame: 'peer' })
    expect(connection.error?.message).toContain('SSL 2.0')
  })
})

describe('SSL 3.0', () => {
  it('offers no extensions, and says by a suite that it knows RFC 5746', () => {
    const { client, server } = connected(pairOf(ssl30))
    const sent = client.trace.find((event) => event.type === 'message')
    expect(sent?.type === 'message' && Buffer.from(sent.bytes.subarray(-4)).toString('hex')).toBe(
      '00ff0100',
    )
    expect(client.connection.info?.secureRenegotiation).toBe(true)
    expect(server.connection.info?.secureRenegotiation).toBe(true)
  })

  it('its ServerHello may carry no other extension', () => {
    const hostile = {
      ...ssl30.server,
      handshake: ((hs, ...rest) => {
        shapeMessages(hs, (bytes) => {
          if (bytes[0] !== HandshakeType.server_hello) return [bytes]
          const hello = decode(ServerHello, bytes.subarray(4))
          const extensions = [...hello.extensions, { type: 23, data: new Uint8Array(0) }]
          return [encodeMessage(bytes[0], ServerHello, { ...hello, extensions }).bytes]
        })
        return ssl30.server.handshake(hs, ...rest)
      }) as typeof ssl30.server.handshake,
    }
    const pair = pair12(
      { crypto },
      { crypto, identity: rsa },
      { client: [tls12Client, ssl30.client], server: [hostile] },
    )
    exchange(pair)
    expect(pair.client.connection.error?.code).toBe('ERR_UNSOLICITED_EXTENSION')
    // It has no alert for that.
    expect(pair.server.connection.error?.received).toBe('handshake_failure')
  })

  it('a client without a certificate says so by an alert, and is let in or not', () => {
    const verifyCertificate = certificateVerifier({ crypto: nodeProvider, trust })
    const asked = (mode: 'request' | 'require') =>
      pairOf(ssl30, {}, { clientAuthentication: { mode, verifyCertificate } })
    const { client } = connected(asked('request'))
    expect(client.trace).toContainEqual(
      expect.objectContaining({
        type: 'alert',
        level: 'warning',
        description: 'no_certificate_RESERVED',
      }),
    )
    const refused = asked('require')
    exchange(refused)
    expect(refused.server.connection.error?.code).toBe('ERR_CERTIFICATE_REQUIRED')
    expect(refused.client.connection.error?.received).toBe('handshake_failure')
    expect(AlertDescription.no_certificate_RESERVED).toBe(41)
  })
})

it('the secrets of TLS 1.0 are those of the PRF that RFC 2246 §5 writes down', () => {
  const p = (hash: string, secret: Buffer, seed: Buffer, length: number) => {
    let [a, output] = [seed, Buffer.alloc(0)]
    while (output.length < length) {
      a = createHmac(hash, secret).update(a).digest()
      output = Buffer.concat([output, createHmac(hash, secret).update(a).update(seed).digest()])
    }
    return output.subarray(0, length)
  }
  const pair = connected(pairOf(tls10, { traceSecrets: true }))
  const steps = pair.client.trace.filter((event) => event.type === 'keySchedule')
  const master = steps.find(({ name }) => name === 'master_secret')?.value
  const verify = steps.find(({ name }) => name === 'verify_data')
  expect(verify).toMatchObject({ operation: 'PRF', hash: 'md5-sha1', label: 'client finished' })
  const messages = pair.client.trace.flatMap((event) =>
    event.type === 'message' ? [event.bytes] : [],
  )
  const upTo = messages.findIndex((bytes) => bytes[0] === HandshakeType.finished)
  const transcript = Buffer.concat(messages.slice(0, upTo))
  const seed = Buffer.concat([
    Buffer.from('client finished'),
    createHash('md5').update(transcript).digest(),
    createHash('sha1').update(transcript).digest(),
  ])
  const secret = Buffer.from(master!)
  const first = p('md5', secret.subarray(0, 24), seed, 12)
  const second = p('sha1', secret.subarray(24), seed, 12)
  expect(Buffer.from(verify!.value!)).toEqual(
    Buffer.from(first.map((byte, i) => byte ^ second[i]!)),
  )
})
