/** ClientHello: what a hostile client can offer, and what a server answers. */
import { ExtensionType, NamedGroup } from '../../../src/codec/registry.ts'
import { identityFor } from '../pair.ts'
import { bytes, type Case, illegal, missing, tooMuch, undecodable, unexpected } from './expected.ts'
import {
  adding,
  doubling,
  type Expected,
  edited,
  lengthened,
  messageWith,
  replacing,
  shortened,
  u16,
  withExtensions,
  without,
} from './peer.ts'

const { server_name, supported_groups, key_share, signature_algorithms, supported_versions } =
  ExtensionType

const noVersion = (section: string): Expected => ({
  code: 'ERR_NO_COMMON_VERSION',
  alert: 'protocol_version',
  section,
})
const noCommon = (what: string, section: string): Expected => ({
  code: `ERR_NO_COMMON_${what}`,
  alert: 'handshake_failure',
  section,
})

/** @param fields of the ClientHello that are changed */
const having = (fields: object) => (hello: Uint8Array) =>
  edited(hello, (before) => ({ ...before, ...fields }))

/** server_name with these entries: type and name. */
const names =
  (...entries: readonly [number, readonly number[]][]) =>
  () => {
    const list = entries.flatMap(([type, name]) => [type, ...u16(name.length), ...name])
    return bytes(...u16(list.length), ...list)
  }
const ascii = (text: string) => [...Buffer.from(text)]

const changed: readonly Case[] = (
  [
    ['is of SSL 3.0', having({ legacyVersion: 0x0300 }), noVersion('RFC 8446 §D.5')],
    [
      'offers older versions only',
      replacing(supported_versions, () => bytes(4, ...u16(0x0303, 0x0302))),
      noVersion('RFC 8446 §4.2.1'),
    ],
    ['has no supported_versions', without(supported_versions), noVersion('RFC 8446 §4.2.1')],
    [
      'names TLS 1.3 in its legacy_version only',
      (hello: Uint8Array) => having({ legacyVersion: 0x0304 })(without(supported_versions)(hello)),
      noVersion('RFC 8446 §4.2.1'),
    ],
    ['ends before its extensions', having({ extensions: [] }), noVersion('RFC 8446 §4.2.1')],
    [
      'has an empty list of extensions',
      (hello: Uint8Array) =>
        messageWith(1, bytes(...having({ extensions: [] })(hello).subarray(4), 0, 0)),
      noVersion('RFC 8446 §4.2.1'),
    ],
    [
      'offers compression',
      having({ legacyCompressionMethods: bytes(0, 1) }),
      illegal('RFC 8446 §4.1.2'),
    ],
    [
      'offers compression only',
      having({ legacyCompressionMethods: bytes(1) }),
      illegal('RFC 8446 §4.1.2'),
    ],
    [
      'offers no compression method at all',
      having({ legacyCompressionMethods: bytes() }),
      undecodable,
    ],
    ['offers no suites', having({ cipherSuites: [] }), undecodable],
    [
      'has a session id that is too long',
      having({ legacySessionId: new Uint8Array(33) }),
      undecodable,
    ],
    ['carries an extension twice', doubling, illegal('RFC 8446 §4.2')],
    [
      'carries an extension that belongs elsewhere',
      (hello: Uint8Array) =>
        withExtensions(hello, (all) => [{ type: ExtensionType.oid_filters, data: u16(0) }, ...all]),
      illegal('RFC 8446 §4.2'),
    ],
    ['has no supported_groups', without(supported_groups), missing('RFC 8446 §9.2')],
    ['has no key_share', without(key_share), missing('RFC 8446 §9.2')],
    ['has no signature_algorithms', without(signature_algorithms), missing('RFC 8446 §9.2')],
    [
      'has an odd list of groups',
      replacing(supported_groups, () => bytes(0, 3, 0, 0x1d, 0)),
      undecodable,
    ],
    ['has an empty list of groups', replacing(supported_groups, () => u16(0)), undecodable],
    ['has an empty list of versions', replacing(supported_versions, () => bytes(0)), undecodable],
    ['has an empty list of schemes', replacing(signature_algorithms, () => u16(0)), undecodable],
    [
      'offers no suite that this server has',
      having({ cipherSuites: [0xc02f, 0x0a0a] }),
      noCommon('CIPHER_SUITE', 'RFC 8446 §4.1.1'),
    ],
    [
      'offers no group that this server has',
      (hello: Uint8Array) =>
        replacing(supported_groups, () => u16(2, 0x0a0a))(
          replacing(key_share, () => u16(0))(hello),
        ),
      noCommon('GROUP', 'RFC 8446 §4.1.1'),
    ],
    [
      'accepts no signature that this server makes',
      replacing(signature_algorithms, () => u16(4, 0x0804, 0x0808)),
      noCommon('SIGNATURE_SCHEME', 'RFC 8446 §4.4.2.2'),
    ],
    [
      'accepts signatures of the key with PKCS #1 only',
      replacing(signature_algorithms, () => u16(4, 0x0401, 0x0501)),
      noCommon('SIGNATURE_SCHEME', 'RFC 8446 §4.4.2.2'),
    ],
    [
      'has two shares of one group',
      replacing(key_share, (shares) =>
        bytes(...u16(2 * (shares.length - 2)), ...shares.subarray(2), ...shares.subarray(2)),
      ),
      { ...illegal('RFC 8446 §4.2.8'), message: /stands twice/ },
    ],
    [
      'has a share of a group that it does not offer',
      replacing(supported_groups, () => u16(2, NamedGroup.secp256r1)),
      { ...illegal('RFC 8446 §4.2.8'), message: /does not offer/ },
    ],
    [
      'has a share of no length',
      replacing(key_share, () => u16(4, NamedGroup.x25519, 0)),
      undecodable,
    ],
    [
      'names two hosts',
      replacing(server_name, names([0, ascii('a.test')], [0, ascii('b.test')])),
      illegal('RFC 6066 §3'),
    ],
    [
      'names a host with a NUL',
      replacing(server_name, names([0, ascii('a\0.test')])),
      illegal('RFC 6066 §3'),
    ],
    [
      'names a host with a space',
      replacing(server_name, names([0, ascii('a b')])),
      illegal('RFC 6066 §3'),
    ],
    [
      'names a host beyond ASCII',
      replacing(server_name, names([0, [0xc3, 0xa4]])),
      illegal('RFC 6066 §3'),
    ],
    [
      'names a host of 256 bytes',
      replacing(server_name, names([0, ascii('a'.repeat(256))])),
      illegal('RFC 6066 §3'),
    ],
    ['names a host of no bytes', replacing(server_name, names([0, []])), undecodable],
    ['names no host', replacing(server_name, () => u16(0)), undecodable],
    ['has early_data with a body', adding(ExtensionType.early_data, bytes(0)), undecodable],
    [
      'has post_handshake_auth with a body',
      adding(ExtensionType.post_handshake_auth, bytes(0)),
      undecodable,
    ],
    ['has a cookie of no bytes', adding(ExtensionType.cookie, u16(0)), undecodable],
    [
      'has a record_size_limit of 63',
      adding(ExtensionType.record_size_limit, u16(63)),
      illegal('RFC 8449 §4'),
    ],
    [
      'has a record_size_limit of one byte',
      adding(ExtensionType.record_size_limit, bytes(64)),
      undecodable,
    ],
    ['is a byte short', shortened, undecodable],
    ['is a byte long', lengthened, undecodable],
    ['is empty', () => messageWith(1, bytes()), undecodable],
    ['is a Finished', () => messageWith(20, new Uint8Array(32)), unexpected()],
    ['is a message of no known type', () => messageWith(99, bytes(1)), unexpected()],
    [
      'announces more than the limit',
      () => bytes(1, 2, 0, 1, 0),
      { code: 'ERR_MESSAGE_TOO_LONG', alert: 'illegal_parameter', section: 'RFC 8446 §4' },
    ],
    [
      'is followed by more in its record',
      (hello: Uint8Array) => bytes(...hello, 1),
      unexpected('RFC 8446 §5.1'),
    ],
  ] as const
).map(
  ([what, hello, expect]): Case => ({
    what: `ClientHello ${what}`,
    client: { keyShares: [NamedGroup.x25519], grease: false },
    // Its hybrids would ask for another share first.
    server: { retryForGroups: [] },
    hello,
    expect,
  }),
)

const rsa = await identityFor({ names: ['server.test'], keyType: 'rsa-2048' })

const configured: readonly Case[] = [
  {
    what: 'ClientHello offers protocols of which this server has none',
    client: { alpnProtocols: ['h2'] },
    server: { alpnProtocols: ['http/1.1'] },
    expect: {
      code: 'ERR_NO_COMMON_PROTOCOL',
      alert: 'no_application_protocol',
      section: 'RFC 7301 §3.2',
    },
  },
  {
    what: 'ClientHello offers the empty protocol',
    client: { alpnProtocols: ['h2'] },
    hello: replacing(ExtensionType.application_layer_protocol_negotiation, () => bytes(0, 1, 0)),
    expect: undecodable,
  },
  {
    what: 'there is no certificate for the name',
    server: { identity: () => undefined },
    expect: {
      code: 'ERR_UNRECOGNIZED_NAME',
      alert: 'unrecognized_name',
      section: 'RFC 6066 §3',
      message: /for server\.test/,
    },
  },
  {
    what: 'there is no certificate for a client that names no server',
    server: { identity: [] },
    hello: without(server_name),
    expect: {
      code: 'ERR_UNRECOGNIZED_NAME',
      alert: 'unrecognized_name',
      section: 'RFC 6066 §3',
      message: /names no server/,
    },
  },
  {
    what: 'ClientHello accepts none of the signatures that an RSA key makes',
    client: { signatureSchemes: [0x0403, 0x0401] },
    server: { identity: rsa },
    expect: noCommon('SIGNATURE_SCHEME', 'RFC 8446 §4.4.2.2'),
  },
  {
    what: 'a second ClientHello follows at once',
    records: (record, index) => (index === 0 ? [record, record] : [record]),
    expect: unexpected('RFC 8446 §5'),
  },
  {
    what: 'refused early data is more than it may be',
    hello: adding(ExtensionType.early_data),
    records: (record, index) =>
      index === 0
        ? [
            record,
            ...Array<Uint8Array>(5).fill(bytes(23, 3, 3, 0x40, 0, ...new Uint8Array(16_384))),
          ]
        : [record],
    expect: tooMuch('RFC 8446 §4.2.10'),
  },
  {
    what: 'refused early data is an endless row of empty records',
    hello: adding(ExtensionType.early_data),
    records: (record, index) =>
      index === 0 ? [record, ...Array<Uint8Array>(13_200).fill(bytes(23, 3, 3, 0, 0))] : [record],
    expect: tooMuch('RFC 8446 §4.2.10'),
  },
]

export const clientHelloCases: readonly Case[] = [...changed, ...configured]
