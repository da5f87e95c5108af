/** What a side has enabled, and how one of several offers is chosen (RFC 8446 §4.1.1). */
import {
  cipherSuites as cipherSuiteRegistry,
  namedGroups,
  nameOf,
  type Registry,
} from '../codec/registry.ts'
import { signatureScheme, signatureSchemes } from '../codec/signatureScheme.ts'
import type { ClientConfig, ServerConfig } from '../config.ts'
import type { CipherSuite, KeyExchangeGroup } from '../crypto/provider.ts'
import { defaultCipherSuites, defaultGroups, defaultSignatureSchemes } from '../defaults.ts'
import { ConfigurationError } from '../errors.ts'

type Config = ClientConfig | ServerConfig

/** Names as in the registry, for traces and messages. */
export function namesOf(table: Registry, values: readonly number[]): string[] {
  return values.map((value) => nameOf(table, value))
}

/** What `cipherSuites` names apart from the suites of TLS 1.2, which stand in the same list. */
function namedCipherSuites({ crypto, cipherSuites }: Config): readonly number[] | undefined {
  const { classicCipherSuites = [] } = crypto
  return cipherSuites?.filter((named) => !classicCipherSuites.some(({ id }) => id === named))
}

export function hasCipherSuites(config: Config): boolean {
  return namedCipherSuites(config)?.length !== 0
}

export function enabledCipherSuites(config: Config): readonly CipherSuite[] {
  const { crypto } = config
  return pick(
    crypto.cipherSuites,
    namedCipherSuites(config),
    defaultCipherSuites,
    cipherSuiteRegistry,
    crypto.name,
  )
}

export function enabledGroups(config: Config): readonly KeyExchangeGroup[] {
  const { crypto } = config
  return pick(crypto.groups, config.groups, defaultGroups, namedGroups, crypto.name)
}

/** Code points of the schemes that this side can verify. */
export function enabledSignatureSchemes(
  config: Config,
  named: readonly number[] | undefined = config.signatureSchemes,
): readonly number[] {
  const has = (id: number) => {
    const scheme = signatureScheme(id)
    return scheme !== undefined && config.crypto.signatureVerifiers[scheme.algorithm] !== undefined
  }
  if (named === undefined) return defaultSignatureSchemes.filter(has)
  for (const id of named) if (!has(id)) throw notProvided(signatureSchemes, id, config.crypto.name)
  return named
}

/** In the order of preference. A name that the caller gave must be there; of the defaults, those that are. */
function pick<T extends { readonly id: number }>(
  provided: readonly T[],
  named: readonly number[] | undefined,
  defaults: readonly number[],
  table: Registry,
  provider: string,
): readonly T[] {
  const picked: T[] = []
  for (const id of named ?? defaults) {
    const found = provided.find((candidate) => candidate.id === id)
    if (found !== undefined) picked.push(found)
    else if (named !== undefined) throw notProvided(table, id, provider)
  }
  if (picked.length === 0)
    throw new ConfigurationError('ERR_NOTHING_ENABLED', `No ${table.title} is enabled`)
  return picked
}

function notProvided(table: Registry, id: number, provider: string): ConfigurationError {
  return new ConfigurationError(
    'ERR_NOT_PROVIDED',
    `${table.title} ${nameOf(table, id)} is not among what the crypto provider "${provider}" has`,
  )
}

/** The first of ours that the peer has, or, with `theirOrder`, the first of theirs that we have. */
export function firstCommon<T extends { readonly id: number }>(
  ours: readonly T[],
  theirs: readonly number[],
  theirOrder: boolean,
): T | undefined {
  if (!theirOrder) return ours.find(({ id }) => theirs.includes(id))
  for (const id of theirs) {
    const found = ours.find((candidate) => candidate.id === id)
    if (found !== undefined) return found
  }
  return undefined
}
