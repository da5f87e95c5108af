/**
 * Names of suites, groups and signature schemes as options give them: IANA's, and OpenSSL's where it has its own.
 * Lists are what OpenSSL takes (`a:b:c`), or arrays.
 */
import { ClassicCipherSuiteId } from '../codec/classicCipherSuites.ts'
import { opensslName } from '../codec/opensslName.ts'
import {
  CipherSuiteId,
  certificateCompressionAlgorithms,
  NamedGroup,
  nameOf,
} from '../codec/registry.ts'
import { signatureSchemeTable } from '../codec/signatureScheme.ts'
import { nodeProvider } from '../crypto/node/index.ts'
import { invalidArgType, invalidArgValue } from './validate.ts'

/** What an option of names may be: `'a:b'`, or names and code points. */
export type NameList = string | readonly (string | number)[]

type Table = ReadonlyMap<string, readonly number[]>

function table(entries: Iterable<readonly [string, readonly number[]]>): Table {
  return new Map([...entries].map(([name, ids]) => [name.toLowerCase(), ids]))
}

const single = (names: Readonly<Record<string, number>>) =>
  Object.entries(names).map(([name, id]) => [name, [id]] as const)

const { TLS_EMPTY_RENEGOTIATION_INFO_SCSV: _, TLS_FALLBACK_SCSV: __, ...suites } = CipherSuiteId
const suiteNames = table([
  ...single(suites),
  ...single(ClassicCipherSuiteId),
  ...Object.entries(ClassicCipherSuiteId).map(([name, id]) => [opensslName(name), [id]] as const),
])

const groupNames = table([
  ...single(NamedGroup),
  ['P-256', [NamedGroup.secp256r1]],
  ['prime256v1', [NamedGroup.secp256r1]],
  ['P-384', [NamedGroup.secp384r1]],
  ['P-521', [NamedGroup.secp521r1]],
])

const idOfScheme = new Map(signatureSchemeTable.map(({ name, id }) => [name, id]))
const schemes = (...names: readonly string[]) => names.map((name) => idOfScheme.get(name)!)

/** OpenSSL's `algorithm+hash`: ECDSA with the curve of TLS 1.3, RSA-PSS with a plain RSA key. */
const schemeNames = table([
  ...signatureSchemeTable.map(({ name, id }) => [name, [id]] as const),
  ['ECDSA+SHA256', schemes('ecdsa_secp256r1_sha256')],
  ['ECDSA+SHA384', schemes('ecdsa_secp384r1_sha384')],
  ['ECDSA+SHA512', schemes('ecdsa_secp521r1_sha512')],
  ...['256', '384', '512'].flatMap(
    (hash) =>
      [
        [`RSA+SHA${hash}`, schemes(`rsa_pkcs1_sha${hash}`)],
        [`RSA-PSS+SHA${hash}`, schemes(`rsa_pss_rsae_sha${hash}`)],
        [`PSS+SHA${hash}`, schemes(`rsa_pss_rsae_sha${hash}`)],
      ] as const,
  ),
])

function split(list: NameList, option: string): readonly (string | number)[] {
  if (typeof list === 'string') return list.split(':').filter((name) => name !== '')
  if (!Array.isArray(list)) throw invalidArgType(option, 'of type string or an array', list)
  return list
}

function lookUp(list: NameList, option: string, known: Table): readonly number[] {
  const found = split(list, option).flatMap((name) => {
    if (typeof name === 'number') return [name]
    const ids = known.get(name.toLowerCase())
    if (ids === undefined)
      throw invalidArgValue(
        option,
        name,
        `knows no such name; it knows ${[...known.keys()].join(', ')}`,
      )
    return ids
  })
  if (found.length === 0) throw invalidArgValue(option, list, 'names nothing')
  return [...new Set(found)]
}

/** Code points of groups, in order; undefined for `auto`. */
export function parseGroups(list: NameList, option: string): readonly number[] | undefined {
  return list === 'auto' ? undefined : lookUp(list, option, groupNames)
}

/** Code points of signature schemes, in order. */
export function parseSignatureSchemes(list: NameList, option: string): readonly number[] {
  return lookUp(list, option, schemeNames)
}

const compressionNames = table(
  (nodeProvider.certificateCompressions ?? []).map(
    ({ id }) => [nameOf(certificateCompressionAlgorithms, id), [id]] as const,
  ),
)

/** Code points of compressions of certificates, in order; an empty list is none. */
export function parseCompressions(list: NameList, option: string): readonly number[] {
  return split(list, option).length === 0 ? [] : lookUp(list, option, compressionNames)
}

/** The names of the compressions that this Node has. */
export const knownCompressions: readonly Compression[] = [
  ...(compressionNames.keys() as IterableIterator<Compression>),
]
export type Compression = 'zlib' | 'brotli' | 'zstd'

/** Code points of suites of any version, in order, of an array of names and code points. */
export function parseCipherSuites(list: NameList, option: string): readonly number[] {
  return lookUp(list, option, suiteNames)
}

/** Names of the suites, as `tls.getCiphers()` writes them: OpenSSL's, in lower case. */
export const knownCipherNames: readonly string[] = [
  ...Object.keys(suites),
  ...Object.keys(ClassicCipherSuiteId).map(opensslName),
].map((name) => name.toLowerCase())
