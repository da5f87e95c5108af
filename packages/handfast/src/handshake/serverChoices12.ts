/** What a server chooses of a client's offer in TLS 1.2: a suite, and with it a certificate and a group (RFC 5246 §7.4.1.3). */
import type { Steps } from '@handfast/x509'
import { hasExtension } from '../codec/extension.ts'
import {
  ExtensionType,
  NamedGroup,
  namedGroups,
  nameOf,
  protocolVersions,
} from '../codec/registry.ts'
import { signatureSchemes } from '../codec/signatureScheme.ts'
import type { ClientHelloInfo, Identity, ServerConfig } from '../config.ts'
import type { ClassicCipherSuite, KeyExchangeGroup } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import type { HandshakeContext } from './context.ts'
import { enabledGroups, firstCommon, namesOf } from './negotiation.ts'
import {
  enabledClassicSuites,
  enabledCurves,
  groupOfCurve,
  isFiniteField,
  suiteNames,
} from './negotiation12.ts'
import { ownLeaf } from './ownLeaf.ts'
import { identitiesFor } from './serverChoices.ts'
import { authenticationOf } from './signature12.ts'
import type { ClassicVersion } from './version12.ts'

/** A suite with all that it needs. */
export interface Chosen12 {
  readonly suite: ClassicCipherSuite
  /** Of an exchange by Diffie-Hellman. */
  readonly group: KeyExchangeGroup | undefined
  /** Of every suite but those of PSK. */
  readonly identity: Identity | undefined
  /** Of ServerKeyExchange. */
  readonly scheme: number | undefined
}

/** The first suite of the preferred order for which there are a certificate, a signature scheme and a group. */
export function* chooseSuite12(
  hs: HandshakeContext,
  version: ClassicVersion,
  config: ServerConfig,
  info: ClientHelloInfo,
): Steps<Chosen12> {
  const enabled = enabledClassicSuites(config, version)
  const common = inOrder(enabled, info.cipherSuites, config.honorClientOrder === true)
  const identities = yield* identitiesFor(hs, config, info)
  for (const suite of common) {
    const chosen = fit(version, config, info, suite, identities)
    if (chosen === undefined) continue
    tell(hs, config, info, chosen)
    return chosen
  }
  const usesCertificates = enabled.some(({ authentication }) => authentication !== 'PSK')
  if (identities.length === 0 && common.length > 0 && usesCertificates)
    throw new TlsError(
      'ERR_UNRECOGNIZED_NAME',
      `This server has no certificate for ${info.serverName ?? 'a client that names no server'}, and no suite without`,
    )
  const offered = suiteNames(info.cipherSuites).slice(0, 12).join(', ')
  throw new TlsError(
    'ERR_NO_COMMON_CIPHER_SUITE',
    common.length === 0
      ? `The client offers ${offered}; for ${nameOf(protocolVersions, version.version)} this server has ${enabled.map(({ name }) => name).join(', ')}`
      : `Of ${common.map(({ name }) => name).join(', ')} none goes with our certificates, and with the client's groups and signature schemes`,
    { section: 'RFC 5246 §7.4.1.3' },
  )
}

function inOrder(
  ours: readonly ClassicCipherSuite[],
  theirs: readonly number[],
  theirOrder: boolean,
): readonly ClassicCipherSuite[] {
  if (!theirOrder) return ours.filter(({ id }) => theirs.includes(id))
  return theirs.flatMap((id) => ours.filter((suite) => suite.id === id))
}

/** @returns undefined where something is missing for this suite */
function fit(
  { signatures }: ClassicVersion,
  config: ServerConfig,
  info: ClientHelloInfo,
  suite: ClassicCipherSuite,
  identities: readonly Identity[],
): Chosen12 | undefined {
  const { keyExchange, authentication } = suite
  const withGroup = keyExchange !== 'RSA' && keyExchange !== 'PSK'
  const group = withGroup ? groupFor(config, info, keyExchange === 'DHE') : undefined
  if (withGroup && group === undefined) return undefined
  if (authentication === 'PSK') return { suite, group, identity: undefined, scheme: undefined }
  for (const identity of identities) {
    const leaf = ownLeaf(identity)
    if (leaf === undefined) continue
    const { type, curve } = leaf.subjectPublicKeyInfo.algorithm
    if (authenticationOf(type) !== authentication) continue
    if (keyExchange === 'RSA') {
      const allowed = leaf.keyUsage === undefined || leaf.keyUsage.has('keyEncipherment')
      if (!allowed || identity.signingKey.decryptPremaster === undefined) continue
      return { suite, group, identity, scheme: undefined }
    }
    // RFC 8422 §5.3: the curve of the certificate must be one that the client has, too.
    const groupOfKey = groupOfCurve(curve)
    const { supportedGroups } = info
    if (groupOfKey && supportedGroups.length > 0 && !supportedGroups.includes(groupOfKey)) continue
    const scheme = signatures.choose(identity, info.signatureSchemes)
    if (scheme !== undefined) return { suite, group, identity, scheme }
  }
  return undefined
}

function groupFor(
  config: ServerConfig,
  info: ClientHelloInfo,
  finiteField: boolean,
): KeyExchangeGroup | undefined {
  const theirs = info.supportedGroups
  const theirOrder = config.honorClientOrder === true
  if (!finiteField) {
    const curves = enabledCurves(config)
    // RFC 8422 §4: a client that names no curves leaves the choice to us; P-256 is the one that all have.
    if (!hasExtension(info.message.extensions, ExtensionType.supported_groups))
      return curves.find(({ id }) => id === NamedGroup.secp256r1)
    return firstCommon(curves, theirs, theirOrder)
  }
  const enabled = enabledGroups(config).filter(({ id }) => isFiniteField(id))
  const fields =
    enabled.length > 0 ? enabled : config.crypto.groups.filter(({ id }) => isFiniteField(id))
  // RFC 7919 §4: a client that names fields takes no other; one that names none takes any.
  if (theirs.some(isFiniteField)) return firstCommon(fields, theirs, theirOrder)
  const own = config.finiteField
  if (own === undefined) return fields[0]
  return config.crypto.finiteFieldGroup?.(own.prime, own.generator)
}

function tell(
  hs: HandshakeContext,
  config: ServerConfig,
  info: ClientHelloInfo,
  { suite, group, scheme }: Chosen12,
): void {
  hs.decide(() => ({
    what: 'cipher suite',
    by: 'server',
    offered: suiteNames(info.cipherSuites),
    chosen: suite.name,
    why:
      config.honorClientOrder === true
        ? "The client's first that this server has, and has a certificate for."
        : "This server's first that the client has, and that a certificate goes with.",
    section: 'RFC 5246 §7.4.1.3',
  }))
  if (group !== undefined)
    hs.decide(() => ({
      what: 'group',
      by: 'server',
      offered: namesOf(namedGroups, info.supportedGroups),
      chosen: group.name,
      why: 'The one that this server prefers, of those that the client has.',
      section: 'RFC 8422 §5.4',
    }))
  if (scheme !== undefined)
    hs.decide(() => ({
      what: 'signature scheme',
      by: 'server',
      offered: namesOf(signatureSchemes, info.signatureSchemes),
      chosen: nameOf(signatureSchemes, scheme),
      why: "The first that our certificate's key can make and the client accepts.",
      section: 'RFC 5246 §7.4.1.4.1',
    }))
}
