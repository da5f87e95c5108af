/** The judge of certificates, scripted: what is tested is what the protocol does with a verdict. */
import { type Check, type Failure, parseCertificate, type Verdict } from '@handfast/x509'
import { type CertificateVerifier, type PeerCertificate, TlsError } from 'handfast'
import { later } from './later.ts'
import type { Settings } from './settings.ts'

/** Chains that were accepted before, in this process: what a program that verifies once would remember. */
export type Accepted = Set<string>

export function scriptedVerifier(settings: Settings, accepted: Accepted): CertificateVerifier {
  return (peer) => {
    const verdict = () => judge(settings, accepted, peer)
    return settings.asynchronous ? later(verdict) : verdict()
  }
}

function judge(settings: Settings, accepted: Accepted, peer: PeerCertificate): Verdict {
  const chain = peer.chain.map((der) => Buffer.from(der).toString('base64')).join()
  const isKnown = accepted.has(chain) && !settings.verifyAgain
  if (settings.verifyFails && !isKnown) {
    if (isLenient(settings)) return { ...accepts(peer), checks: [refusedCheck] }
    // A program that says what the peer is told …
    if (!settings.customVerifier)
      throw new TlsError('ERR_CERTIFICATE_REFUSED', 'The runner wants it refused', {
        alert: 'handshake_failure',
      })
    // … and one that does not. Its own refusal has no failure of path validation to name.
    return { ...accepts(peer), valid: false }
  }
  if (settings.ocspCallbackFails && !settings.server)
    return { ...accepts(peer), valid: false, failures: [badStaple] }
  accepted.add(chain)
  return accepts(peer)
}

/** A client of which the runner does not ask to verify goes on, and knows. */
function isLenient({ server, verifyPeer, customVerifier }: Settings): boolean {
  return !server && !verifyPeer && !customVerifier
}

export const refusedCheck: Check = {
  what: 'certificate',
  against: 'the wish of the runner',
  result: 'fail',
  section: 'RFC 5280 §6',
}

function accepts(peer: PeerCertificate): Verdict {
  return {
    valid: true,
    path: [parseCertificate(peer.chain[0]!)],
    checks: [],
    failures: [],
    attempts: [],
  }
}

const badStaple: Failure = {
  code: 'revocation-unknown',
  message: 'The OCSP response was refused',
  help: 'Nothing: the runner wants it so.',
  section: 'RFC 6066 §8',
}
