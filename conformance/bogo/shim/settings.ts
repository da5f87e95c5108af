/** What the runner asked for, of one connection: the flags of BoringSSL's shim protocol, parsed. */

import type { ProfileName } from './profiles.ts'

/** A certificate and key that the runner put into files, or a pre-shared key to import. */
export interface Credential {
  certificateFile: string
  keyFile: string
  /** Code points; empty for all that the key can make. */
  signingPreferences: number[]
  ocspResponse: Uint8Array | undefined
  /** A SignedCertificateTimestampList (RFC 6962 §3.3). */
  signedCertificateTimestamps: Uint8Array | undefined
  /** Usable only where the peer names its issuer. */
  mustMatchIssuer: boolean
  /** It is a pre-shared key: what follows is of it (RFC 9258). */
  isKey: boolean
  key: Uint8Array
  identity: Uint8Array
  context: Uint8Array
  hash: 'sha256' | 'sha384'
}

export function emptyCredential(): Credential {
  return {
    certificateFile: '',
    keyFile: '',
    signingPreferences: [],
    ocspResponse: undefined,
    signedCertificateTimestamps: undefined,
    mustMatchIssuer: false,
    isKey: false,
    key: new Uint8Array(0),
    identity: new Uint8Array(0),
    context: new Uint8Array(0),
    hash: 'sha256',
  }
}

export interface Settings {
  // Where the runner is, and how often.
  port: number
  ipv6: boolean
  shimId: bigint
  resumeCount: number
  /** Seconds to move the clock by after a connection. */
  resumptionDelay: number

  // What is enabled.
  server: boolean
  minVersion: number
  maxVersion: number
  disabledVersions: number[]
  curves: number[]
  keyShares: number[] | undefined
  serverGroupsHint: number[]
  verifyPreferences: number[]
  serverPreference: boolean
  cipherList: string
  profile: ProfileName | undefined
  /** Code points of ways to compress certificates. */
  compressions: number[]
  earlyData: boolean
  psk: string
  pskIdentity: string
  fallbackScsv: boolean
  requireSecureRenegotiation: boolean
  grease: boolean
  permuteExtensions: boolean
  noTicket: boolean
  maxSendFragment: number
  maxCertificateList: number

  // Who we are, and who the peer should be.
  defaultCredential: Credential
  credentials: Credential[]
  hostName: string
  verifyPeer: boolean
  requireClientCertificate: boolean
  verifyFails: boolean
  verifyAgain: boolean
  customVerifier: boolean
  enableOcsp: boolean
  ocspCallback: boolean
  ocspCallbackSets: boolean
  ocspCallbackDeclines: boolean
  ocspCallbackFails: boolean
  enableScts: boolean
  clientAuthorities: string | undefined

  // Application protocols.
  advertiseAlpn: string
  selectAlpn: string
  declineAlpn: boolean
  rejectAlpn: boolean
  selectEmptyAlpn: boolean

  // Callbacks that answer late, or refuse.
  asynchronous: boolean
  failClientHello: boolean
  tooBusy: boolean
  failCertificate: boolean
  skipTicket: boolean

  // What to do with the connection.
  implicitHandshake: boolean
  writesFirst: boolean
  initialWrite: string
  repeatInitialWrite: number
  unfinishedWrite: boolean
  shutsDown: boolean
  checkCloseNotify: boolean
  keyUpdate: boolean
  keyUpdateBeforeRead: boolean
  writeDifferentSizes: boolean
  exportLength: number
  exportLabel: string
  exportContext: string
  useExportContext: boolean
  exportTrafficSecrets: boolean
  tlsUnique: boolean

  // What must have come of it.
  expectVersion: number
  expectSessionMiss: boolean
  expectEarlyTicket: boolean
  expectEarlyAccepted: boolean
  expectEarlyRefused: boolean
  expectNoEarlyOffer: boolean
  expectNoSession: boolean
  expectTicketRenewal: boolean
  /** Whether the server remembers the session by its id; undefined where the runner does not mind. */
  expectSessionId: boolean | undefined
  expectExtendedMasterSecret: boolean
  expectSecureRenegotiation: boolean | undefined
  expectServerName: string
  expectNoServerName: boolean
  expectAlpn: string
  expectAdvertisedAlpn: string
  expectCurve: number
  expectRetry: boolean
  expectNoRetry: boolean
  expectCipher: number
  expectCipherAes: number
  expectPeerSignatureScheme: number
  expectPeerVerifyPreferences: number[]
  expectOcspResponse: Uint8Array | undefined
  expectScts: Uint8Array | undefined
  expectPeerCertificateFile: string
  expectNoPeerCertificate: boolean
  expectVerifyResult: boolean
  expectSelectedCredential: number | undefined
  expectClientAuthorities: string | undefined
  expectMessages: string
}

export function defaultSettings(): Settings {
  return {
    port: 0,
    ipv6: false,
    shimId: 0n,
    resumeCount: 0,
    resumptionDelay: 0,
    server: false,
    minVersion: 0,
    maxVersion: 0,
    disabledVersions: [],
    curves: [],
    keyShares: undefined,
    serverGroupsHint: [],
    verifyPreferences: [],
    serverPreference: false,
    cipherList: '',
    profile: undefined,
    compressions: [],
    earlyData: false,
    psk: '',
    pskIdentity: '',
    fallbackScsv: false,
    requireSecureRenegotiation: false,
    grease: false,
    permuteExtensions: false,
    noTicket: false,
    maxSendFragment: 0,
    maxCertificateList: 0,
    defaultCredential: emptyCredential(),
    credentials: [],
    hostName: '',
    verifyPeer: false,
    requireClientCertificate: false,
    verifyFails: false,
    verifyAgain: false,
    customVerifier: false,
    enableOcsp: false,
    ocspCallback: false,
    ocspCallbackSets: false,
    ocspCallbackDeclines: false,
    ocspCallbackFails: false,
    enableScts: false,
    clientAuthorities: undefined,
    advertiseAlpn: '',
    selectAlpn: '',
    declineAlpn: false,
    rejectAlpn: false,
    selectEmptyAlpn: false,
    asynchronous: false,
    failClientHello: false,
    tooBusy: false,
    failCertificate: false,
    skipTicket: false,
    implicitHandshake: false,
    writesFirst: false,
    initialWrite: 'hello',
    repeatInitialWrite: 1,
    unfinishedWrite: false,
    shutsDown: false,
    checkCloseNotify: false,
    keyUpdate: false,
    keyUpdateBeforeRead: false,
    writeDifferentSizes: false,
    exportLength: 0,
    exportLabel: '',
    exportContext: '',
    useExportContext: false,
    exportTrafficSecrets: false,
    tlsUnique: false,
    expectVersion: 0,
    expectSessionMiss: false,
    expectEarlyTicket: false,
    expectEarlyAccepted: false,
    expectEarlyRefused: false,
    expectNoEarlyOffer: false,
    expectNoSession: false,
    expectTicketRenewal: false,
    expectSessionId: undefined,
    expectExtendedMasterSecret: false,
    expectSecureRenegotiation: undefined,
    expectServerName: '',
    expectNoServerName: false,
    expectAlpn: '',
    expectAdvertisedAlpn: '',
    expectCurve: 0,
    expectRetry: false,
    expectNoRetry: false,
    expectCipher: 0,
    expectCipherAes: 0,
    expectPeerSignatureScheme: 0,
    expectPeerVerifyPreferences: [],
    expectOcspResponse: undefined,
    expectScts: undefined,
    expectPeerCertificateFile: '',
    expectNoPeerCertificate: false,
    expectVerifyResult: false,
    expectSelectedCredential: undefined,
    expectClientAuthorities: undefined,
    expectMessages: '',
  }
}

/** The exit code that tells the runner so. */
export const unimplementedCode = 89
/** The variable that names a file to which a line is added for each test that ends so: what was missing. */
export const missingLog = 'HANDFAST_BOGO_UNIMPLEMENTED'

/** The runner asks for what this library does not have: the shim leaves with the code for that. */
export class Unimplemented extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'Unimplemented'
  }
}

/** The connection did not come out as the runner's flags say it must. */
export class Unexpected extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Unexpected'
  }
}
