/** The cipher suites that a test enables: what BoringSSL has, or what a list in its language names. */
import { ClassicCipherSuiteId, defaultCipherSuites } from 'handfast'
import { LegacyCipherSuiteId } from 'handfast/legacy'
import { type Settings, Unimplemented } from './settings.ts'

const ids = { ...ClassicCipherSuiteId, ...LegacyCipherSuiteId }

type Name = keyof typeof ids

/** In BoringSSL's order, on a machine with AES in hardware. */
const usual: readonly Name[] = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA',
  'TLS_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_RSA_WITH_AES_128_CBC_SHA',
  'TLS_PSK_WITH_AES_128_CBC_SHA',
  'TLS_RSA_WITH_AES_256_CBC_SHA',
  'TLS_PSK_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256',
]

const tripleDes: readonly Name[] = [
  'TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA',
  'TLS_RSA_WITH_3DES_EDE_CBC_SHA',
]

/** Code points, the preferred first; those of TLS 1.3 are not the list's to choose. */
export function suitesOf({ cipherList }: Settings): readonly number[] {
  const names = cipherList === '' ? usual : namesIn(cipherList)
  return [...defaultCipherSuites, ...names.map((name) => ids[name])]
}

/** As much of the language as the suite's lists of TLS 1.2 use. */
function namesIn(cipherList: string): readonly Name[] {
  if (cipherList.includes('[')) throw new Unimplemented('cipher suites of equal preference')
  if (cipherList === '3DES') return tripleDes
  if (cipherList === 'ALL:3DES') return [...usual, ...tripleDes]
  if (cipherList === 'DEFAULT:!AES') return usual.filter((name) => !name.includes('_AES_'))
  if (cipherList === 'AES128') return usual.filter((name) => name.includes('_AES_128_'))
  return cipherList.split(':').map((name) => {
    if (!(name in ids)) throw new Unimplemented(`the cipher suite ${name}`)
    return name as Name
  })
}
