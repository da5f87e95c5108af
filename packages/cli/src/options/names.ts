/**
 * Names of suites, groups, signature schemes and versions as people type them: IANA's or OpenSSL's, in any case,
 * separated by `:` or `,`. What is named is enabled, even where it is off by default.
 */
import { opensslName, ProtocolVersion, signatureSchemeTable } from 'handfast'
import { nodeProvider } from 'handfast/crypto/node'
import { usageError } from '../exit.ts'

/** What this build has, and the further names by which others know it. */
interface Choice {
  readonly id: number
  readonly name: string
  readonly aliases: readonly string[]
}

/** OpenSSL's names (its `openssl list -tls-groups`, and SSL_CTX_set1_curves_list(3)) where they differ from IANA's. */
const groupAliases: Readonly<Record<string, readonly string[]>> = {
  secp256r1: ['P-256', 'prime256v1'],
  secp384r1: ['P-384'],
  secp521r1: ['P-521'],
  X25519MLKEM768: ['X25519-MLKEM768'],
}

/** OpenSSL's `algorithm+hash` (SSL_CTX_set1_sigalgs_list(3)). A hash fixes ECDSA's curve; PSS stands for both kinds of key. */
const schemeAliases: Readonly<Record<string, readonly string[]>> = {
  ecdsa_secp256r1_sha256: ['ECDSA+SHA256'],
  ecdsa_secp384r1_sha384: ['ECDSA+SHA384'],
  ecdsa_secp521r1_sha512: ['ECDSA+SHA512'],
  rsa_pss_rsae_sha256: ['RSA-PSS+SHA256', 'PSS+SHA256'],
  rsa_pss_rsae_sha384: ['RSA-PSS+SHA384', 'PSS+SHA384'],
  rsa_pss_rsae_sha512: ['RSA-PSS+SHA512', 'PSS+SHA512'],
  rsa_pss_pss_sha256: ['RSA-PSS+SHA256', 'PSS+SHA256'],
  rsa_pss_pss_sha384: ['RSA-PSS+SHA384', 'PSS+SHA384'],
  rsa_pss_pss_sha512: ['RSA-PSS+SHA512', 'PSS+SHA512'],
  rsa_pkcs1_sha256: ['RSA+SHA256'],
  rsa_pkcs1_sha384: ['RSA+SHA384'],
  rsa_pkcs1_sha512: ['RSA+SHA512'],
}

function choices(
  items: readonly { readonly id: number; readonly name: string }[],
  aliases: Readonly<Record<string, readonly string[]>>,
): readonly Choice[] {
  return items.map(({ id, name }) => ({ id, name, aliases: aliases[name] ?? [] }))
}

const cipherSuites: readonly Choice[] = [
  ...nodeProvider.cipherSuites.map(({ id, name }) => ({ id, name, aliases: [] })),
  ...(nodeProvider.classicCipherSuites ?? []).map(({ id, name }) => ({
    ...{ id, name, aliases: [opensslName(name)] },
  })),
]
const suitesOfKeys: ReadonlySet<number> = new Set(
  (nodeProvider.classicCipherSuites ?? [])
    .filter(({ authentication }) => authentication === 'PSK')
    .map(({ id }) => id),
)

/** Whether a suite works with a pre-shared key alone. */
export function isOfKeys(suite: number): boolean {
  return suitesOfKeys.has(suite)
}

const suitesOf13: ReadonlySet<number> = new Set(nodeProvider.cipherSuites.map(({ id }) => id))
const groups = choices(nodeProvider.groups, groupAliases)
const signatureSchemes = choices(
  signatureSchemeTable.filter(({ algorithm }) => nodeProvider.signatureVerifiers[algorithm]),
  schemeAliases,
)

/**
 * @param more suites of the legacy door, by name
 * @returns code points in the order given. @throws CommandError (usage) that lists the names known
 */
export function parseCipherSuites(
  text: string,
  more: Readonly<Record<string, number>> = {},
): readonly number[] {
  const legacy = Object.entries(more).map(([name, id]) => ({
    ...{ id, name, aliases: [opensslName(name)] },
  }))
  return parseNames(text, 'cipher suite', [...cipherSuites, ...legacy])
}

/** @returns code points in the order given. @throws CommandError (usage) that lists the names known */
export function parseGroups(text: string): readonly number[] {
  return parseNames(text, 'group', groups)
}

/** @returns code points in the order given. @throws CommandError (usage) that lists the names known */
export function parseSignatureSchemes(text: string): readonly number[] {
  return parseNames(text, 'signature scheme', signatureSchemes)
}

function parseNames(text: string, what: string, known: readonly Choice[]): readonly number[] {
  const wanted = text.split(/[:,]/).map((name) => name.trim())
  const ids = wanted.filter((name) => name !== '').flatMap((name) => idsOf(name, what, known))
  if (ids.length === 0) throw usageError(`No ${what} is named`, listOf(what, known))
  return [...new Set(ids)]
}

function idsOf(name: string, what: string, known: readonly Choice[]): readonly number[] {
  const lower = name.toLowerCase()
  const found = known.filter((choice) =>
    [choice.name, ...choice.aliases].some((candidate) => candidate.toLowerCase() === lower),
  )
  if (found.length === 0)
    throw usageError(`There is no ${what} called ${JSON.stringify(name)}`, listOf(what, known))
  return found.map(({ id }) => id)
}

function listOf(what: string, known: readonly Choice[]): string {
  const names = known.map(({ name, aliases }) =>
    aliases.length === 0 ? name : `${name} (${aliases.join(', ')})`,
  )
  return `The ${what}s of this build: ${names.join(', ')}`
}

const versions: Readonly<Record<string, number>> = {
  ssl3: ProtocolVersion.SSL3,
  '1.0': ProtocolVersion.TLS10,
  '1.1': ProtocolVersion.TLS11,
  '1.2': ProtocolVersion.TLS12,
  '1.3': ProtocolVersion.TLS13,
}

/**
 * `1.3`, `TLS1.3`, `TLSv1.3`, `tls 1.3`.
 * @throws CommandError (usage)
 */
export function parseVersion(text: string): number {
  const short = text
    .toLowerCase()
    .replace(/^tls\s?v?/, '')
    .replace(/^ssl\s?v?3(\.0)?$/, 'ssl3')
  const version = versions[short]
  if (version === undefined)
    throw usageError(
      `There is no version called ${JSON.stringify(text)}`,
      'The versions are TLSv1.3, TLSv1.2, and with --legacy TLSv1.1, TLSv1.0 and SSLv3',
    )
  return version
}

const spoken = [ProtocolVersion.TLS13, ProtocolVersion.TLS12]
const spokenBefore = [ProtocolVersion.TLS11, ProtocolVersion.TLS10, ProtocolVersion.SSL3]

/** What `--min-version`, `--max-version` and `--ciphers` ask for. */
export interface VersionWishes {
  readonly minVersion?: number | undefined
  readonly maxVersion?: number | undefined
  /** The versions before TLS 1.2 are spoken too. */
  readonly legacy?: boolean | undefined
  /** Where only suites of one version are named, only that version is spoken. */
  readonly ciphers?: readonly number[] | undefined
}

/**
 * The versions that are asked for and that this build speaks, the highest first.
 * @throws CommandError (usage) where there is none
 */
export function versionsOf({
  minVersion,
  maxVersion,
  ciphers,
  legacy,
}: VersionWishes): readonly number[] {
  if (minVersion !== undefined && maxVersion !== undefined && minVersion > maxVersion)
    throw usageError('--min-version is newer than --max-version')
  const all = legacy ? [...spoken, ...spokenBefore] : spoken
  const inRange = all.filter((one) => one >= (minVersion ?? 0) && one <= (maxVersion ?? 0xffff))
  if (inRange.length === 0)
    throw usageError(
      'This build speaks TLS 1.3 and TLS 1.2: --max-version leaves nothing to speak',
      'Leave --max-version out, or set it to TLSv1.3 or TLSv1.2; inspect and serve speak older versions with --legacy',
    )
  if (ciphers === undefined) return inRange
  const are13 = new Set(ciphers.map((id) => suitesOf13.has(id)))
  const versions = inRange.filter((version) => are13.has(version === ProtocolVersion.TLS13))
  if (versions.length > 0) return versions
  const [named, excluding] = are13.has(true) ? ['1.3', '--max-version'] : ['1.2', '--min-version']
  throw usageError(
    `--ciphers names suites of TLS ${named} only, and ${excluding} excludes TLS ${named}`,
    `Leave ${excluding} out, or name suites of another version too`,
  )
}

/**
 * The same in the words of `handfast/node`.
 * @throws CommandError (usage) where there is none
 */
export function nodeVersionRange(wishes: VersionWishes): {
  readonly minVersion: string
  readonly maxVersion: string
} {
  const versions = versionsOf(wishes)
  return { minVersion: nodeNames[versions.at(-1)!]!, maxVersion: nodeNames[versions[0]!]! }
}

const nodeNames: Readonly<Record<number, string>> = {
  [ProtocolVersion.TLS13]: 'TLSv1.3',
  [ProtocolVersion.TLS12]: 'TLSv1.2',
  [ProtocolVersion.TLS11]: 'TLSv1.1',
  [ProtocolVersion.TLS10]: 'TLSv1',
  [ProtocolVersion.SSL3]: 'SSLv3',
}
