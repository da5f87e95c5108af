/**
 * The command line of the shim. Flags apply to every connection, or, with a prefix, to one kind:
 * `-on-initial-…` the first, `-on-resume-…` those that resume, `-on-retry-…` those after refused early data.
 */
import { mockCompressions } from './mockCompressions.ts'
import type { ProfileName } from './profiles.ts'
import {
  type Credential,
  defaultSettings,
  emptyCredential,
  type Settings,
  Unimplemented,
} from './settings.ts'

interface Flag {
  readonly hasValue: boolean
  /** What the library would need to follow it, and lacks. */
  readonly missing?: string
  readonly apply: (settings: Settings, value: string) => void
}

type KeysOf<T> = { [K in keyof Settings]-?: Settings[K] extends T ? K : never }[keyof Settings]

function yes(key: KeysOf<boolean>): Flag {
  return {
    hasValue: false,
    apply: (settings) => {
      settings[key] = true as never
    },
  }
}

function number(key: KeysOf<number>): Flag {
  return withValue((settings, value) => {
    settings[key] = integer(value) as never
  })
}

function numbers(key: KeysOf<number[]>): Flag {
  return withValue((settings, value) => {
    settings[key] = [...settings[key], integer(value)] as never
  })
}

function text(key: KeysOf<string>): Flag {
  return withValue((settings, value) => {
    settings[key] = value as never
  })
}

function withValue(apply: Flag['apply']): Flag {
  return { hasValue: true, apply }
}

function withoutValue(apply: (settings: Settings) => void): Flag {
  return { hasValue: false, apply }
}

/** A flag of the credential that was begun last, or of the default one. */
function credential(set: (credential: Credential, value: string) => void, hasValue = true): Flag {
  return {
    hasValue,
    apply: (settings, value) => {
      const last = settings.credentials.at(-1)
      if (last !== undefined) set(last, value)
      else set(settings.defaultCredential, value)
    },
  }
}

/** For what the library's interface does not have a place for, and no outcome hangs on. Each says why that is so. */
function withoutMeaning(_why: string, hasValue = false): Flag {
  return { hasValue, apply: () => {} }
}

function lacks(reason: string, hasValue = false): Flag {
  return {
    hasValue,
    missing: reason,
    apply: () => {
      throw new Unimplemented(reason)
    },
  }
}

function integer(value: string): number {
  const parsed = Number(value)
  if (!Number.isInteger(parsed)) throw new Error(`not an integer: ${value}`)
  return parsed
}

function base64(value: string): Uint8Array {
  return new Uint8Array(Buffer.from(value, 'base64'))
}

const hello = 'Encrypted Client Hello'
const rawKeys = 'raw public keys (RFC 7250)'
const settingsProtocol = 'ALPS, an expired draft'
const nextProtocol = 'NPN, which ALPN replaced'
const channelId = 'Channel ID, an expired draft'
const pake = 'SPAKE2+ (draft)'
const anchors = 'trust anchor identifiers (draft)'
const delegated = 'delegated credentials (RFC 9345)'
const renegotiation = 'renegotiation, which TLS 1.3 forbids and this library does not offer'
const padding = 'padding that the server adds on request (draft)'
const quic = 'QUIC'
const falseStart = 'False Start (RFC 7918)'
const hashOnly = 'keeping a digest in place of the client certificate'
const pastNames = 'resumption across names (draft)'

const flags: Readonly<Record<string, Flag>> = {
  '-port': number('port'),
  '-ipv6': yes('ipv6'),
  '-shim-id': withValue((settings, value) => {
    settings.shimId = BigInt(value)
  }),
  '-resume-count': number('resumeCount'),
  '-resumption-delay': number('resumptionDelay'),
  '-write-settings': withoutMeaning(
    "where the runner keeps transcripts for BoringSSL's fuzzers",
    true,
  ),

  '-server': yes('server'),
  '-min-version': number('minVersion'),
  '-max-version': number('maxVersion'),
  '-no-tls13': disable(0x0304),
  '-no-tls12': disable(0x0303),
  '-no-tls11': disable(0x0302),
  '-no-tls1': disable(0x0301),
  '-curves': numbers('curves'),
  '-key-shares': withValue((settings, value) => {
    settings.keyShares = [...(settings.keyShares ?? []), integer(value)]
  }),
  '-no-key-shares': withoutValue((settings) => {
    settings.keyShares = []
  }),
  '-server-supported-groups-hint': numbers('serverGroupsHint'),
  '-curves-flags': lacks('groups of equal preference', true),
  '-verify-prefs': numbers('verifyPreferences'),
  '-server-preference': yes('serverPreference'),
  '-enable-grease': yes('grease'),
  '-permute-extensions': yes('permuteExtensions'),
  '-no-ticket': yes('noTicket'),
  '-max-send-fragment': number('maxSendFragment'),
  '-max-cert-list': number('maxCertificateList'),

  '-cert-file': credential((target, value) => {
    target.certificateFile = value
  }),
  '-key-file': credential((target, value) => {
    target.keyFile = value
  }),
  '-signing-prefs': credential((target, value) => {
    target.signingPreferences = [...target.signingPreferences, integer(value)]
  }),
  '-ocsp-response': credential((target, value) => {
    target.ocspResponse = base64(value)
  }),
  '-signed-cert-timestamps': credential((target, value) => {
    target.signedCertificateTimestamps = base64(value)
  }),
  '-must-match-issuer': credential((target) => {
    target.mustMatchIssuer = true
  }, false),
  '-new-x509-credential': withoutValue((settings) => {
    settings.credentials = [...settings.credentials, emptyCredential()]
  }),
  '-trust-cert': withoutMeaning(
    'who is trusted is not what is tested: the verifier is scripted',
    true,
  ),
  '-host-name': text('hostName'),
  '-verify-peer': yes('verifyPeer'),
  '-require-any-client-certificate': yes('requireClientCertificate'),
  '-verify-fail': yes('verifyFails'),
  '-reverify-on-resume': yes('verifyAgain'),
  '-use-custom-verify-callback': yes('customVerifier'),
  '-use-old-client-cert-callback': withoutMeaning('there is one way to choose a certificate'),
  '-enable-ocsp-stapling': yes('enableOcsp'),
  '-use-ocsp-callback': yes('ocspCallback'),
  '-set-ocsp-in-callback': yes('ocspCallbackSets'),
  '-decline-ocsp-callback': yes('ocspCallbackDeclines'),
  '-fail-ocsp-callback': yes('ocspCallbackFails'),
  '-enable-signed-cert-timestamps': yes('enableScts'),
  '-use-client-ca-list': withValue((settings, value) => {
    settings.clientAuthorities = value
  }),

  '-advertise-alpn': text('advertiseAlpn'),
  '-select-alpn': text('selectAlpn'),
  '-decline-alpn': yes('declineAlpn'),
  '-reject-alpn': yes('rejectAlpn'),
  '-select-empty-alpn': yes('selectEmptyAlpn'),
  '-allow-unknown-alpn-protos': lacks('accepting an application protocol that was not offered'),

  '-async': yes('asynchronous'),
  '-use-early-callback': withoutMeaning('onClientHello is always asked'),
  '-fail-early-callback': yes('failClientHello'),
  '-install-ddos-callback': withoutMeaning('onClientHello is always asked'),
  '-fail-ddos-callback': yes('tooBusy'),
  '-fail-cert-callback': yes('failCertificate'),
  '-use-ticket-callback': withoutMeaning('tickets are always a service of the configuration'),
  '-use-ticket-aead-callback': withoutMeaning('tickets are always a service of the configuration'),
  '-skip-ticket': yes('skipTicket'),
  '-renew-ticket': withoutMeaning(
    'a new ticket after every resumption is what TLS 1.3 does anyhow',
  ),
  '-ticket-key': lacks("tickets in BoringSSL's own format", true),

  '-implicit-handshake': yes('implicitHandshake'),
  '-shim-writes-first': yes('writesFirst'),
  '-shim-initial-write': text('initialWrite'),
  '-repeat-shim-initial-write': number('repeatInitialWrite'),
  '-read-with-unfinished-write': yes('unfinishedWrite'),
  '-shim-shuts-down': yes('shutsDown'),
  '-check-close-notify': yes('checkCloseNotify'),
  '-key-update': yes('keyUpdate'),
  '-key-update-before-read': yes('keyUpdateBeforeRead'),
  '-write-different-record-sizes': yes('writeDifferentSizes'),
  '-export-keying-material': number('exportLength'),
  '-export-label': text('exportLabel'),
  '-export-context': text('exportContext'),
  '-use-export-context': yes('useExportContext'),
  '-export-traffic-secrets': yes('exportTrafficSecrets'),
  '-read-size': withoutMeaning('data is delivered by the record, there is no buffer to size', true),
  '-partial-write': withoutMeaning('a write takes all that it is given'),
  '-no-op-extra-handshake': withoutMeaning('there is no call to make a handshake'),
  '-peek-then-read': lacks('reading without taking'),
  '-send-alert': lacks("sending an alert of the caller's choice"),
  '-tls-unique': yes('tlsUnique'),
  '-use-exporter-between-reads': lacks(renegotiation),
  '-handshake-twice': lacks(renegotiation),
  '-handshake-never-done': lacks(falseStart),

  '-expect-version': number('expectVersion'),
  '-expect-session-miss': yes('expectSessionMiss'),
  '-expect-no-session': yes('expectNoSession'),
  '-expect-server-name': text('expectServerName'),
  '-expect-no-server-name': yes('expectNoServerName'),
  '-expect-alpn': text('expectAlpn'),
  '-expect-advertised-alpn': text('expectAdvertisedAlpn'),
  '-expect-curve-id': number('expectCurve'),
  '-expect-hrr': yes('expectRetry'),
  '-expect-no-hrr': yes('expectNoRetry'),
  '-expect-cipher': number('expectCipher'),
  '-expect-cipher-aes': number('expectCipherAes'),
  '-expect-cipher-no-aes': withoutMeaning(
    'this machine has AES in hardware, or is treated as if',
    true,
  ),
  '-expect-peer-signature-algorithm': number('expectPeerSignatureScheme'),
  '-expect-peer-verify-pref': numbers('expectPeerVerifyPreferences'),
  '-expect-ocsp-response': withValue((settings, value) => {
    settings.expectOcspResponse = base64(value)
  }),
  '-expect-signed-cert-timestamps': withValue((settings, value) => {
    settings.expectScts = base64(value)
  }),
  '-expect-peer-cert-file': text('expectPeerCertificateFile'),
  '-expect-no-peer-cert': yes('expectNoPeerCertificate'),
  '-expect-verify-result': yes('expectVerifyResult'),
  '-expect-selected-credential': withValue((settings, value) => {
    settings.expectSelectedCredential = integer(value)
  }),
  '-expect-client-ca-list': withValue((settings, value) => {
    settings.expectClientAuthorities = value
  }),
  '-expect-msg-callback': text('expectMessages'),
  '-expect-no-session-id': withoutValue((settings) => {
    settings.expectSessionId = false
  }),
  '-expect-session-id': withoutValue((settings) => {
    settings.expectSessionId = true
  }),
  '-expect-ticket-renewal': yes('expectTicketRenewal'),
  '-expect-extended-master-secret': yes('expectExtendedMasterSecret'),
  '-expect-secure-renegotiation': withoutValue((settings) => {
    settings.expectSecureRenegotiation = true
  }),
  '-expect-no-secure-renegotiation': withoutValue((settings) => {
    settings.expectSecureRenegotiation = false
  }),
  '-expect-early-data-reason': withoutMeaning(
    'the library says in its trace, in words, why early data was refused',
    true,
  ),
  '-expect-no-offer-early-data': yes('expectNoEarlyOffer'),
  '-expect-ticket-age-skew': withoutMeaning('the library tells nobody how wrong a clock is', true),
  '-expect-ech-accept': lacks(hello),

  '-dtls': lacks('DTLS'),
  '-quic': lacks(quic),
  '-quic-transport-params': lacks(quic, true),
  '-expect-quic-transport-params': lacks(quic, true),
  '-quic-use-legacy-codepoint': lacks(quic, true),
  '-quic-early-data-context': lacks(quic, true),
  '-enable-early-data': yes('earlyData'),
  '-expect-ticket-supports-early-data': yes('expectEarlyTicket'),
  '-expect-accept-early-data': yes('expectEarlyAccepted'),
  '-expect-reject-early-data': yes('expectEarlyRefused'),
  '-early-write-after-message': lacks(
    'writing in the middle of a handshake, after a named message',
    true,
  ),
  '-enable-ech-grease': lacks(hello),
  '-reject-unusable-ech-config': lacks(hello),
  '-ech-server-config': lacks(hello, true),
  '-ech-server-key': lacks(hello, true),
  '-ech-is-retry-config': lacks(hello, true),
  '-ech-config-list': lacks(hello, true),
  '-expect-ech-name-override': lacks(hello, true),
  '-expect-no-ech-name-override': lacks(hello),
  '-expect-ech-retry-configs': lacks(hello, true),
  '-expect-no-ech-retry-configs': lacks(hello),
  '-fail-early-callback-ech-rewind': lacks(hello),
  '-install-cert-compression-algs': withoutValue((settings) => {
    settings.compressions = mockCompressions.map(({ id }) => id)
  }),
  '-install-one-cert-compression-alg': withValue((settings, value) => {
    settings.compressions = [integer(value)]
  }),
  '-accepted-peer-cert-types': lacks(rawKeys, true),
  '-available-client-cert-types': lacks(rawKeys, true),
  '-expect-peer-certificate-type': lacks(rawKeys, true),
  '-expect-peer-rpk-sha256': lacks(rawKeys, true),
  '-new-rpk-credential': lacks(rawKeys),
  '-application-settings': lacks(settingsProtocol, true),
  '-expect-peer-application-settings': lacks(settingsProtocol, true),
  '-alps-use-new-codepoint': lacks(settingsProtocol, true),
  '-defer-alps': lacks(settingsProtocol),
  '-advertise-npn': lacks(nextProtocol, true),
  '-advertise-empty-npn': lacks(nextProtocol),
  '-select-next-proto': lacks(nextProtocol, true),
  '-select-empty-next-proto': lacks(nextProtocol),
  '-expect-next-proto': lacks(nextProtocol, true),
  '-expect-no-next-proto': lacks(nextProtocol),
  '-enable-channel-id': lacks(channelId),
  '-send-channel-id': lacks(channelId, true),
  '-expect-channel-id': lacks(channelId, true),
  '-psk': text('psk'),
  '-psk-identity': text('pskIdentity'),
  '-new-psk-credential': withoutValue((settings) => {
    settings.credentials = [...settings.credentials, { ...emptyCredential(), isKey: true }]
  }),
  '-psk-importer-key': credential((target, value) => {
    target.key = base64(value)
  }),
  '-psk-importer-identity': credential((target, value) => {
    target.identity = base64(value)
  }),
  '-psk-importer-context': credential((target, value) => {
    target.context = base64(value)
  }),
  '-psk-importer-sha256': credential((target) => {
    target.hash = 'sha256'
  }, false),
  '-psk-importer-sha384': credential((target) => {
    target.hash = 'sha384'
  }, false),
  '-new-spake2plusv1-credential': lacks(pake),
  '-requested-trust-anchors': lacks(anchors, true),
  '-available-trust-anchors': lacks(anchors, true),
  '-expect-peer-match-trust-anchor': lacks(anchors),
  '-expect-no-peer-match-trust-anchor': lacks(anchors),
  '-expect-peer-available-trust-anchors': lacks(anchors, true),
  '-cert-properties': lacks(anchors, true),
  '-new-delegated-credential': lacks(delegated),
  '-delegated-credential': lacks(delegated, true),
  '-renegotiate-once': lacks(renegotiation),
  '-renegotiate-freely': lacks(renegotiation),
  '-renegotiate-ignore': lacks(renegotiation),
  '-renegotiate-explicit': lacks(renegotiation),
  '-forbid-renegotiation-after-handshake': lacks(renegotiation),
  '-expect-total-renegotiations': lacks(renegotiation, true),
  '-fips-202205': profile('fips-202205'),
  '-wpa-202304': profile('wpa-202304'),
  '-cnsa-202407': profile('cnsa-202407'),
  '-cnsa1-202603': profile('cnsa1-202603'),
  '-cnsa2-202603': profile('cnsa2-202603'),
  '-request-server-padding': lacks(padding, true),
  '-server-supports-padding': lacks(padding),
  '-expect-server-sent-requested-padding': lacks(padding),
  '-retain-only-sha256-client-cert': lacks(hashOnly),
  '-expect-sha256-client-cert': lacks(hashOnly),
  '-resumption-across-names-enabled': lacks(pastNames),
  '-expect-resumable-across-names': lacks(pastNames),
  '-expect-not-resumable-across-names': lacks(pastNames),
  '-no-server-name-ack': lacks('leaving server_name unanswered'),
  '-srtp-profiles': lacks('SRTP, which is of DTLS', true),
  '-jdk11-workaround': lacks('working around a bug of JDK 11'),
  '-cipher': text('cipherList'),
  '-fallback-scsv': yes('fallbackScsv'),
  '-no-legacy-server-connect': yes('requireSecureRenegotiation'),
  '-cbc-record-splitting': withoutMeaning('data of TLS 1.0 is always split (BEAST)'),
  '-false-start': lacks(falseStart),
  '-allow-false-start-without-alpn': lacks(falseStart),
  '-expect-certificate-types': lacks('telling the certificate types of a request', true),
  '-handshake-hints': lacks('handshakes that another process makes'),
  '-allow-hint-mismatch': withoutMeaning('of handshakes that another process makes'),
  '-handshaker-path': lacks('handshakes that another process makes', true),
  '-private-key-delay-ms': lacks('a clock for private keys', true),
  '-mtu': lacks('DTLS', true),
  '-initial-timeout-duration-ms': lacks('DTLS', true),
  '-wait-for-debugger': lacks('waiting for a debugger'),
}

function disable(version: number): Flag {
  return withoutValue((settings) => {
    settings.disabledVersions = [...settings.disabledVersions, version]
  })
}

function profile(name: ProfileName): Flag {
  return withoutValue((settings) => {
    settings.profile = name
  })
}

/** Flags that no connection can follow, with what is missing for them. */
export const missingByFlag: ReadonlyMap<string, string> = new Map(
  Object.entries(flags).flatMap(([name, { missing }]) =>
    missing === undefined ? [] : [[name, missing]],
  ),
)

export interface CommandLine {
  readonly initial: Settings
  readonly resume: Settings
  /** Of a resumption whose early data was refused. */
  readonly retry: Settings
}

/**
 * @param args without the program's name
 * @throws Unimplemented for a flag that this library cannot follow, or that nobody here has heard of
 */
export function parseFlags(args: readonly string[]): CommandLine {
  const initial = defaultSettings()
  const resume = defaultSettings()
  const retry = defaultSettings()
  for (let i = 0; i < args.length; i++) {
    const { name, targets } = scopeOf(args[i]!, initial, resume, retry)
    const flag = flags[name]
    if (flag === undefined) throw new Unimplemented(`the flag ${name} is not known to this shim`)
    const value = flag.hasValue ? args[++i] : ''
    if (value === undefined) throw new Error(`${name} wants a value`)
    for (const settings of targets) flag.apply(settings, value)
  }
  return { initial, resume, retry }
}

function scopeOf(
  argument: string,
  initial: Settings,
  resume: Settings,
  retry: Settings,
): { readonly name: string; readonly targets: readonly Settings[] } {
  const [, process, connection, name] =
    /^(?:-on-(shim|handshaker))?(?:-on-(initial|resume|retry))?(-.*)$/.exec(argument) ?? []
  if (name === undefined) throw new Error(`not a flag: ${argument}`)
  // There is no other process: what is said of it applies to nothing.
  if (process === 'handshaker') return { name, targets: [] }
  if (connection === 'retry') return { name, targets: [retry] }
  if (connection === 'initial') return { name, targets: [initial] }
  return { name, targets: connection === 'resume' ? [resume] : [initial, resume, retry] }
}
