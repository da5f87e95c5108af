/** A client's half of the key exchange: ServerKeyExchange, if there is one, and ClientKeyExchange (RFC 5246 §7.4.3, §7.4.7). */
import type { Steps } from '@handfast/x509'
import { concat, padLeft } from '../codec/bytes.ts'
import type { HandshakeMessage } from '../codec/messages.ts'
import {
  ClientKeyExchangeDHE,
  ClientKeyExchangeECDHE,
  ClientKeyExchangeECDHE_PSK,
  ClientKeyExchangePSK,
  type DigitallySigned,
  ServerDHParams,
  ServerECDHParams,
  ServerKeyExchangeECDHE_PSK,
  ServerKeyExchangePSK,
} from '../codec/messages12.ts'
import { HandshakeType, namedGroups, nameOf } from '../codec/registry.ts'
import { encode } from '../codec/wire.ts'
import type { ClientConfig, PreSharedKey } from '../config.ts'
import type { ClassicCipherSuite, KeyExchangeGroup } from '../crypto/provider.ts'
import { ConfigurationError, TlsError } from '../errors.ts'
import type { Offer } from './clientHello.ts'
import type { HandshakeContext } from './context.ts'
import { enabledCurves } from './negotiation12.ts'
import type { PeerKey } from './peerCertificate.ts'
import { problemOfField, pskPremaster, withoutLeadingZeros } from './premaster12.ts'
import { clientKeys } from './preSharedKeys.ts'
import { serverKeyExchangeSignature } from './signature12.ts'
import type { ClassicVersion } from './version12.ts'

/** What the server said of its half. */
export interface ServerParams {
  readonly group?: KeyExchangeGroup
  readonly share?: Uint8Array
  readonly identityHint: Uint8Array
  /** The scheme of its signature. */
  readonly scheme?: number
}

const none = new Uint8Array(0)

/** Which key exchanges have a ServerKeyExchange: RSA never, PSK only to give a hint (RFC 4279 §2). */
export function expectsServerKeyExchange({ keyExchange }: ClassicCipherSuite): boolean | undefined {
  return keyExchange === 'RSA' ? false : keyExchange === 'PSK' ? undefined : true
}

/** @param message undefined where none came. @param key of the server's certificate, where the suite has one */
export function* readServerKeyExchange(
  hs: HandshakeContext,
  { forms, signatures }: ClassicVersion,
  config: ClientConfig,
  offer: Offer,
  suite: ClassicCipherSuite,
  serverRandom: Uint8Array,
  message: HandshakeMessage | undefined,
  key: PeerKey | undefined,
): Steps<ServerParams> {
  if (message === undefined) return { identityHint: none }
  const verify = (params: Uint8Array, signed: DigitallySigned): Steps<number> => {
    if (key === undefined) throw new TypeError('A signature without a certificate')
    const content = concat(hs.clientRandom, serverRandom, params)
    const what = serverKeyExchangeSignature
    return signatures.verify(hs, 'server', key, offer.signatureSchemes, signed, content, what)
  }
  switch (suite.keyExchange) {
    case 'ECDHE': {
      const { params, signedParams } = hs.read(message, forms.ServerKeyExchangeECDHE)
      const group = chosenCurve(hs, config, params)
      const scheme = yield* verify(encode(ServerECDHParams, params), signedParams)
      return { group, share: params.public, identityHint: none, scheme }
    }
    case 'DHE': {
      const { params, signedParams } = hs.read(message, forms.ServerKeyExchangeDHE)
      const scheme = yield* verify(encode(ServerDHParams, params), signedParams)
      return { ...fieldOf(hs, config, params), identityHint: none, scheme }
    }
    case 'ECDHE_PSK': {
      const { params, pskIdentityHint } = hs.read(message, ServerKeyExchangeECDHE_PSK)
      const group = chosenCurve(hs, config, params)
      return { group, share: params.public, identityHint: pskIdentityHint }
    }
    default:
      return { identityHint: hs.read(message, ServerKeyExchangePSK).pskIdentityHint }
  }
}

function chosenCurve(
  hs: HandshakeContext,
  config: ClientConfig,
  { curveType, namedCurve }: ServerECDHParams,
): KeyExchangeGroup {
  const curves = enabledCurves(config)
  const group = curves.find(({ id }) => id === namedCurve)
  if (curveType !== 3 || group === undefined)
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      curveType === 3
        ? `The server chooses the curve ${nameOf(namedGroups, namedCurve)}, which was not offered`
        : 'The server gives a curve by its parameters',
      { section: 'RFC 8422 §5.4' },
    )
  hs.decide(() => ({
    what: 'group',
    by: 'server',
    offered: curves.map(({ name }) => name),
    chosen: group.name,
    why: 'The server takes the one of our offer that it prefers.',
    section: 'RFC 8422 §5.4',
  }))
  return group
}

function fieldOf(
  hs: HandshakeContext,
  config: ClientConfig,
  { dhP, dhG, dhYs }: ServerDHParams,
): Pick<ServerParams, 'group' | 'share'> {
  const refused = problemOfField(dhP, dhG, dhYs)
  if (refused?.weak)
    throw new TlsError(
      'ERR_INSUFFICIENT_SECURITY',
      `The server's finite field is too weak: ${refused.problem}`,
      { section: 'RFC 7919 §3' },
    )
  const prime = withoutLeadingZeros(dhP)
  const group =
    refused === undefined
      ? config.crypto.finiteFieldGroup?.(prime, withoutLeadingZeros(dhG))
      : undefined
  if (group === undefined)
    throw new TlsError(
      'ERR_BAD_KEY_SHARE',
      `The server's finite field cannot be used: ${refused?.problem ?? 'the provider cannot compute in it'}`,
      { section: 'RFC 5246 §7.4.3' },
    )
  hs.decide(() => ({
    what: 'group',
    by: 'server',
    offered: [],
    chosen: group.name,
    why: 'With DHE the server names a finite field of its own choice.',
    section: 'RFC 5246 §7.4.3',
  }))
  return { group, share: padLeft(dhYs, prime.length) }
}

/** Sends ClientKeyExchange. @returns the premaster secret, which is the caller's to wipe, and the name of the key */
export function* sendClientKeyExchange(
  hs: HandshakeContext,
  { forms }: ClassicVersion,
  config: ClientConfig,
  { hello }: Offer,
  suite: ClassicCipherSuite,
  params: ServerParams,
  key: PeerKey | undefined,
): Steps<{ readonly premaster: Uint8Array; readonly pskIdentity?: Uint8Array }> {
  const type = HandshakeType.client_key_exchange
  switch (suite.keyExchange) {
    case 'ECDHE': {
      const { share, secret } = yield* agree(hs, params)
      hs.send(type, ClientKeyExchangeECDHE, { ecdhYc: share })
      return { premaster: secret }
    }
    case 'DHE': {
      const { share, secret } = yield* agree(hs, params)
      hs.send(type, ClientKeyExchangeDHE, { dhYc: share })
      return { premaster: withoutLeadingZeros(secret) }
    }
    case 'RSA': {
      const premaster = config.crypto.random(48)
      // RFC 5246 §7.4.7.1: the version that was offered, not the one that was chosen.
      premaster.set([hello.legacyVersion >> 8, hello.legacyVersion & 0xff])
      hs.send(type, forms.ClientKeyExchangeRSA, {
        encryptedPreMasterSecret: yield* encryptPremaster(hs, config, key, premaster),
      })
      return { premaster }
    }
    case 'PSK': {
      const { identity, key } = yield* preSharedKey(hs, config, params)
      hs.send(type, ClientKeyExchangePSK, { pskIdentity: identity })
      return { premaster: pskPremaster(key), pskIdentity: identity }
    }
    case 'ECDHE_PSK': {
      const { identity, key } = yield* preSharedKey(hs, config, params)
      const { share, secret } = yield* agree(hs, params)
      hs.send(type, ClientKeyExchangeECDHE_PSK, { pskIdentity: identity, ecdhYc: share })
      return { premaster: pskPremaster(key, secret), pskIdentity: identity }
    }
  }
}

function* agree(hs: HandshakeContext, { group, share }: ServerParams) {
  if (group === undefined || share === undefined) throw new TypeError('No group was agreed on')
  const exchanged = yield* hs.settle('agreeing on the secret', group.encapsulate(share))
  if (exchanged === undefined)
    throw new TlsError(
      'ERR_BAD_KEY_SHARE',
      `The server's public key is not a valid one of ${group.name}`,
      { section: 'RFC 8422 §5.11' },
    )
  hs.checked('key share', `the rules of ${group.name}`, 'RFC 8422 §5.11')
  return exchanged
}

function* encryptPremaster(
  hs: HandshakeContext,
  { crypto }: ClientConfig,
  key: PeerKey | undefined,
  premaster: Uint8Array,
): Steps<Uint8Array> {
  if (key?.keyUsage !== undefined && !key.keyUsage.has('keyEncipherment'))
    throw new TlsError(
      'ERR_CERTIFICATE_REFUSED',
      "The server's certificate is not for key transport (keyUsage has no keyEncipherment)",
      { alert: 'unsupported_certificate', section: 'RFC 5246 §7.4.2' },
    )
  const spki = key?.der ?? none
  const encrypted = yield* hs.settle(
    'encrypting the premaster secret',
    crypto.rsaEncrypt?.(spki, premaster),
  )
  if (encrypted === undefined)
    throw new TlsError(
      'ERR_CERTIFICATE_REFUSED',
      "The key of the server's certificate cannot encrypt a premaster secret",
      { alert: 'unsupported_certificate', section: 'RFC 5246 §7.4.7.1' },
    )
  return encrypted
}

function* preSharedKey(
  hs: HandshakeContext,
  config: ClientConfig,
  { identityHint }: ServerParams,
): Steps<PreSharedKey> {
  const keys = yield* clientKeys(hs, config, identityHint)
  const found = keys.find(({ imported }) => imported !== true)
  if (found === undefined)
    throw new ConfigurationError(
      'ERR_NO_PRE_SHARED_KEY',
      "preSharedKey has no key for the server's hint",
    )
  return found
}
