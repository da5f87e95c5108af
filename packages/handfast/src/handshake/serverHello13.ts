/** A client's checks of the server's answer: HelloRetryRequest or ServerHello (RFC 8446 §4.1.3, §4.1.4). */
import type { Steps } from '@handfast/x509'
import { sameBytes } from '../codec/bytes.ts'
import { findExtension, refuseDuplicates, refuseUnsolicited } from '../codec/extension.ts'
import { cookie } from '../codec/extensions/cookie.ts'
import { refuseMisplaced } from '../codec/extensions/index.ts'
import { keyShare } from '../codec/extensions/key_share.ts'
import { type HandshakeMessage, isHelloRetryRequest, ServerHello } from '../codec/messages.ts'
import {
  cipherSuites,
  ExtensionType,
  namedGroups,
  nameOf,
  ProtocolVersion,
} from '../codec/registry.ts'
import type { ClientConfig } from '../config.ts'
import type { CipherSuite } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import { type Offer, offeredTypes, retryOffer } from './clientHello.ts'
import type { OfferedPsk } from './clientPsk.ts'
import type { HandshakeContext } from './context.ts'
import { namesOf } from './negotiation.ts'
import { serverVersion } from './version.ts'

/** The checks that a HelloRetryRequest and a ServerHello share (RFC 8446 §4.1.3, §4.1.4). @returns the suite */
export function checkServerHello(offer: Offer, hello: ServerHello): CipherSuite {
  const name = isHelloRetryRequest(hello.random) ? 'HelloRetryRequest' : 'ServerHello'
  refuseDuplicates(hello.extensions, name)
  refuseMisplaced(hello.extensions, name)
  const mayAnswer = offeredTypes(offer)
  if (name === 'HelloRetryRequest') mayAnswer.push(ExtensionType.cookie)
  refuseUnsolicited(hello.extensions, mayAnswer, name)
  if (serverVersion(hello) !== ProtocolVersion.TLS13)
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `${name} is not of TLS 1.3, as the first answer was`,
      {
        section: 'RFC 8446 §4.1.4',
      },
    )
  if (hello.legacyVersion !== ProtocolVersion.TLS12)
    throw new TlsError('ERR_ILLEGAL_PARAMETER', `The legacy_version of ${name} is not 0x0303`, {
      section: 'RFC 8446 §4.1.3',
    })
  if (!sameBytes(hello.legacySessionIdEcho, offer.hello.legacySessionId))
    throw new TlsError('ERR_ILLEGAL_PARAMETER', `${name} does not echo our legacy_session_id`, {
      section: 'RFC 8446 §4.1.3',
    })
  if (hello.legacyCompressionMethod !== 0)
    throw new TlsError('ERR_ILLEGAL_PARAMETER', `${name} chooses a compression method`, {
      section: 'RFC 8446 §4.1.3',
    })
  const suite = offer.suites.find(({ id }) => id === hello.cipherSuite)
  if (suite === undefined || !offer.hello.cipherSuites.includes(suite.id))
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `${name} chooses the cipher suite ${nameOf(cipherSuites, hello.cipherSuite)}, which was not offered`,
      { section: 'RFC 8446 §4.1.3' },
    )
  return suite
}

export function tellSuite(hs: HandshakeContext, offer: Offer, suite: CipherSuite): void {
  hs.decide(() => ({
    what: 'cipher suite',
    by: 'server',
    offered: namesOf(cipherSuites, offer.hello.cipherSuites),
    chosen: suite.name,
    why: 'The server takes the one of our offer that it prefers.',
    section: 'RFC 8446 §4.1.3',
  }))
}

export function* retry(
  hs: HandshakeContext,
  config: ClientConfig,
  offer: Offer,
  answer: HandshakeMessage,
  hello: ServerHello,
  suite: CipherSuite,
): Steps<Offer> {
  const wanted = findExtension(hello.extensions, keyShare, 'HelloRetryRequest')
  const token = findExtension(hello.extensions, cookie, 'HelloRetryRequest')
  const group = wanted === undefined ? undefined : offer.groups.find(({ id }) => id === wanted)
  if (wanted !== undefined && (group === undefined || offer.keyPairs.has(wanted)))
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `HelloRetryRequest asks for the group ${nameOf(namedGroups, wanted)}, ${
        group === undefined ? 'which was not offered' : 'of which it had a share'
      }`,
      { section: 'RFC 8446 §4.2.8' },
    )
  if (wanted === undefined && token === undefined)
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'HelloRetryRequest asks for no change', {
      section: 'RFC 8446 §4.1.4',
    })
  hs.decide(() => ({
    what: 'hello retry',
    by: 'server',
    offered: [...offer.keyPairs.keys()].map((id) => nameOf(namedGroups, id)),
    chosen: group?.name ?? 'a cookie',
    why:
      group === undefined
        ? 'The server wants its cookie back before it goes on.'
        : 'The server prefers a group of which we sent no share: a second ClientHello brings it.',
    section: 'RFC 8446 §4.1.4',
  }))
  const digest = yield* hs.settle('hashing the ClientHello', hs.transcript.hash(suite.hash))
  hs.transcript.replaceWithMessageHash(digest)
  hs.read(answer, ServerHello)
  return yield* retryOffer(hs, offer, config, { group, cookie: token, suite })
}

export function refuseSecondRetry(hello: ServerHello, suite: CipherSuite): void {
  if (isHelloRetryRequest(hello.random))
    throw new TlsError('ERR_UNEXPECTED_MESSAGE', 'A second HelloRetryRequest', {
      section: 'RFC 8446 §4.1.4',
    })
  if (hello.cipherSuite !== suite.id)
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      'ServerHello chooses another cipher suite than HelloRetryRequest did',
      { section: 'RFC 8446 §4.1.4' },
    )
}

export function* readServerHello(
  hs: HandshakeContext,
  offer: Offer,
  hello: ServerHello,
  suite: CipherSuite,
): Steps<{ sharedSecret: Uint8Array; group: number; psk: OfferedPsk | undefined }> {
  const psk = hs.parts.preSharedKeys?.selected(hs, offer, hello, suite)
  // Only psk_dhe_ke is offered: there is always a key exchange.
  const share = findExtension(hello.extensions, keyShare, 'ServerHello')
  if (share === undefined)
    throw new TlsError('ERR_MISSING_EXTENSION', 'ServerHello carries no key_share', {
      section: 'RFC 8446 §4.2.8',
    })
  const pair = offer.keyPairs.get(share.group)
  const name = nameOf(namedGroups, share.group)
  if (pair === undefined)
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `ServerHello carries a share of ${name}, of which we sent none`,
      { section: 'RFC 8446 §4.2.8' },
    )
  hs.decide(() => ({
    what: 'group',
    by: 'server',
    offered: [...offer.keyPairs.keys()].map((id) => nameOf(namedGroups, id)),
    chosen: name,
    why: 'The server answers with a share of the group that it prefers.',
    section: 'RFC 8446 §4.2.8',
  }))
  const sharedSecret = yield* hs.settle(
    'agreeing on the secret',
    pair.decapsulate(share.keyExchange),
  )
  for (const each of offer.keyPairs.values()) each.destroy()
  if (sharedSecret === undefined)
    throw new TlsError('ERR_BAD_KEY_SHARE', `The server's share of ${name} is not a valid one`)
  hs.checked('key share', `the rules of ${name}`, 'RFC 8446 §4.2.8')
  return { sharedSecret, group: share.group, psk }
}
