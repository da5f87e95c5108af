/** A server that asks for a second ClientHello, and what must be the same in it (RFC 8446 §4.1.2, §4.1.4). */
import type { Steps } from '@handfast/x509'
import { sameBytes } from '../codec/bytes.ts'
import { extensionOf, findExtension, hasExtension, type RawExtension } from '../codec/extension.ts'
import { cookie } from '../codec/extensions/cookie.ts'
import { keyShare } from '../codec/extensions/key_share.ts'
import { supportedVersions } from '../codec/extensions/supported_versions.ts'
import { type ClientHello, helloRetryRequestRandom, ServerHello } from '../codec/messages.ts'
import {
  ExtensionType,
  HandshakeType,
  namedGroups,
  nameOf,
  ProtocolVersion,
} from '../codec/registry.ts'
import type { CipherSuite, KeyExchangeGroup } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import { checkClientHello, clientShare } from './clientHello13.ts'
import type { HandshakeContext } from './context.ts'

/** RFC 8446 §4.1.4 */
export function* sendHelloRetryRequest(
  hs: HandshakeContext,
  hello: ClientHello,
  suite: CipherSuite,
  group: KeyExchangeGroup,
  token: Uint8Array | undefined,
): Steps<void> {
  const extensions: RawExtension[] = []
  const wantsShare = clientShare(hello, group) === undefined
  if (wantsShare) extensions.push(extensionOf(keyShare, 'HelloRetryRequest', group.id))
  if (token !== undefined) extensions.push(extensionOf(cookie, 'HelloRetryRequest', token))
  extensions.push(extensionOf(supportedVersions, 'HelloRetryRequest', ProtocolVersion.TLS13))
  hs.decide(() => ({
    what: 'hello retry',
    by: 'server',
    offered: (findExtension(hello.extensions, keyShare, 'ClientHello') ?? []).map((share) =>
      nameOf(namedGroups, share.group),
    ),
    chosen: wantsShare ? group.name : 'a cookie',
    why: wantsShare
      ? 'The client sent no share of the group that this server chose.'
      : 'This server wants its cookie back before it goes on.',
    section: 'RFC 8446 §4.1.4',
  }))
  const digest = yield* hs.settle('hashing the ClientHello', hs.transcript.hash(suite.hash))
  hs.transcript.replaceWithMessageHash(digest)
  hs.send(HandshakeType.server_hello, ServerHello, {
    legacyVersion: ProtocolVersion.TLS12,
    random: helloRetryRequestRandom,
    legacySessionIdEcho: hello.legacySessionId,
    cipherSuite: suite.id,
    legacyCompressionMethod: 0,
    extensions,
  })
  if (hello.legacySessionId.length > 0) hs.sendChangeCipherSpec()
}

/** What a client may change in its second ClientHello (RFC 8446 §4.1.2). */
const changeable: ReadonlySet<number> = new Set([
  ExtensionType.key_share,
  ExtensionType.early_data,
  ExtensionType.cookie,
  ExtensionType.pre_shared_key,
  ExtensionType.padding,
])

export function checkRetriedHello(
  first: ClientHello,
  second: ClientHello,
  group: KeyExchangeGroup,
  token: Uint8Array | undefined,
): void {
  checkClientHello(second)
  const fixed = (hello: ClientHello) => hello.extensions.filter(({ type }) => !changeable.has(type))
  const before = fixed(first)
  const after = fixed(second)
  const same =
    first.legacyVersion === second.legacyVersion &&
    sameBytes(first.random, second.random) &&
    sameBytes(first.legacySessionId, second.legacySessionId) &&
    first.cipherSuites.join() === second.cipherSuites.join() &&
    before.length === after.length &&
    before.every(
      ({ type, data }, i) => type === after[i]?.type && sameBytes(data, after[i]?.data ?? data),
    )
  if (!same)
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'The second ClientHello differs from the first', {
      section: 'RFC 8446 §4.1.2',
    })
  if (hasExtension(second.extensions, ExtensionType.early_data))
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'The second ClientHello offers early data', {
      section: 'RFC 8446 §4.1.2',
    })
  const shares = findExtension(second.extensions, keyShare, 'ClientHello') ?? []
  if (
    clientShare(first, group) === undefined &&
    (shares.length !== 1 || shares[0]?.group !== group.id)
  )
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `The second ClientHello does not carry exactly the share of ${group.name} that was asked for`,
      { section: 'RFC 8446 §4.2.8' },
    )
  const echoed = findExtension(second.extensions, cookie, 'ClientHello')
  if (token === undefined ? echoed !== undefined : !echoed || !sameBytes(echoed, token))
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'The second ClientHello does not echo our cookie', {
      section: 'RFC 8446 §4.2.2',
    })
}
