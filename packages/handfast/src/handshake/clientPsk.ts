/** The keys that a client offers in pre_shared_key: of a session, and those that both sides had before (RFC 8446 §4.2.11). */
import type { Steps } from '@handfast/x509'
import { sameBytes } from '../codec/bytes.ts'
import { extensionOf, findExtension } from '../codec/extension.ts'
import { PskBinders, preSharedKey } from '../codec/extensions/pre_shared_key.ts'
import {
  ClientHello,
  encodeMessage,
  type HandshakeMessage,
  type ServerHello,
} from '../codec/messages.ts'
import { HandshakeType, ProtocolVersion } from '../codec/registry.ts'
import { encode } from '../codec/wire.ts'
import type { ClientConfig, PreSharedKey } from '../config.ts'
import type { CipherSuite, HashFunction } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import { EarlySecret, verifyData } from '../keys/schedule.ts'
import type { Session } from '../session/session.ts'
import type { Offer } from './clientHello.ts'
import type { HandshakeContext } from './context.ts'
import { judge } from './peerCertificate.ts'
import { binderLabel, clientKeys, hashOf, nameOfKey } from './preSharedKeys.ts'

/** A key that is offered, and the secret that proves it. */
export interface OfferedPsk {
  readonly identity: Uint8Array
  readonly hash: HashFunction
  readonly earlySecret: EarlySecret
  /** The one of the two that it is. */
  readonly session?: Session
  readonly external?: PreSharedKey
}

/** All that may be offered now, the session first: it was made with a fresh key exchange (RFC 8446 §4.6.1, §4.2.11). */
export function* usablePsks(
  hs: HandshakeContext,
  config: ClientConfig,
  suites: readonly CipherSuite[],
  versions: readonly number[],
): Steps<OfferedPsk[]> {
  const keys = yield* clientKeys(hs, config, undefined)
  const session = yield* usableSession(hs, config, suites, versions, keys)
  const offered: OfferedPsk[] = []
  const ofSession = session && suites.find(({ id }) => id === session.cipherSuite)
  if (session !== undefined && ofSession !== undefined) {
    const earlySecret = yield* earlySecretOf(hs, ofSession, session.psk)
    offered.push({ identity: session.ticket, hash: ofSession.hash, session, earlySecret })
  }
  for (const external of keys) {
    const { identity, key } = external
    const suite = suites.find(({ hash }) => hash.name === hashOf(external))
    if (suite === undefined) continue
    const earlySecret = yield* earlySecretOf(hs, suite, key)
    offered.push({ identity, hash: suite.hash, external, earlySecret })
  }
  return offered
}

function* earlySecretOf(
  hs: HandshakeContext,
  suite: CipherSuite,
  key: Uint8Array,
): Steps<EarlySecret> {
  const earlySecret = yield* EarlySecret.extract(hs.scheduleContext(suite), key)
  hs.hold(() => earlySecret.forget())
  return earlySecret
}

/** The configured session, where it may be offered now; a trace says why not. @param keys of this connection */
function* usableSession(
  hs: HandshakeContext,
  config: ClientConfig,
  suites: readonly CipherSuite[],
  versions: readonly number[],
  keys: readonly PreSharedKey[],
): Steps<Session | undefined> {
  const { session } = config
  if (session === undefined) return undefined
  // One of an older version that is offered too has been looked at there.
  if (session.version < ProtocolVersion.TLS13 && versions.includes(session.version))
    return undefined
  const suite = suites.find(({ id }) => id === session.cipherSuite)
  const reason =
    session.version === ProtocolVersion.TLS13
      ? yield* whyNotResume(hs, config, session, suite, keys)
      : 'The session is of another version.'
  hs.decide(() => ({
    what: 'resumption',
    by: 'client',
    offered: ['the stored session', 'a full handshake'],
    chosen: reason === undefined ? 'the stored session' : 'a full handshake',
    why: reason ?? 'The session is fresh, and for this server.',
    section: 'RFC 8446 §4.6.1',
  }))
  return reason === undefined ? session : undefined
}

/**
 * What must hold of a session of any version before it is offered.
 * @param keys of this connection. @returns why it is not offered, in words
 */
export function* whyNotResume(
  hs: HandshakeContext,
  config: ClientConfig,
  session: Session,
  suite: object | undefined,
  keys: readonly PreSharedKey[] = [],
): Steps<string | undefined> {
  const now = config.clock()
  if (suite === undefined) return "The session's cipher suite is not enabled."
  if (session.serverName !== config.serverName) return 'The session is for another server name.'
  if (now < session.issuedAt || now >= session.issuedAt + session.lifetime * 1000)
    return 'The session has expired.'
  const { pskIdentity } = session
  if (pskIdentity !== undefined)
    return keys.some(({ identity }) => sameBytes(identity, pskIdentity))
      ? undefined
      : 'The session was made with a pre-shared key that is not used any more.'
  if (session.peerCertificates.length === 0)
    return 'The session does not hold the certificate that was accepted.'
  // A session carries an acceptance of long ago: the same certificate must still be acceptable, here and now.
  try {
    yield* judge(hs, config.verifyCertificate, {
      chain: session.peerCertificates,
      ocspResponse: undefined,
      ocspRequested: config.requestOcsp !== false,
      signedCertificateTimestamps: [],
      role: 'server',
      serverName: config.serverName,
      time: now,
    })
    hs.checked('certificate of the session', 'who is trusted, here and now', 'RFC 8446 §2.2')
    return undefined
  } catch (error) {
    if (!(error instanceof TlsError)) throw error
    return `The certificate of the session is not accepted any more: ${error.message}.`
  }
}

/** Adds pre_shared_key, which stands last, with the binders over all that is before them (RFC 8446 §4.2.11.2). */
export function* bindPsks(
  hs: HandshakeContext,
  hello: ClientHello,
  psks: readonly OfferedPsk[],
): Steps<{ readonly hello: ClientHello; readonly message: HandshakeMessage }> {
  const identities = psks.map(({ identity, session }) => ({
    identity,
    obfuscatedTicketAge: session === undefined ? 0 : obfuscatedAge(session, hs.now()),
  }))
  const blank = psks.map(({ hash }) => new Uint8Array(hash.outputLength))
  const extension = extensionOf(preSharedKey, 'ClientHello', { identities, binders: blank })
  const bound = { ...hello, extensions: [...hello.extensions, extension] }
  const message = encodeMessage(HandshakeType.client_hello, ClientHello, bound)
  // They stand last, and have their length: what they are is written over the blanks.
  const bindersLength = encode(PskBinders, blank).length
  const truncated = message.bytes.subarray(0, -bindersLength)
  const binders: Uint8Array[] = []
  for (const psk of psks) {
    const { hash, earlySecret } = psk
    const digest = yield* hs.settle(
      'hashing for the binder',
      hs.transcript.hashWith(hash, truncated),
    )
    const key = yield* earlySecret.binderKey(binderLabel(psk.external))
    binders.push(yield* verifyData(earlySecret.context, key, digest))
  }
  for (const bytes of [message.bytes, extension.data])
    bytes.set(encode(PskBinders, binders), bytes.length - bindersLength)
  return { hello: bound, message }
}

/** RFC 8446 §4.2.11.1 */
function obfuscatedAge({ issuedAt, ageAdd }: Session, now: number): number {
  return (Math.max(0, now - issuedAt) + ageAdd) % 2 ** 32
}

/** The key that the server takes; undefined where it takes none. */
export function selectedPsk(
  hs: HandshakeContext,
  offer: Offer,
  hello: ServerHello,
  suite: CipherSuite,
): OfferedPsk | undefined {
  const psk = takenPsk(offer, hello, suite)
  for (const other of offer.psks) if (other !== psk) other.earlySecret.forget()
  tellPsk(hs, offer, psk)
  return psk
}

function takenPsk(offer: Offer, hello: ServerHello, suite: CipherSuite): OfferedPsk | undefined {
  const selected = findExtension(hello.extensions, preSharedKey, 'ServerHello')
  if (selected === undefined) return undefined
  const psk = offer.psks[selected]
  if (psk === undefined)
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'ServerHello takes a PSK that was not offered', {
      section: 'RFC 8446 §4.2.11',
    })
  if (psk.hash !== suite.hash)
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      'ServerHello takes the PSK with a cipher suite of another hash',
      { section: 'RFC 8446 §4.2.11' },
    )
  return psk
}

function tellPsk(hs: HandshakeContext, offer: Offer, psk: OfferedPsk | undefined): void {
  const sessions = offer.psks.some(({ session }) => session !== undefined)
  hs.decide(() => ({
    what: 'resumption',
    by: 'server',
    offered: sessions ? ['the session', 'a full handshake'] : ['a full handshake'],
    chosen: psk?.session === undefined ? 'a full handshake' : 'the session',
    why:
      psk?.session !== undefined
        ? 'The server knows the ticket: the session vouches for it, no certificate is sent.'
        : sessions
          ? 'The server does not take the session that was offered.'
          : 'No session was offered.',
    section: 'RFC 8446 §4.2.11',
  }))
  if (!offer.psks.some(({ external }) => external !== undefined)) return
  hs.decide(() => ({
    what: 'pre-shared key',
    by: 'server',
    offered: [...offer.psks.flatMap(({ external }) => external ?? []).map(nameOfKey), 'none'],
    chosen: psk?.external === undefined ? 'none' : nameOfKey(psk.external),
    why:
      psk?.external === undefined
        ? 'The server takes none of the keys that were offered.'
        : 'The server has this key too: it vouches for both sides, no certificate is sent.',
    section: 'RFC 8446 §4.2.11',
  }))
}
