/** Data in the client's first flight (RFC 8446 §2.3, §4.2.10). */
import type { Steps } from '@handfast/x509'
import { EndOfEarlyData } from '../codec/messages.ts'
import { ContentType, HandshakeType } from '../codec/registry.ts'
import type { ClientConfig, EarlyDataStatus } from '../config.ts'
import type { CipherSuite } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import type { Offer } from './clientHello.ts'
import type { OfferedPsk } from './clientPsk.ts'
import type { HandshakeContext } from './context.ts'
import { earlyTrafficSecret } from './earlyTraffic.ts'

/** The suite of the early keys, where early data can be offered: its session must allow it, and come first. */
export function earlySuite(
  hs: HandshakeContext,
  config: ClientConfig,
  suites: readonly CipherSuite[],
  psks: readonly OfferedPsk[],
): CipherSuite | undefined {
  const { earlyData } = config
  if (earlyData === undefined) return undefined
  const session = psks[0]?.session
  const reason = whyNot(config, earlyData, session)
  hs.decide(() => ({
    what: 'early data',
    by: 'client',
    offered: ['early data', 'none'],
    chosen: reason === undefined ? 'early data' : 'none',
    why: reason ?? 'The caller gives data that may be replayed, and the session allows as much.',
    section: 'RFC 8446 §4.2.10',
  }))
  return reason === undefined ? suites.find(({ id }) => id === session?.cipherSuite) : undefined
}

function whyNot(
  { alpnProtocols = [] }: ClientConfig,
  earlyData: Uint8Array,
  session: OfferedPsk['session'],
): string | undefined {
  if (session === undefined) return 'No session is offered.'
  const { maxEarlyData = 0, alpnProtocol } = session
  if (maxEarlyData === 0) return 'The server takes no early data with this session.'
  if (earlyData.length > maxEarlyData)
    return `The server takes ${maxEarlyData} bytes of early data with this session, not ${earlyData.length}.`
  if (alpnProtocol !== undefined && !alpnProtocols.includes(alpnProtocol))
    return 'The session is of an application protocol that is not offered.'
  return undefined
}

/** Right behind the ClientHello: the early keys, and all early data under them. */
export function* sendEarlyData(
  hs: HandshakeContext,
  config: ClientConfig,
  { early, psks }: Offer,
): Steps<void> {
  const secret = psks[0]?.earlySecret
  if (early === undefined || secret === undefined) return
  // RFC 8446 §D.4: immediately after the first ClientHello.
  if (config.middleboxCompatibility !== false) hs.sendChangeCipherSpec()
  const traffic = yield* earlyTrafficSecret(hs, secret)
  yield* hs.setKeys(hs.scheduleContext(early), early, 'client', traffic, 'early')
  traffic.value.fill(0)
  const { earlyData } = config
  if (earlyData !== undefined && earlyData.length > 0)
    hs.records.send(ContentType.application_data, earlyData)
}

/**
 * RFC 8446 §4.2.10: what must hold where the server says that it took the data.
 * @param accepted EncryptedExtensions carries early_data
 */
export function checkAccepted(
  accepted: boolean,
  offer: Offer,
  suite: CipherSuite,
  psk: OfferedPsk | undefined,
  alpnProtocol: string | undefined,
): void {
  if (!accepted) return
  const wrong =
    psk === undefined || psk !== offer.psks[0]
      ? 'without the session that it came with'
      : suite !== offer.early
        ? 'with another cipher suite than that of the session'
        : alpnProtocol !== psk.session?.alpnProtocol
          ? 'with another application protocol than that of the session'
          : undefined
  if (wrong !== undefined)
    throw new TlsError('ERR_ILLEGAL_PARAMETER', `The server takes early data ${wrong}`, {
      section: 'RFC 8446 §4.2.10',
    })
}

/** What became of the caller's early data. */
export function earlyDataStatus(
  { earlyData }: ClientConfig,
  offered: boolean,
  accepted: boolean,
): EarlyDataStatus | undefined {
  if (earlyData === undefined) return undefined
  if (!offered) return 'not offered'
  return accepted ? 'accepted' : 'refused'
}

/** RFC 8446 §4.5: the last under the early keys. */
export function sendEndOfEarlyData(hs: HandshakeContext): void {
  hs.send(HandshakeType.end_of_early_data, EndOfEarlyData, true)
}
