/** Which of the keys that a client offers, of sessions or had before, is taken, if any (RFC 8446 §4.2.11). */
import type { Steps, Verdict } from '@handfast/x509'
import { sameBytes } from '../codec/bytes.ts'
import { findExtension } from '../codec/extension.ts'
import { PskBinders, preSharedKey } from '../codec/extensions/pre_shared_key.ts'
import { pskKeyExchangeModesExtension } from '../codec/extensions/psk_key_exchange_modes.ts'
import {
  nameOf,
  ProtocolVersion,
  PskKeyExchangeMode,
  pskKeyExchangeModes,
} from '../codec/registry.ts'
import { encode } from '../codec/wire.ts'
import type { ClientHelloInfo, PreSharedKey, ServerConfig } from '../config.ts'
import type { CipherSuite } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import { EarlySecret, verifyData } from '../keys/schedule.ts'
import type { SessionState } from '../session/session.ts'
import type { HandshakeContext } from './context.ts'
import { judge } from './peerCertificate.ts'
import { binderLabel, hashOf, nameOfKey, serverKey } from './preSharedKeys.ts'

/** Identities that are tried of one offer: each costs a decryption, or a question. */
const identitiesTried = 8

export interface AcceptedPsk {
  /** Its place in the client's list. */
  readonly index: number
  readonly earlySecret: EarlySecret
  /** Of a session that is resumed. */
  readonly state?: SessionState
  /** Of the client's certificate in it, which was judged again. */
  readonly verdict?: Verdict | undefined
  /** The pre-shared key by which the client is known, now or when the session was made. */
  readonly pskIdentity?: Uint8Array | undefined
}

/** The pre-shared keys of the client's offer that this server has too, in the client's order; tickets are for later. */
export function* knownKeys(
  hs: HandshakeContext,
  config: ServerConfig,
  info: ClientHelloInfo,
): Steps<readonly PreSharedKey[]> {
  const offered = findExtension(info.message.extensions, preSharedKey, 'ClientHello')
  if (offered === undefined || config.findPreSharedKey === undefined) return []
  const keys: PreSharedKey[] = []
  for (const { identity } of offered.identities.slice(0, identitiesTried)) {
    const key = yield* serverKey(hs, config, identity)
    if (key !== undefined) keys.push(key)
  }
  return keys
}

/**
 * @param keys what `knownKeys` found, in the first ClientHello
 * @returns undefined for a full handshake. @throws TlsError where a binder does not verify
 */
export function* acceptPsk(
  hs: HandshakeContext,
  config: ServerConfig,
  info: ClientHelloInfo,
  suite: CipherSuite,
  keys: readonly PreSharedKey[],
): Steps<AcceptedPsk | undefined> {
  const offered = findExtension(info.message.extensions, preSharedKey, 'ClientHello')
  if (offered === undefined) return undefined
  const { identities, binders } = offered
  if (identities.length !== binders.length)
    throw new TlsError(
      'ERR_ILLEGAL_PARAMETER',
      `${identities.length} PSKs come with ${binders.length} binders`,
      { section: 'RFC 8446 §4.2.11' },
    )
  const modes = findExtension(info.message.extensions, pskKeyExchangeModesExtension, 'ClientHello')
  if (!modes?.includes(PskKeyExchangeMode.psk_dhe_ke)) {
    refused(
      hs,
      `The client allows ${modes?.map((mode) => nameOf(pskKeyExchangeModes, mode)).join(', ')} only.`,
    )
    return undefined
  }
  const { tickets } = config
  let reason =
    tickets === undefined ? 'This server keeps no sessions.' : 'No ticket is known to this server.'
  const context = hs.scheduleContext(suite)
  for (const [index, { identity }] of identities.slice(0, identitiesTried).entries()) {
    const key = keys.find((known) => sameBytes(known.identity, identity))
    if (key !== undefined) {
      if (hashOf(key) !== suite.hash.name) continue
      const earlySecret = yield* EarlySecret.extract(context, key.key)
      yield* checkBinder(hs, suite, earlySecret, binderLabel(key), binders, index)
      hs.decide(() => ({
        what: 'pre-shared key',
        by: 'server',
        offered: identities.map((_, i) => `identity ${i}`),
        chosen: nameOfKey(key),
        why: 'This server has the key, and it is for the hash of the cipher suite.',
        section: 'RFC 8446 §4.2.11',
      }))
      return { index, earlySecret, pskIdentity: identity.slice() }
    }
    const state = tickets && (yield* hs.settle('opening a ticket', tickets.redeem(identity)))
    if (state === undefined) continue
    const usable = yield* judgeState(hs, config, info, suite, state)
    if (typeof usable === 'string') {
      reason = usable
      continue
    }
    const earlySecret = yield* EarlySecret.extract(context, state.psk)
    yield* checkBinder(hs, suite, earlySecret, binderLabel(undefined), binders, index)
    hs.decide(() => ({
      what: 'resumption',
      by: 'server',
      offered: identities.map((_, i) => `ticket ${i}`),
      chosen: `ticket ${index}`,
      why: 'The ticket opens, is fresh, and is of this server name and hash.',
      section: 'RFC 8446 §4.2.11',
    }))
    return { index, earlySecret, state, verdict: usable.verdict, pskIdentity: state.pskIdentity }
  }
  refused(hs, reason)
  return undefined
}

/**
 * RFC 8446 §4.1.2: after a HelloRetryRequest a client may leave out the PSKs that do not go with the cipher suite, and no
 * others. One that leaves them out may have been made to.
 */
export function* refuseDroppedPsk(
  hs: HandshakeContext,
  config: ServerConfig,
  first: ClientHelloInfo,
  second: ClientHelloInfo,
  suite: CipherSuite,
  keys: readonly PreSharedKey[],
): Steps<void> {
  const offered = findExtension(first.message.extensions, preSharedKey, 'ClientHello')
  if (offered === undefined) return
  const again = findExtension(second.message.extensions, preSharedKey, 'ClientHello')
  const isDropped = ({ identity }: { readonly identity: Uint8Array }) =>
    again?.identities.some((kept) => sameBytes(kept.identity, identity)) !== true
  const forSuite = keys.filter((key) => hashOf(key) === suite.hash.name)
  if (forSuite.some(isDropped)) throw droppedPsk(again)
  const { tickets } = config
  if (tickets === undefined || again !== undefined) return
  for (const { identity } of offered.identities.slice(0, identitiesTried)) {
    const state = yield* hs.settle('opening a ticket', tickets.redeem(identity))
    if (state !== undefined && hasSameHash(config, state, suite)) throw droppedPsk(again)
  }
}

function droppedPsk(again: object | undefined): TlsError {
  return new TlsError(
    again === undefined ? 'ERR_MISSING_EXTENSION' : 'ERR_ILLEGAL_PARAMETER',
    'The second ClientHello leaves out a PSK of the first that goes with the cipher suite',
    { section: 'RFC 8446 §4.1.2' },
  )
}

function hasSameHash(config: ServerConfig, state: SessionState, suite: CipherSuite): boolean {
  if (state.version !== ProtocolVersion.TLS13) return false
  const original = config.crypto.cipherSuites.find(({ id }) => id === state.cipherSuite)
  return original?.hash === suite.hash
}

function refused(hs: HandshakeContext, why: string): void {
  hs.decide(() => ({
    what: 'resumption',
    by: 'server',
    offered: ['the session', 'a full handshake'],
    chosen: 'a full handshake',
    why,
    section: 'RFC 8446 §4.2.11',
  }))
}

/** @returns why a session that we issued is not to be resumed now, or the judgement of its client */
function* judgeState(
  hs: HandshakeContext,
  config: ServerConfig,
  info: ClientHelloInfo,
  suite: CipherSuite,
  state: SessionState,
): Steps<string | { readonly verdict: Verdict | undefined }> {
  if (state.version !== ProtocolVersion.TLS13) return 'The ticket is of another version.'
  if (!hasSameHash(config, state, suite))
    return 'The ticket is of a cipher suite with another hash.'
  if (state.serverName !== info.serverName) return 'The ticket is for another server name.'
  if (state.pskIdentity !== undefined)
    return (yield* serverKey(hs, config, state.pskIdentity)) === undefined
      ? 'The ticket was made with a pre-shared key that is not known any more.'
      : { verdict: undefined }
  const { clientAuthentication } = config
  if (clientAuthentication === undefined) {
    // An identity that nobody here would judge is not carried on.
    return state.peerCertificates.length === 0
      ? { verdict: undefined }
      : 'The ticket holds a client certificate, which this server does not ask for.'
  }
  const [first] = state.peerCertificates
  if (first === undefined)
    return clientAuthentication.mode === 'require'
      ? 'The ticket holds no client certificate, and this server demands one.'
      : { verdict: undefined }
  try {
    // Whom the server trusts may have changed since the ticket was issued.
    const verdict = yield* judge(hs, clientAuthentication.verifyCertificate, {
      chain: state.peerCertificates,
      ocspResponse: undefined,
      signedCertificateTimestamps: [],
      role: 'client',
      serverName: undefined,
      time: config.clock(),
    })
    return { verdict }
  } catch (error) {
    if (error instanceof TlsError)
      return `The client's certificate is not accepted any more: ${error.message}.`
    throw error
  }
}

/** RFC 8446 §4.2.11.2: over the transcript, with the ClientHello up to its binders. */
function* checkBinder(
  hs: HandshakeContext,
  suite: CipherSuite,
  earlySecret: EarlySecret,
  label: ReturnType<typeof binderLabel>,
  binders: readonly Uint8Array[],
  index: number,
): Steps<void> {
  const bindersLength = encode(PskBinders, [...binders]).length
  const hash = yield* hs.settle(
    'hashing for the binder',
    hs.transcript.hashWithout(suite.hash, bindersLength),
  )
  const binderKey = yield* earlySecret.binderKey(label)
  const expected = yield* verifyData(earlySecret.context, binderKey, hash)
  const binder = binders[index]
  if (binder === undefined || !hs.crypto.equal(binder, expected))
    throw new TlsError('ERR_BAD_BINDER', 'The binder of the PSK does not verify')
  hs.checked('PSK binder', 'the ClientHello, with the key that it names', 'RFC 8446 §4.2.11.2')
}
