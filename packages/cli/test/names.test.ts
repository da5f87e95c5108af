import { CipherSuiteId, ClassicCipherSuiteId, NamedGroup } from 'handfast'
import { nodeProvider } from 'handfast/crypto/node'
import { describe, expect, it } from 'vitest'
import {
  parseCipherSuites,
  parseGroups,
  parseSignatureSchemes,
  parseVersion,
  versionsOf,
} from '../src/options/names.ts'

describe('cipher suites', () => {
  it('are named in any case, separated by colons or commas, and keep their order', () => {
    expect(parseCipherSuites('tls_aes_256_gcm_sha384:TLS_AES_128_GCM_SHA256')).toEqual([
      0x1302, 0x1301,
    ])
    expect(parseCipherSuites('TLS_AES_128_CCM_8_SHA256, TLS_AES_128_GCM_SHA256')).toEqual([
      0x1305, 0x1301,
    ])
  })

  it('counts a suite that is named twice once', () => {
    expect(parseCipherSuites('TLS_AES_128_GCM_SHA256:TLS_AES_128_GCM_SHA256')).toEqual([
      CipherSuiteId.TLS_AES_128_GCM_SHA256,
    ])
  })

  it('of TLS 1.2 have two names', () => {
    const { TLS_RSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 } =
      ClassicCipherSuiteId
    for (const text of [
      'AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256',
      'TLS_RSA_WITH_AES_128_CBC_SHA:TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    ])
      expect(parseCipherSuites(text)).toEqual([
        TLS_RSA_WITH_AES_128_CBC_SHA,
        TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
      ])
  })

  it('lists what is known where a name is not', () => {
    for (const text of ['AES128-MD5', 'TLS_AES_128_GCM_SHA256:nonsense', '', ':'])
      expect(() => parseCipherSuites(text)).toThrow(
        expect.objectContaining({
          exitCode: 2,
          help: expect.stringContaining(
            nodeProvider.cipherSuites.map(({ name }) => name).join(', '),
          ),
        }),
      )
  })
})

describe('groups', () => {
  it.each([
    ['P-256', NamedGroup.secp256r1],
    ['prime256v1', NamedGroup.secp256r1],
    ['secp256r1', NamedGroup.secp256r1],
    ['P-384', NamedGroup.secp384r1],
    ['p-521', NamedGroup.secp521r1],
    ['X25519', NamedGroup.x25519],
    ['x448', NamedGroup.x448],
    ['x25519mlkem768', NamedGroup.X25519MLKEM768],
  ])('%s', (name, id) => {
    expect(parseGroups(name)).toEqual([id])
  })

  it('know every group of the provider by its name', () => {
    const names = nodeProvider.groups.map(({ name }) => name)
    expect(parseGroups(names.join(':'))).toEqual(nodeProvider.groups.map(({ id }) => id))
  })

  it('lists what is known where a name is not', () => {
    expect(() => parseGroups('brainpoolP256r1')).toThrow(
      expect.objectContaining({ exitCode: 2, help: expect.stringContaining('X25519MLKEM768') }),
    )
  })
})

describe('signature schemes', () => {
  it.each([
    ['ecdsa_secp256r1_sha256', [0x0403]],
    ['ECDSA+SHA384', [0x0503]],
    ['RSA-PSS+SHA256', [0x0804, 0x0809]],
    ['PSS+SHA512', [0x0806, 0x080b]],
    ['rsa+sha256', [0x0401]],
    ['ED25519', [0x0807]],
  ])('%s', (name, ids) => {
    expect(parseSignatureSchemes(name)).toEqual(ids)
  })

  it('lists what is known where a name is not', () => {
    expect(() => parseSignatureSchemes('RSA+MD5')).toThrow(
      expect.objectContaining({ exitCode: 2, help: expect.stringContaining('ECDSA+SHA256') }),
    )
  })
})

describe('versions', () => {
  it.each(['1.3', 'TLS1.3', 'TLSv1.3', 'tls 1.3', 'tlsv1.3'])('%s', (text) => {
    expect(parseVersion(text)).toBe(0x0304)
  })

  it('knows the older ones by name', () => {
    expect(['ssl3', 'SSLv3', 'tls1.0', '1.1', 'TLSv1.2'].map(parseVersion)).toEqual([
      0x0300, 0x0300, 0x0301, 0x0302, 0x0303,
    ])
    expect(() => parseVersion('1.4')).toThrow(/no version/)
  })

  it('of a range are those that are spoken', () => {
    const versions = (minVersion?: number, maxVersion?: number, ciphers?: readonly number[]) =>
      versionsOf({ minVersion, maxVersion, ciphers })
    expect(versions()).toEqual([0x0304, 0x0303])
    expect(versions(0x0304)).toEqual([0x0304])
    expect(versions(0x0301, 0x0303)).toEqual([0x0303])
    expect(() => versions(undefined, 0x0302)).toThrow(/speaks TLS 1.3 and TLS 1.2/)
    expect(versionsOf({ maxVersion: 0x0302, legacy: true })).toEqual([0x0302, 0x0301, 0x0300])
    expect(() => versions(0x0304, 0x0303)).toThrow(/newer than/)
    const { TLS_AES_128_GCM_SHA256 } = CipherSuiteId
    const { TLS_RSA_WITH_AES_128_CBC_SHA } = ClassicCipherSuiteId
    expect(versions(undefined, undefined, [TLS_AES_128_GCM_SHA256])).toEqual([0x0304])
    expect(versions(undefined, undefined, [TLS_RSA_WITH_AES_128_CBC_SHA])).toEqual([0x0303])
    expect(() => versions(0x0304, undefined, [TLS_RSA_WITH_AES_128_CBC_SHA])).toThrow(
      /suites of TLS 1.2 only, and --min-version excludes TLS 1.2/,
    )
    expect(() => versions(undefined, 0x0303, [TLS_AES_128_GCM_SHA256])).toThrow(
      /suites of TLS 1.3 only, and --max-version excludes TLS 1.3/,
    )
  })
})
