/** The option `ciphers`: suites of TLS 1.3 by their names, and those of TLS 1.2 by OpenSSL's rules, in one string. */
import { ClassicCipherSuiteId } from '../codec/classicCipherSuites.ts'
import { CipherSuiteId, ProtocolVersion } from '../codec/registry.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import { defaultCipherSuites } from '../defaults.ts'
import { defaultClassicCipherSuites } from '../defaults12.ts'
import { noCipherMatch, readCipherList } from './cipherList.ts'
import { type NameList, parseCipherSuites } from './names.ts'
import { invalidArgValue, validateString } from './validate.ts'

const option = 'options.ciphers'

/**
 * Code points, the preferred first. As in Node, a text that names suites of TLS 1.3 only turns TLS 1.2 off, where there is
 * TLS 1.3; one that names only others leaves TLS 1.3 as it is.
 * @param versions code points of the versions that the other options leave
 * @throws Error `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, or OpenSSL's own (`ERR_SSL_NO_CIPHER_MATCH`)
 */
export function chooseSuites(
  ciphers: NameList,
  versions: readonly number[],
  { classicCipherSuites = [] }: CryptoProvider,
): readonly number[] {
  if (Array.isArray(ciphers)) return parseCipherSuites(ciphers, option)
  validateString(ciphers, option)
  const names = ciphers.split(':').filter((name) => name !== '')
  const isModern = (name: string) =>
    /^!?TLS_/.test(name) && !(name.replace('!', '') in ClassicCipherSuiteId)
  const modern = names.filter(isModern)
  const classic = names.filter((name) => !isModern(name))
  if (names.length === 0) throw invalidArgValue(option, ciphers.split(':'))
  const ids12 =
    classic.length > 0 ? readCipherList(classic.join(':'), classicCipherSuites) : undefined
  const ids13 = modern.length > 0 ? modernSuites(modern) : undefined
  if (ids12 === undefined && ids13?.length === 0) throw noCipherMatch()
  const with13 = versions.includes(ProtocolVersion.TLS13)
  return [
    ...(ids13 ?? defaultCipherSuites),
    ...(ids12 ?? (with13 ? [] : defaultClassicCipherSuites)),
  ]
}

/** Unknown names are passed over, as OpenSSL does; `!NAME` takes one away from the others, or from the default. */
function modernSuites(names: readonly string[]): readonly number[] {
  const idOf = (name: string): number[] => {
    const id = (CipherSuiteId as Readonly<Record<string, number>>)[name.replace('!', '')]
    return id === undefined ? [] : [id]
  }
  const wanted = names.filter((name) => !name.startsWith('!'))
  const unwanted = names.filter((name) => name.startsWith('!')).flatMap(idOf)
  const enabled = wanted.length > 0 ? wanted.flatMap(idOf) : defaultCipherSuites
  return [...new Set(enabled)].filter((id) => !unwanted.includes(id))
}
