/** What the runner's flags say must have come of a handshake. */
import type { ConnectionInfo } from 'handfast'
import { certificatesIn, listOf } from './credentials.ts'
import { type Settings, Unexpected } from './settings.ts'
import { refusedCheck } from './verifier.ts'

export interface Outcome {
  readonly info: ConnectionInfo
  readonly isResume: boolean
  /** The place of the credential that we showed; undefined for none. */
  readonly credential: number | undefined
}

/** @throws Unexpected that names the first difference */
export function checkOutcome(settings: Settings, { info, isResume, credential }: Outcome): void {
  expect('resumed', info.resumed, isResume && !settings.expectSessionMiss)
  if (settings.expectVersion !== 0) expect('version', info.version, settings.expectVersion)
  if (settings.expectServerName !== '')
    expect('server name', info.serverName, settings.expectServerName)
  if (settings.expectNoServerName) expect('server name', info.serverName, undefined)
  const protocol = settings.server ? settings.selectAlpn : settings.expectAlpn
  expect('application protocol', info.alpnProtocol ?? '', protocol)
  if (settings.expectCurve !== 0) expect('group', info.group, settings.expectCurve)
  if (settings.expectRetry) expect('helloRetried', info.helloRetried, true)
  if (settings.expectNoRetry) expect('helloRetried', info.helloRetried, false)
  const suite = settings.expectCipher || settings.expectCipherAes
  if (suite !== 0) expect('cipher suite', info.cipherSuite, suite)
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
  if (settings.expectNoPeerCertificate) expect('peer certificate', shown, false)
  else if (!settings.server || settings.requireClientCertificate)
    expect('peer certificate', shown, true)
}

function hex(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes).toString('hex')
}

function expect(what: string, actual: unknown, wanted: unknown): void {
  if (actual !== wanted)
    throw new Unexpected(`${what} is ${String(actual)}, and was to be ${String(wanted)}`)
}
