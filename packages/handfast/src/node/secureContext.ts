/** What connections can share: identities, trusted certificates, and what is enabled. Made once, used for many. */
import type { SecureContext as NodeSecureContext } from 'node:tls'
import {
  type Certificate,
  createTrustStore,
  parseCertificate,
  type TrustStore,
} from '@handfast/x509'
import { certificateVerifier } from '../certificateVerifier.ts'
import { CipherSuiteId, ProtocolVersion } from '../codec/registry.ts'
import type { CertificateVerifier, FiniteField, Identity } from '../config.ts'
import { nodeProvider } from '../crypto/node/index.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import type { LegacyDoor } from '../handshake/protocol.ts'
import type { CertificateVerifierOptions } from '../verifier/certificateVerifierOf.ts'
import { certificatesOf, listOf } from './certificates.ts'
import { chooseSuites } from './ciphers.ts'
import { readCrls } from './crls.ts'
import { type DhParameters, fieldOf } from './dhparam.ts'
import { type IdentityOptions, makeIdentities } from './identities.ts'
import { type NameList, parseCompressions, parseGroups, parseSignatureSchemes } from './names.ts'
import { type PfxInput, readPfx } from './pfx.ts'
import { defaultTrustStore } from './roots.ts'
import { engineCiphers, settings } from './tables.ts'
import { refuseUnsupported } from './unsupported.ts'
import {
  bytesOf,
  invalidArgValue,
  validateBuffer,
  validateInteger,
  validateObject,
  validateString,
  withCode,
} from './validate.ts'
import { chooseVersions, type VersionOptions } from './versions.ts'

type Text = string | NodeJS.ArrayBufferView

/** What is demanded of the peer's certificates beyond a valid path, as of `certificateVerifier`: handfast's own. */
export type CertificateDemands = Omit<CertificateVerifierOptions, 'crypto' | 'trust'>

const demandNames = [
  'profile',
  'revocation',
  'transparency',
  'pins',
  'tlsaRecords',
  'additionalChecks',
] as const satisfies readonly (keyof CertificateDemands)[]

export interface SecureContextOptions extends IdentityOptions, VersionOptions, CertificateDemands {
  /** Revocation lists, PEM or DER: for every certificate of a path there must be one, of its issuer, that lets it live. */
  readonly crl?: Text | readonly Text[] | undefined

  /** PKCS #12: key, certificate, and those above it, which are trusted. `passphrase` opens it. */
  readonly pfx?: PfxInput | readonly PfxInput[] | undefined
  /** The certificates that are trusted, in place of Node's own: PEM, or DER. */
  readonly ca?: Text | readonly Text[] | undefined
  /** Trusts a certificate of `ca` that is not a root by itself. Default: false, as OpenSSL. */
  readonly allowPartialTrustChain?: boolean | undefined
  /** A cipher string as OpenSSL takes it, or an array of names (OpenSSL's or IANA's) and code points. */
  readonly ciphers?: NameList | undefined
  /** Groups for the key exchange, the preferred first, or `auto`. `groups` is the same under its name of today. */
  readonly ecdhCurve?: NameList | undefined
  readonly groups?: NameList | undefined
  /** Signatures that are made and accepted, the preferred first; `signatureSchemes` is the same under the RFC's name. */
  readonly sigalgs?: NameList | undefined
  readonly signatureSchemes?: NameList | undefined
  /** Server: prefers its own order of suites and groups over the client's. Default: true for `createServer`. */
  readonly honorCipherOrder?: boolean | undefined
  /** Server: PEM of the field of DHE in TLS 1.2, or `auto` for one of RFC 7919. Default: there is no DHE. */
  readonly dhparam?: DhParameters | undefined
  /** `zlib`, `brotli`, `zstd`, the preferred first: certificates of TLS 1.3 are compressed (RFC 8879). Default: none is. */
  readonly certificateCompression?: NameList | undefined
  /** Server: 48 bytes that encrypt session tickets, to be shared between servers. */
  readonly ticketKeys?: NodeJS.ArrayBufferView | undefined
  /** Server: seconds for which a session can be resumed. Default: 300. */
  readonly sessionTimeout?: number | undefined
  /** Server: sessions of another context are not resumed. */
  readonly sessionIdContext?: string | undefined
  /** The crypto provider. Default: the one over node:crypto. */
  readonly crypto?: CryptoProvider | undefined
}

/** Bytes of `ticketKeys`: a name of 16, and a key of 32. */
export const ticketKeysLength = 48

const defaultSessionTimeout = 300

export class SecureContext {
  readonly crypto: CryptoProvider
  readonly legacy: LegacyDoor | undefined
  /** Code points, the highest first. */
  readonly versions: readonly number[]
  readonly identities: readonly Identity[]
  readonly cipherSuites: readonly number[] | undefined
  readonly groups: readonly number[] | undefined
  readonly signatureSchemes: readonly number[] | undefined
  readonly certificateCompression: readonly number[] | undefined
  /** Server: of DHE in TLS 1.2. */
  readonly finiteField: FiniteField | 'auto' | undefined
  readonly honorCipherOrder: boolean | undefined
  readonly ticketKeys: Uint8Array | undefined
  /** Seconds. */
  readonly sessionTimeout: number
  readonly sessionIdContext: string | undefined
  /** True where sessions are to be kept by the server and not in tickets (`SSL_OP_NO_TICKET`). */
  readonly noTickets: boolean
  /** Lets in servers that do not know RFC 5746 (`SSL_OP_LEGACY_SERVER_CONNECT`). */
  readonly legacyServers: boolean
  /** DER of `ca`; undefined where Node's own roots are trusted. */
  readonly authorities: readonly Uint8Array[] | undefined
  /** DER of certificates in `ca` that help to reach a root without being trusted themselves. */
  readonly intermediates: readonly Uint8Array[]
  #verify: CertificateVerifier | undefined = undefined
  /** DER of the names of those in `ca`, which a server tells a client that it asks for a certificate. */
  readonly authorityNames: readonly Uint8Array[]
  /** Undefined for nothing more than a valid path. */
  readonly demands: CertificateDemands | undefined
  readonly #trust: TrustStore | undefined

  constructor(options: SecureContextOptions = {}) {
    validateObject(options, 'options')
    refuseUnsupported(options)
    const { versions, noTickets, serverPreference, legacyServers } = chooseVersions(options)
    this.legacyServers = legacyServers
    this.versions = versions
    this.noTickets = noTickets
    const crypto = options.crypto ?? nodeProvider
    this.legacy = options.legacy
    this.crypto = options.legacy?.crypto(crypto) ?? crypto
    this.cipherSuites = suitesOf(options.ciphers, this)
    this.versions = withSuites(versions, this.cipherSuites)
    this.finiteField = fieldOf(options.dhparam)
    this.certificateCompression =
      options.certificateCompression == null
        ? undefined
        : parseCompressions(options.certificateCompression, 'options.certificateCompression')
    this.groups = groupsOf(options)
    this.signatureSchemes = schemesOf(options)
    this.honorCipherOrder = options.honorCipherOrder ?? (serverPreference ? true : undefined)
    const pfx = readPfx(options.pfx, options.passphrase)
    const others = pfx.flatMap((one) => one.others)
    const ca = options.ca
      ? listOf(options.ca).flatMap((one) => certificatesOf(one, 'options.ca'))
      : undefined
    this.authorities =
      ca !== undefined || others.length > 0 ? [...(ca ?? []), ...others] : undefined
    const parsed = (this.authorities ?? []).map(readAuthority)
    const isAnchor = (certificate: Certificate) =>
      options.allowPartialTrustChain === true || certificate.isSelfIssued
    const anchors = parsed.filter(isAnchor)
    this.authorityNames = anchors.map(({ subject }) => subject.der)
    this.intermediates = parsed.filter((one) => !isAnchor(one)).map(({ der }) => der)
    // What a PKCS #12 file brings is trusted beside the roots, not in their place.
    const roots = ca === undefined && others.length > 0 ? defaultTrustStore().anchors : []
    this.#trust = this.authorities && createTrustStore([...roots, ...anchors])
    this.demands = demandsOf(options)
    // Says now what is wrong with them; the roots are indexed when they are needed.
    if (this.demands !== undefined)
      certificateVerifier({ crypto: this.crypto, trust: [], ...this.demands })
    this.identities = restrict(
      makeIdentities(
        {
          ...options,
          cert: [...listOf(options.cert), ...pfx.map(({ certificate }) => certificate)],
          key: [...listOf(options.key), ...pfx.map(({ key }) => key)],
        },
        this.authorities ?? [],
      ),
      this.signatureSchemes,
    )
    this.ticketKeys = ticketKeysOf(options.ticketKeys)
    if (options.sessionTimeout != null)
      validateInteger(options.sessionTimeout, 'options.sessionTimeout', 0, 2 ** 31 - 1)
    this.sessionTimeout = options.sessionTimeout || defaultSessionTimeout
    if (options.sessionIdContext != null)
      validateString(options.sessionIdContext, 'options.sessionIdContext')
    this.sessionIdContext = options.sessionIdContext ?? undefined
  }

  /** For programs that hand on `secureContext.context`, as node:tls has it. */
  get context(): this {
    return this
  }

  /** Judges a peer's certificate. Whom Node trusts may change while a program runs: that is asked anew. */
  get verify(): CertificateVerifier {
    const { crypto, trust, demands } = this
    const verify = this.#verify ?? certificateVerifier({ crypto, trust, ...demands })
    if (this.#trust !== undefined) this.#verify = verify
    return verify
  }

  /** Who is trusted. Node's own roots are indexed when they are first asked for. */
  get trust(): TrustStore {
    return this.#trust ?? defaultTrustStore()
  }
}

function demandsOf(options: SecureContextOptions): CertificateDemands | undefined {
  const crls = readCrls(options.crl)
  const given = demandNames.flatMap((name) =>
    options[name] == null ? [] : [[name, options[name]]],
  )
  if (given.length === 0 && crls === undefined) return undefined
  const demands: CertificateDemands = Object.fromEntries(given)
  if (crls === undefined) return demands
  const { revocation } = demands
  return {
    ...demands,
    revocation: {
      ...{ policy: 'require', scope: 'path' },
      ...revocation,
      crls: [...(revocation?.crls ?? []), ...crls],
    },
  }
}

function readAuthority(der: Uint8Array): Certificate {
  try {
    return parseCertificate(der)
  } catch (cause) {
    throw withCode(
      new Error(`options.ca holds a certificate that cannot be read: ${(cause as Error).message}`, {
        cause,
      }),
      'ERR_OSSL_ASN1_WRONG_TAG',
    )
  }
}

const tls13Suites: ReadonlySet<number> = new Set(Object.values(CipherSuiteId))

/** A version without a suite is not spoken; where none is left, the handshake says so. */
function withSuites(
  versions: readonly number[],
  suites: readonly number[] | undefined,
): readonly number[] {
  if (suites === undefined) return versions
  const has = (version: number) =>
    suites.some((id) => tls13Suites.has(id) === (version === ProtocolVersion.TLS13))
  const spoken = versions.filter(has)
  return spoken.length > 0 ? spoken : versions
}

/** Undefined where nobody says anything: the engine's own choice. */
function suitesOf(
  ciphers: NameList | undefined | null,
  { versions, crypto }: Pick<SecureContext, 'versions' | 'crypto'>,
): readonly number[] | undefined {
  if (ciphers != null && ciphers !== '') return chooseSuites(ciphers, versions, crypto)
  if (settings.DEFAULT_CIPHERS === engineCiphers) return undefined
  return chooseSuites(settings.DEFAULT_CIPHERS, versions, crypto)
}

function groupsOf({ ecdhCurve, groups }: SecureContextOptions): readonly number[] | undefined {
  if (groups != null) return parseGroups(groups, 'options.groups')
  return parseGroups(ecdhCurve ?? settings.DEFAULT_ECDH_CURVE, 'options.ecdhCurve')
}

function schemesOf({
  sigalgs,
  signatureSchemes,
}: SecureContextOptions): readonly number[] | undefined {
  if (signatureSchemes != null)
    return parseSignatureSchemes(signatureSchemes, 'options.signatureSchemes')
  if (sigalgs == null) return undefined
  return parseSignatureSchemes(sigalgs, 'options.sigalgs')
}

/** `sigalgs` says what is made as well as what is accepted. */
function restrict(
  identities: readonly Identity[],
  schemes: readonly number[] | undefined,
): readonly Identity[] {
  if (schemes === undefined) return identities
  const named = (ids: readonly number[] = []) => ids.filter((id) => schemes.includes(id))
  return identities.map(({ signingKey, ...identity }) => ({
    ...identity,
    signingKey: {
      schemes: named(signingKey.schemes),
      classicSchemes: named(signingKey.classicSchemes),
      sign: (scheme, data) => signingKey.sign(scheme, data),
      ...(signingKey.decryptPremaster && {
        decryptPremaster: (...parts) => signingKey.decryptPremaster!(...parts),
      }),
    },
  }))
}

function ticketKeysOf(keys: NodeJS.ArrayBufferView | undefined | null): Uint8Array | undefined {
  if (keys == null) return undefined
  validateBuffer(keys, 'options.ticketKeys')
  if (keys.byteLength !== ticketKeysLength)
    throw invalidArgValue('options.ticketKeys', keys.byteLength, 'must be exactly 48 bytes')
  return bytesOf(keys).slice()
}

/** A context made of options; nothing is read from a file, and no default root is parsed until one is needed. */
export function createSecureContext(options?: SecureContextOptions): SecureContext {
  return new SecureContext(options ?? {})
}

/** What node:tls's types call a context; only this library's own is one at run time. */
export type AnyContext = NodeSecureContext

/** A context, or the options of one. */
export function contextFrom(value: AnyContext | SecureContextOptions): SecureContext {
  return 'context' in value ? asSecureContext(value) : createSecureContext(value)
}

/** @throws TypeError `ERR_TLS_INVALID_CONTEXT` for a context of another library, node:tls included */
export function asSecureContext(value: unknown, name = 'context'): SecureContext {
  if (value instanceof SecureContext) return value
  throw withCode(
    new TypeError(`${name} must be a SecureContext, of handfast/node's createSecureContext()`),
    'ERR_TLS_INVALID_CONTEXT',
  )
}
