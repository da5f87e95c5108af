/** The cases of the matrix: one axis at a time, in both directions. Pure data: matrix.ts runs them. */

import { type Identities, type KeyName, keyForScheme } from './identities.ts'
import {
  groups,
  groups12,
  signatureSchemes,
  signatureSchemes12,
  suites,
  suites12,
} from './names.ts'
import type { ClientOptions, ConnectionReport, Feature, ServerOptions } from './peer.ts'

export type Axis = 'suite' | 'group' | 'signature scheme' | 'feature'

export interface Case {
  /** Undefined for TLS 1.3. */
  readonly version?: 'TLS 1.2'
  readonly axis: Axis
  readonly value: string
  /** What the other end must be able to do; undefined means nothing in particular. */
  readonly needs?: {
    readonly kind: 'suites' | 'groups' | 'signatureSchemes' | 'features'
    readonly name: string
  }
  /** Options of the end that is the peer, and of handfast; by role. */
  readonly server: Omit<ServerOptions, 'identity'> & { readonly key?: KeyName }
  readonly client: Partial<ClientOptions> & { readonly clientKey?: KeyName }
  /** What each end's report of the last connection must say, where it says anything about it. */
  readonly expected: ConnectionReport
  /** What handfast's own report must say. */
  readonly ours?: ConnectionReport
  /** Bytes of payload. */
  readonly bytes?: number
}

/** Signs the chains of identities.ts, so that an end which restricts its schemes can still check the chain. */
const chainScheme = 'ecdsa_secp256r1_sha256'

const withChain = (scheme: string) => [...new Set([scheme, chainScheme])]

/** Small enough for one record: some command-line tools mix their own words with the data. */
const oneRecord = 640

function suiteCases(): Case[] {
  return suites.map((suite) => ({
    axis: 'suite',
    value: suite,
    needs: { kind: 'suites', name: suite },
    server: {},
    client: {},
    expected: { version: 'TLS 1.3', suite },
  }))
}

function groupCases(): Case[] {
  return groups.map((group) => ({
    axis: 'group',
    value: group,
    needs: { kind: 'groups', name: group },
    server: {},
    client: {},
    expected: { version: 'TLS 1.3', group },
  }))
}

function schemeCases(): Case[] {
  return signatureSchemes.map((scheme) => ({
    axis: 'signature scheme',
    value: scheme,
    needs: { kind: 'signatureSchemes', name: scheme },
    server: { key: keyForScheme[scheme] },
    client: { signatureSchemes: withChain(scheme) },
    expected: { version: 'TLS 1.3', peerSubject: `server-${keyForScheme[scheme]}` },
    bytes: oneRecord,
  }))
}

/** Groups for HelloRetryRequest: of one kind, since JSSE sends a share for the first of each kind. */
const [first, second] = ['secp256r1', 'secp384r1']

interface FeatureCase {
  readonly value: string
  readonly needs?: Feature
  readonly server?: Case['server']
  readonly client?: Case['client']
  readonly expected?: ConnectionReport
  readonly ours?: ConnectionReport
  readonly bytes?: number
}

/** A ticket of another server: the early data that comes with it has to be skipped. */
const earlyDataCases: FeatureCase[] = [
  {
    value: 'refused early data',
    needs: 'early-data',
    client: { earlyData: true },
    ours: { resumed: false },
    bytes: oneRecord,
  },
  {
    value: 'refused early data with HelloRetryRequest',
    needs: 'early-data',
    server: { groups: [second] },
    client: { earlyData: true, groups: [first, second] },
    ours: { resumed: false, helloRetryRequest: true },
    bytes: oneRecord,
  },
]

function featureCases(direction: Direction, { root, server }: Identities): Case[] {
  const weAreClient = direction === 'handfast → peer'
  const cases: FeatureCase[] = [
    { value: 'defaults' },
    {
      value: 'all defaults of the peer with older versions',
      needs: 'plain',
      [weAreClient ? 'server' : 'client']: { plain: true },
    },
    { value: 'large transfer (1 MiB both ways)', bytes: 1 << 20 },
    {
      value: 'resumption',
      needs: 'resumption',
      client: { resume: true },
      expected: { resumed: true },
      ours: { resumed: true },
    },
    {
      value: 'HelloRetryRequest',
      needs: 'hello-retry-request',
      server: { groups: [second] },
      client: { groups: [first, second] },
      expected: { group: second, helloRetryRequest: true },
      ours: { helloRetryRequest: true },
    },
    {
      value: 'HelloRetryRequest while resuming',
      needs: 'hello-retry-request-while-resuming',
      server: { groups: [second] },
      client: { groups: [first, second], resume: true },
      expected: { resumed: true },
      ours: { resumed: true, helloRetryRequest: true },
    },
    {
      value: 'ALPN',
      needs: 'alpn',
      server: { alpn: ['http/1.1', 'h2'] },
      client: { alpn: ['http/1.1'] },
      expected: { alpn: 'http/1.1' },
      bytes: oneRecord,
    },
    {
      value: `KeyUpdate by handfast`,
      ...(weAreClient
        ? { client: { keyUpdate: true, watchKeyUpdates: true } }
        : { server: { keyUpdate: true } }),
    },
    {
      value: 'KeyUpdate by the peer',
      needs: 'key-update',
      ...(weAreClient
        ? { server: { keyUpdate: true }, client: { watchKeyUpdates: true } }
        : { client: { keyUpdate: true } }),
    },
    {
      value: 'client certificate requested and not sent',
      needs: 'client-auth',
      server: { clientCertificate: 'request', authorities: root },
    },
    ...(['p256', 'rsa'] as const).map(
      (key): FeatureCase => ({
        value: `client certificate (${key})`,
        needs: 'client-auth',
        server: { clientCertificate: 'require', authorities: root },
        client: { clientKey: key },
        ...(weAreClient ? {} : { ours: { peerSubject: `client-${key}` } }),
      }),
    ),
    {
      value: 'post-handshake authentication',
      needs: 'post-handshake-auth',
      server: { clientCertificate: 'post-handshake', authorities: root },
      client: { clientKey: 'p256', postHandshakeAuth: true },
      ...(weAreClient
        ? {}
        : { ours: { postHandshakeAuthenticated: true, peerSubject: 'client-p256' } }),
      bytes: oneRecord,
    },
    {
      value: 'OCSP stapling',
      needs: 'ocsp-stapling',
      server: { ocspResponse: server.p256.ocspResponse },
      client: { ocspStapling: true },
      ...(weAreClient ? { ours: { ocspStapled: true } } : { expected: { ocspStapled: true } }),
      bytes: oneRecord,
    },
    {
      value: `without middlebox compatibility of the client`,
      // A server follows the client.
      ...(!weAreClient && { needs: 'no-middlebox-compatibility' }),
      client: { middleboxCompatibility: false },
    },
    ...(['handfast', 'the peer'] as const).flatMap((by): FeatureCase[] => {
      const end = (by === 'handfast') === weAreClient ? 'client' : 'server'
      return [
        {
          value: `record padding by ${by}`,
          ...(by === 'the peer' && { needs: 'record-padding' }),
          [end]: { recordPadding: 512 },
        },
        {
          value: `records of 512 bytes by ${by}`,
          ...(by === 'the peer' && { needs: 'max-send-fragment' }),
          [end]: { maxSendFragment: 512 },
        },
      ]
    }),
    {
      value: 'record_size_limit of 1024 by handfast',
      needs: 'record-size-limit',
      ...(weAreClient
        ? { client: { recordSizeLimit: 1024 } }
        : { server: { recordSizeLimit: 1024 } }),
    },
    {
      value: 'record_size_limit of 1024 by the peer',
      needs: 'record-size-limit',
      ...(weAreClient
        ? { server: { recordSizeLimit: 1024 } }
        : { client: { recordSizeLimit: 1024 } }),
    },
  ]
  if (!weAreClient) cases.push(...earlyDataCases)
  return cases.map((one) => caseOf(one, { version: 'TLS 1.3' }))
}

/** The same axes in TLS 1.2, where the suite says which key the server has. */
function casesOf12(direction: Direction, { root, server }: Identities): Case[] {
  const weAreClient = direction === 'handfast → peer'
  const peerIs = weAreClient ? 'server' : 'client'
  const keyFor = (suite: string): KeyName => (suite.includes('_ECDSA_') ? 'p256' : 'rsa')
  const cbc = 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'
  const withCbc = { server: { key: 'rsa', suites: [cbc] }, client: { suites: [cbc] } } as const
  const features: FeatureCase[] = [
    { value: 'defaults' },
    { value: 'large transfer (1 MiB both ways)', bytes: 1 << 20 },
    {
      value: 'resumption by ticket',
      needs: 'resumption',
      client: { resume: true },
      expected: { resumed: true },
      ours: { resumed: true },
    },
    {
      value: 'resumption by session id',
      needs: 'resumption-by-id',
      server: { without: 'tickets' },
      client: { resume: true, ...(!weAreClient && { without: 'tickets' }) },
      expected: { resumed: true },
      ours: { resumed: true },
    },
    {
      value: 'ALPN',
      needs: 'alpn',
      server: { alpn: ['http/1.1', 'h2'] },
      client: { alpn: ['http/1.1'] },
      expected: { alpn: 'http/1.1' },
      bytes: oneRecord,
    },
    ...(['p256', 'rsa'] as const).map(
      (key): FeatureCase => ({
        value: `client certificate (${key})`,
        needs: 'client-auth',
        server: { clientCertificate: 'require', authorities: root },
        client: { clientKey: key },
        ...(weAreClient ? {} : { ours: { peerSubject: `client-${key}` } }),
      }),
    ),
    {
      value: 'client certificate requested and not sent',
      needs: 'client-auth',
      server: { clientCertificate: 'request', authorities: root },
    },
    {
      value: 'OCSP stapling',
      needs: 'ocsp-stapling',
      server: { ocspResponse: server.p256.ocspResponse },
      client: { ocspStapling: true },
      ...(weAreClient ? { ours: { ocspStapled: true } } : { expected: { ocspStapled: true } }),
      bytes: oneRecord,
    },
    {
      value: 'encrypt_then_mac',
      needs: 'encrypt-then-mac',
      ...withCbc,
      ours: { encryptThenMac: true },
    },
    {
      value: 'the peer without encrypt_then_mac',
      needs: 'no-encrypt-then-mac',
      ...withCbc,
      [peerIs]: { ...withCbc[peerIs], without: 'encrypt_then_mac' },
      ours: { encryptThenMac: false },
    },
    {
      value: 'the peer without extended_master_secret',
      needs: 'no-extended-master-secret',
      [peerIs]: { without: 'extended_master_secret' },
      ours: { extendedMasterSecret: false },
    },
  ]
  const of12 = (one: Omit<Case, 'version'>): Case => {
    const server = { ...one.server, version: 'TLS 1.2' } as const
    const client = { ...one.client, version: 'TLS 1.2' } as const
    return { ...one, version: 'TLS 1.2', server, client }
  }
  const expected = { version: 'TLS 1.2' }
  return [
    ...features.map((one) => caseOf(one, expected)),
    ...suites12.map(
      (suite): Case => ({
        axis: 'suite',
        value: suite,
        needs: { kind: 'suites', name: suite },
        server: { key: keyFor(suite) },
        client: {},
        expected: { ...expected, suite },
      }),
    ),
    ...groups12.map(
      (group): Case => ({
        axis: 'group',
        value: group,
        needs: { kind: 'groups', name: group },
        // The curve of an ECDSA key would have to be among the client's groups too (RFC 8422 §5.1.1).
        server: { key: 'rsa' },
        client: {},
        expected: { ...expected, group },
      }),
    ),
    ...signatureSchemes12.map(
      (scheme): Case => ({
        axis: 'signature scheme',
        value: scheme,
        needs: { kind: 'signatureSchemes', name: scheme },
        server: { key: keyForScheme[scheme] },
        client: { signatureSchemes: withChain(scheme) },
        expected: { ...expected, peerSubject: `server-${keyForScheme[scheme]}` },
        bytes: oneRecord,
      }),
    ),
  ].map(of12)
}

function caseOf(
  { needs, server, client, expected, ours, bytes, value }: FeatureCase,
  always: ConnectionReport,
): Case {
  return {
    axis: 'feature',
    value,
    ...(needs && { needs: { kind: 'features', name: needs } }),
    server: server ?? {},
    client: client ?? {},
    expected: { ...always, ...expected },
    ...(ours && { ours }),
    ...(bytes && { bytes }),
  }
}

export type Direction = 'handfast → peer' | 'peer → handfast'

/**
 * All cases of one direction. For a suite or a group it is handfast's list that is narrowed to the value, and a peer
 * client's as well where it has a way; for a signature scheme it is the client's list and the server's certificate.
 */
export function casesFor(direction: Direction, identities: Identities): Case[] {
  return [
    ...featureCases(direction, identities),
    ...suiteCases(),
    ...groupCases(),
    ...schemeCases(),
    ...casesOf12(direction, identities),
  ]
}
