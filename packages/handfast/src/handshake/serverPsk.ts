/** Which of the sessions that a client offers, if any, is resumed (RFC 8446 §4.2.11). */
import type { Steps, Verdict } from '@handfast/x509'
import { findExtension, hasExtension } from '../codec/extension.ts'
import { PskBinders, preSharedKey } from '../codec/extensions/pre_shared_key.ts'
import { pskKeyExchangeModesExtension } from '../codec/extensions/psk_key_exchange_modes.ts'
import {
  ExtensionType,
  nameOf,
  ProtocolVersion,
  PskKeyExchangeMode,
  pskKeyExchangeModes,
} from '../codec/registry.ts'
import { encode } from '../codec/wire.ts'
import type { ClientHelloInfo, ServerConfig } from '../config.ts'
import type { CipherSuite } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import { EarlySecret, verifyData } from '../keys/schedule.ts'
import type { SessionState } from '../session/session.ts'
import type { HandshakeContext } from './context.ts'
import { judge, parseLeaf } from './peerCertificate.ts'

/** Tickets that are tried of one offer: each costs a decryption. */
const identitiesTried = 5

export interface AcceptedPsk {
  /** Its place in the client's list. */
  readonly index: number
  readonly state: SessionState
  readonly earlySecret: EarlySecret
  /** Of the client's certificate, which was judged again. */
  readonly verdict: Verdict | undefined
}

/** @returns undefined for a full handshake. @throws TlsError where a binder does not verify */
export function* acceptPsk(
  hs: HandshakeContext,
  config: ServerConfig,
  info: ClientHelloInfo,
  suite: CipherSuite,
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
  if (tickets === undefined) {
    refused(hs, 'This server keeps no sessions.')
    return undefined
  }
  let reason = 'No ticket is known to this server.'
  for (const [index, { identity }] of identities.slice(0, identitiesTried).entries()) {
    const state = yield* hs.settle('opening a ticket', tickets.redeem(identity))
    if (state === undefined) continue
    const usable = yield* judgeState(hs, config, info, suite, state)
    if (typeof usable === 'string') {
      reason = usable
      continue
    }
    const context = hs.scheduleContext(suite)
    const earlySecret = yield* EarlySecret.extract(context, state.psk)
    yield* checkBinder(hs, info, suite, earlySecret, binders, index)
    hs.decide(() => ({
      what: 'resumption',
      by: 'server',
      offered: identities.map((_, i) => `ticket ${i}`),
      chosen: `ticket ${index}`,
      why: 'The ticket opens, is fresh, and is of this server name and hash.',
      section: 'RFC 8446 §4.2.11',
    }))
    return { index, state, earlySecret, verdict: usable.verdict }
  }
  refused(hs, reason)
  return undefined
}

/**
 * RFC 8446 §4.1.2: after a HelloRetryRequest a client may leave out the PSKs that do not go with the cipher suite, and no
 * others. One that leaves out all of them may have been made to.
 */
export function* refuseDroppedPsk(
  hs: HandshakeContext,
  config: ServerConfig,
  first: ClientHelloInfo,
  second: ClientHelloInfo,
  suite: CipherSuite,
): Steps<void> {
  const offered = findExtension(first.message.extensions, preSharedKey, 'ClientHello')
  const { tickets } = config
  if (offered === undefined || tickets === undefined) return
  if (hasExtension(second.message.extensions, ExtensionType.pre_shared_key)) return
  for (const { identity } of offered.identities.slice(0, identitiesTried)) {
    const state = yield* hs.settle('opening a ticket', tickets.redeem(identity))
    if (state !== undefined && hasSameHash(config, state, suite))
      throw new TlsError(
        'ERR_MISSING_EXTENSION',
        'The second ClientHello leaves out a PSK of the first that goes with the cipher suite',
        { section: 'RFC 8446 §4.1.2' },
      )
  }
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
      leaf: parseLeaf(first),
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
  _info: ClientHelloInfo,
  suite: CipherSuite,
  earlySecret: EarlySecret,
  binders: readonly Uint8Array[],
  index: number,
): Steps<void> {
  const bindersLength = encode(PskBinders, [...binders]).length
  const hash = yield* hs.settle(
    'hashing for the binder',
    hs.transcript.hashWithout(suite.hash, bindersLength),
  )
  const binderKey = yield* earlySecret.binderKey('res binder')
  const expected = yield* verifyData(earlySecret.context, binderKey, hash)
  const binder = binders[index]
  if (binder === undefined || !hs.crypto.equal(binder, expected))
    throw new TlsError('ERR_BAD_BINDER', 'The binder of the PSK does not verify')
  hs.checked('PSK binder', 'the ClientHello, with the key of the session', 'RFC 8446 §4.2.11.2')
}
