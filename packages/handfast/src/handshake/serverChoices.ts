/** What a server chooses of a client's offer (RFC 8446 §4.1.1, §4.4.2.2). */
import { matchesName, type Steps } from '@handfast/x509'
import { fromText, hexOf } from '../codec/bytes.ts'
import { cipherSuites, namedGroups, nameOf } from '../codec/registry.ts'
import { signatureSchemes } from '../codec/signatureScheme.ts'
import type { ClientHelloInfo, Identity, ServerConfig } from '../config.ts'
import type { CipherSuite, KeyExchangeGroup } from '../crypto/provider.ts'
import { defaultRetryGroups } from '../defaults.ts'
import { ConfigurationError, TlsError } from '../errors.ts'
import { groupsWithShare } from './clientHello13.ts'
import type { HandshakeContext } from './context.ts'
import { enabledCipherSuites, enabledGroups, firstCommon, namesOf } from './negotiation.ts'
import { chooseScheme } from './ownCertificate.ts'
import { ownLeaf } from './ownLeaf.ts'

/** @param hashes of the pre-shared keys that both sides have: a suite of one of them lets a key be used */
export function chooseSuite(
  hs: HandshakeContext,
  config: ServerConfig,
  info: ClientHelloInfo,
  hashes: readonly string[] = [],
): CipherSuite {
  const ours = enabledCipherSuites(config)
  const first = (suites: readonly CipherSuite[]) =>
    firstCommon(suites, info.cipherSuites, config.honorClientOrder === true)
  const forKey = first(ours.filter(({ hash }) => hashes.includes(hash.name)))
  const suite = forKey ?? first(ours)
  if (suite === undefined)
    throw new TlsError(
      'ERR_NO_COMMON_CIPHER_SUITE',
      `The client offers ${offer(namesOf(cipherSuites, info.cipherSuites))}; this server has ${ours.map(({ name }) => name).join(', ')}`,
    )
  hs.decide(() => ({
    what: 'cipher suite',
    by: 'server',
    offered: namesOf(cipherSuites, info.cipherSuites),
    chosen: suite.name,
    why: `${
      config.honorClientOrder === true
        ? "The client's first that this server has"
        : "This server's first that the client has"
    }${forKey === undefined ? '' : ', of those with the hash of a pre-shared key'}.`,
    section: 'RFC 8446 §4.1.1',
  }))
  return suite
}

/** Names for a message: no more of them than a reader takes in. */
function offer(names: readonly string[]): string {
  return names.length > 12 ? `${names.slice(0, 12).join(', ')} and more` : names.join(', ')
}

/** A protocol's name may be any octets (RFC 7301 §3.1): none of them may act on the terminal or the log that shows it. */
function quoted(name: string): string {
  return `"${name.replace(/[^ !#-[\]-~]/g, (octet) => `\\x${hexOf(fromText(octet))}`)}"`
}

/** The group that this server prefers among those with a share, unless a better one is worth a second ClientHello. */
export function chooseGroup(
  hs: HandshakeContext,
  config: ServerConfig,
  info: ClientHelloInfo,
): KeyExchangeGroup {
  const ours = enabledGroups(config)
  const theirOrder = config.honorClientOrder === true
  const best = firstCommon(ours, info.supportedGroups, theirOrder)
  if (best === undefined)
    throw new TlsError(
      'ERR_NO_COMMON_GROUP',
      `The client offers ${offer(namesOf(namedGroups, info.supportedGroups))}; this server has ${ours.map(({ name }) => name).join(', ')}`,
    )
  const shared = groupsWithShare(info.message, ours)
  const quick = firstCommon(shared, info.supportedGroups, theirOrder)
  const { retryForGroups = defaultRetryGroups } = config
  const chosen = quick === undefined || retryForGroups.includes(best.id) ? best : quick
  hs.decide(() => ({
    what: 'group',
    by: 'server',
    offered: namesOf(namedGroups, info.supportedGroups),
    chosen: chosen.name,
    why: shared.includes(chosen)
      ? 'The one that this server prefers, of those for which the client sent a share.'
      : quick === undefined
        ? 'The client sent no share that this server can use: it is asked for one of this group.'
        : 'This group is worth asking the client for a share of it (retryForGroups).',
    section: 'RFC 8446 §4.1.1',
  }))
  return chosen
}

/** RFC 7301 §3.2: where both name protocols and none is in common, the connection ends. */
export function chooseProtocol(
  hs: HandshakeContext,
  config: ServerConfig,
  info: ClientHelloInfo,
): string | undefined {
  const { alpnProtocols: offered } = info
  if (offered.length === 0) return undefined
  const { alpnProtocols = [], selectProtocol } = config
  if (selectProtocol === undefined && alpnProtocols.length === 0) return undefined
  const chosen =
    selectProtocol === undefined
      ? alpnProtocols.find((protocol) => offered.includes(protocol))
      : selectProtocol(offered, info)
  if (chosen === undefined)
    throw new TlsError(
      'ERR_NO_COMMON_PROTOCOL',
      `The client offers ${offer(offered.map(quoted))}, of which this server has none`,
    )
  if (!offered.includes(chosen))
    throw new ConfigurationError(
      'ERR_BAD_ALPN_PROTOCOL',
      'selectProtocol chose a protocol that the client did not offer',
    )
  hs.decide(() => ({
    what: 'application protocol',
    by: 'server',
    offered,
    chosen,
    why: "This server's first that the client has.",
    section: 'RFC 7301 §3.2',
  }))
  return chosen
}

export interface ChosenCertificate {
  readonly identity: Identity
  readonly scheme: number
}

export function* chooseCertificate(
  hs: HandshakeContext,
  config: ServerConfig,
  info: ClientHelloInfo,
): Steps<ChosenCertificate> {
  const candidates = yield* identitiesFor(hs, config, info)
  if (candidates.length === 0)
    throw config.findPreSharedKey === undefined
      ? new TlsError(
          'ERR_UNRECOGNIZED_NAME',
          info.serverName === undefined
            ? 'This server has no certificate for a client that names no server'
            : `This server has no certificate for ${info.serverName}`,
        )
      : new TlsError(
          'ERR_UNKNOWN_PSK_IDENTITY',
          'The client names no pre-shared key that this server can use, and it has no certificate',
          { section: 'RFC 8446 §4.2.11' },
        )
  if (info.signatureSchemes.length === 0)
    throw new TlsError('ERR_MISSING_EXTENSION', 'The ClientHello carries no signature_algorithms')
  for (const identity of candidates) {
    const scheme = chooseScheme(identity, info.signatureSchemes)
    if (scheme === undefined) continue
    hs.decide(() => ({
      what: 'signature scheme',
      by: 'server',
      offered: namesOf(signatureSchemes, info.signatureSchemes),
      chosen: nameOf(signatureSchemes, scheme),
      why: "The first that our certificate's key can make and the client accepts.",
      section: 'RFC 8446 §4.4.2.2',
    }))
    return { identity, scheme }
  }
  throw new TlsError(
    'ERR_NO_COMMON_SIGNATURE_SCHEME',
    `The client accepts ${offer(namesOf(signatureSchemes, info.signatureSchemes))}; our keys can make ${[
      ...new Set(
        candidates.flatMap(({ signingKey }) => namesOf(signatureSchemes, signingKey.schemes)),
      ),
    ].join(', ')}`,
  )
}

/** Those for the name that was asked for come first. */
export function* identitiesFor(
  hs: HandshakeContext,
  { identity }: ServerConfig,
  info: ClientHelloInfo,
): Steps<readonly Identity[]> {
  if (identity === undefined) return []
  if (typeof identity === 'function') {
    const picked = yield* hs.settle('choosing a certificate', identity(info))
    return picked === undefined ? [] : [picked]
  }
  if (!('length' in identity)) return [identity]
  const { serverName: name } = info
  if (name === undefined || identity.length === 1) return identity
  const fits = (candidate: Identity) => {
    const leaf = ownLeaf(candidate)
    return leaf !== undefined && matchesName(leaf, name)
  }
  const fitting = identity.filter(fits)
  return [...fitting, ...identity.filter((candidate) => !fitting.includes(candidate))]
}
