/** The keys of a connection up to TLS 1.2, and the two Finished with which they come into force (RFC 5246 §7.1, §7.4.9). */
import type { Steps } from '@handfast/x509'
import { Finished } from '../codec/messages.ts'
import { HandshakeType } from '../codec/registry.ts'
import type { ClassicCipherSuite } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import type { NamedSecret } from '../keys/schedule.ts'
import { type ClassicContext, keyBlock } from '../keys/schedule12.ts'
import type { Protection } from '../record/protection.ts'
import type { Role } from '../trace/events.ts'
import type { HandshakeContext, HandshakeSteps } from './context.ts'
import type { ClassicVersion } from './version12.ts'

/** What both sides have once the master secret is known. */
export interface ClassicKeys {
  readonly version: ClassicVersion
  readonly suite: ClassicCipherSuite
  readonly context: ClassicContext
  readonly master: NamedSecret
  readonly protections: Readonly<Record<Role, Protection>>
}

export function* classicKeys(
  hs: HandshakeContext,
  version: ClassicVersion,
  suite: ClassicCipherSuite,
  encryptThenMac: boolean,
  context: ClassicContext,
  master: NamedSecret,
): Steps<ClassicKeys> {
  hs.logKey(master)
  const block = yield* keyBlock(context, master, version.keyLengths(suite))
  const client = yield* version.protection(hs.crypto, suite, block.client, encryptThenMac)
  const server = yield* version.protection(hs.crypto, suite, block.server, encryptThenMac)
  // One of them is in force only when the peer has finished.
  for (const protection of [client, server]) hs.hold(() => protection.destroy())
  return { version, suite, context, master, protections: { client, server } }
}

export function contextOf(
  hs: HandshakeContext,
  version: ClassicVersion,
  suite: ClassicCipherSuite,
  serverRandom: Uint8Array,
): ClassicContext {
  return {
    prf: version.prf,
    hash: version.hash(suite),
    clientRandom: hs.clientRandom,
    serverRandom: serverRandom.slice(),
    trace: hs.scheduleTrace,
    ...(version.operation && { operation: version.operation }),
  }
}

/** Changes our sending keys and sends Finished, the first message under them. @returns its verify_data */
export function* sendFinished12(hs: HandshakeContext, keys: ClassicKeys): Steps<Uint8Array> {
  hs.sendChangeCipherSpec()
  hs.useKeys('sent', keys.protections[hs.role])
  const { context, master, version } = keys
  const verifyData = yield* version.verifyData(context, master, hs.role, hs.transcript)
  hs.noteFinished('sent', verifyData)
  hs.send(HandshakeType.finished, Finished, { verifyData })
  return verifyData
}

/** Waits for the change of the peer's keys and for its Finished, and checks that. @returns its verify_data */
export function* receiveFinished12(
  hs: HandshakeContext,
  keys: ClassicKeys,
): HandshakeSteps<Uint8Array> {
  const peer = hs.role === 'client' ? 'server' : 'client'
  yield* hs.receiveChangeCipherSpec()
  hs.useKeys('received', keys.protections[peer])
  const message = yield* hs.receive(HandshakeType.finished)
  const expected = yield* keys.version.verifyData(keys.context, keys.master, peer, hs.transcript)
  const { verifyData } = hs.read(message, Finished)
  if (verifyData.length !== expected.length)
    throw new TlsError(
      'ERR_DECODE',
      `The ${peer}'s Finished has ${verifyData.length} bytes, not ${expected.length}`,
      { section: 'RFC 5246 §7.4.9' },
    )
  if (!hs.crypto.equal(verifyData, expected))
    throw new TlsError(
      'ERR_BAD_FINISHED',
      `The ${peer}'s Finished does not verify: the two sides saw different handshakes`,
      { section: 'RFC 5246 §7.4.9' },
    )
  hs.noteFinished('received', expected)
  hs.checked('Finished', 'the master secret, over the transcript so far', 'RFC 5246 §7.4.9')
  return expected
}
