/** What the runner's flags say must have come of a handshake. */
import type { ConnectionInfo, Session } from 'handfast'
import { certificatesIn, listOf } from './credentials.ts'
import { type Settings, Unexpected } from './settings.ts'
import { refusedCheck } from './verifier.ts'

export interface Outcome {
  readonly info: ConnectionInfo
  readonly isResume: boolean
  /** The place of the credential that we showed; undefined for none. */
  readonly credential: number | undefined
  /** The server keeps the session under an id. */
  readonly rememberedById: boolean
}

/** @throws Unexpected that names the first difference */
export function checkOutcome(settings: Settings, outcome: Outcome): void {
  const { info, isResume, credential } = outcome
  expect('resumed', info.resumed, isResume && !settings.expectSessionMiss)
  if (settings.expectVersion !== 0) expect('version', info.version, settings.expectVersion)
  if (settings.expectServerName !== '')
    expect('server name', info.serverName, settings.expectServerName)
  if (settings.expectNoServerName) expect('server name', info.serverName, undefined)
  const protocol = settings.server ? settings.selectAlpn : settings.expectAlpn
  expect('application protocol', info.alpnProtocol ?? '', protocol)
  // What TLS 1.2 resumes had a group once, and this handshake has none.
  if (settings.expectCurve !== 0 && !(info.resumed && info.version < 0x0304))
    expect('group', info.group, settings.expectCurve)
  if (settings.expectRetry) expect('helloRetried', info.helloRetried, true)
  if (settings.expectNoRetry) expect('helloRetried', info.helloRetried, false)
  const suite = settings.expectCipher || settings.expectCipherAes
  if (suite !== 0) expect('cipher suite', info.cipherSuite, suite)
  if (settings.expectExtendedMasterSecret && info.version < 0x0304)
    expect('extended_master_secret', info.extendedMasterSecret, true)
  if (settings.expectSecureRenegotiation !== undefined && info.version < 0x0304)
    expect('renegotiation_info', info.secureRenegotiation, settings.expectSecureRenegotiation)
  if (settings.expectSessionId !== undefined && !isResume)
    expect('remembered by an id', outcome.rememberedById, settings.expectSessionId)
  checkPeer(settings, info)
  if (settings.expectSelectedCredential !== undefined)
    expect('credential', credential, settings.expectSelectedCredential)
}

function checkPeer(settings: Settings, info: ConnectionInfo): void {
  // After a resumption there was no CertificateVerify to have a scheme.
  if (settings.expectPeerSignatureScheme !== 0 && !info.resumed)
    expect('peer signature scheme', info.peerSignatureScheme, settings.expectPeerSignatureScheme)
  if (settings.expectOcspResponse !== undefined && !info.resumed)
    expect('OCSP response', hex(info.ocspResponse), hex(settings.expectOcspResponse))
  if (settings.expectScts !== undefined && !info.resumed)
    expect('SCT list', hex(listOf(info.signedCertificateTimestamps)), hex(settings.expectScts))
  if (settings.expectVerifyResult && info.verdict !== undefined)
    expect('refused', info.verdict.checks.includes(refusedCheck), settings.verifyFails)
  if (settings.expectPeerCertificateFile !== '')
    expect(
      'peer certificates',
      info.peerCertificates.map(hex).join(),
      certificatesIn(settings.expectPeerCertificateFile).map(hex).join(),
    )
  const shown = info.peerCertificates.length > 0
  if (settings.expectNoPeerCertificate || info.pskIdentity !== undefined)
    expect('peer certificate', shown, false)
  else if (!settings.server || settings.requireClientCertificate)
    expect('peer certificate', shown, true)
}

export function checkEarlyData(settings: Settings, status: ConnectionInfo['earlyData']): void {
  if (settings.expectEarlyAccepted) expect('early data', status, 'accepted')
  if (settings.expectEarlyRefused) expect('early data accepted', status === 'accepted', false)
  if (settings.expectNoEarlyOffer && status !== undefined)
    expect('early data', status, 'not offered')
}

export function checkEarlyTicket({ expectEarlyTicket }: Settings, session: Session): void {
  expect('early data with the session', session.maxEarlyData !== undefined, expectEarlyTicket)
}

function hex(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes).toString('hex')
}

function expect(what: string, actual: unknown, wanted: unknown): void {
  if (actual !== wanted)
    throw new Unexpected(`${what} is ${String(actual)}, and was to be ${String(wanted)}`)
}
