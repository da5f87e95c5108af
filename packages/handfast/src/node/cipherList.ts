/**
 * Cipher strings of OpenSSL (`ECDHE+AESGCM:!aNULL:@STRENGTH`), read as OpenSSL reads them: rules that switch on, switch off
 * and move suites of TLS 1.2 in one list, by name or by what they are made of.
 */
import { opensslName } from '../codec/opensslName.ts'
import type { ClassicCipherSuite } from '../crypto/provider.ts'
import { withCode } from './validate.ts'

/** A suite in OpenSSL's terms. */
interface Attributes {
  readonly id: number
  readonly name: string
  readonly standardName: string
  /** The keywords that stand for it. */
  readonly keywords: ReadonlySet<string>
  readonly bits: number
}

/** The version that had the suite first, as OpenSSL counts: `getCipher().version`. */
export function firstVersion(standardName: string): string {
  if (!standardName.includes('_WITH_')) return 'TLSv1.3'
  const isPsk = standardName.includes('PSK_')
  if (/_(GCM|CCM|POLY1305)/.test(standardName)) return 'TLSv1.2'
  if (!standardName.endsWith('_SHA')) return isPsk ? 'TLSv1.0' : 'TLSv1.2'
  return standardName.startsWith('TLS_ECDHE_') ? 'TLSv1.0' : 'SSLv3'
}

/** What the suites that TLS 1.2 has in this library are called, by each part of theirs. */
const keyExchangeWords: { readonly [kind in ClassicCipherSuite['keyExchange']]: string } = {
  ECDHE: 'kECDHE kEECDH ECDH ECDHE EECDH',
  DHE: 'kDHE kEDH DH DHE EDH',
  RSA: 'kRSA RSA',
  PSK: 'kPSK PSK',
  ECDHE_PSK: 'kECDHEPSK PSK',
}
const authenticationWords: { readonly [kind in ClassicCipherSuite['authentication']]: string } = {
  ECDSA: 'aECDSA ECDSA',
  RSA: 'aRSA',
  PSK: 'aPSK',
}

function attributesOf(suite: ClassicCipherSuite): Attributes {
  const { protection } = suite
  const cipher = protection.kind === 'aead' ? protection.aead : protection.cipher
  const bits = cipher.keyLength * 8
  const words = [keyExchangeWords[suite.keyExchange], authenticationWords[suite.authentication]]
  const isTripleDes = suite.name.includes('_3DES_')
  words.push(isTripleDes ? 'ALL MEDIUM' : 'ALL HIGH', firstVersion(suite.name))
  if (firstVersion(suite.name) === 'TLSv1.0') words.push('TLSv1')
  const isCcm = suite.name.includes('_CCM')
  if (suite.name.includes('_CHACHA20_')) words.push('CHACHA20')
  else if (isTripleDes) words.push('3DES')
  else words.push(`AES AES${bits}${isCcm ? '' : ' FIPS'}`)
  if (suite.name.includes('_GCM_')) words.push('AESGCM')
  // OpenSSL leaves these out of DEFAULT, which COMPLEMENTOFDEFAULT is the rest of.
  if (isCcm) words.push('AESCCM COMPLEMENTOFDEFAULT')
  if (suite.name.includes('_CCM_8')) words.push('AESCCM8')
  if (protection.kind === 'block') {
    const { name } = protection.mac
    words.push(name === 'sha1' ? 'CBC SHA SHA1' : `CBC ${name.toUpperCase()}`)
  }
  return {
    id: suite.id,
    name: opensslName(suite.name),
    standardName: suite.name,
    keywords: new Set(words.flatMap((word) => word.split(' '))),
    bits,
  }
}

/** Keywords for what is never here (anonymous, NULL, export, and the algorithms of other times and countries). */
const emptyKeywords: ReadonlySet<string> = new Set(
  `aNULL eNULL NULL COMPLEMENTOFALL ADH AECDH aDSS DSS kSRP SRP aSRP kRSAPSK kDHEPSK kGOST kGOST18 aGOST aGOST01
  aGOST12 GOST GOST89MAC GOST94 GOST2012 3DES DES RC4 RC2 IDEA SEED CAMELLIA CAMELLIA128 CAMELLIA256 ARIA ARIAGCM ARIA128
  ARIA256 MD5 LOW MEDIUM EXP EXPORT SSLv2 kDH kDHr kDHd kECDH kECDHr kECDHe aDH aECDH`.split(/\s+/),
)

type Operation = 'add' | 'remove' | 'moveToEnd' | 'moveToFront' | 'kill'

/** The list that the rules change: suites in order, each switched on or off. */
class CipherList {
  #entries: { readonly suite: Attributes; active: boolean }[]

  constructor(suites: readonly Attributes[]) {
    this.#entries = suites.map((suite) => ({ suite, active: false }))
  }

  get active(): readonly Attributes[] {
    return this.#entries.filter(({ active }) => active).map(({ suite }) => suite)
  }

  apply(operation: Operation, matches: (suite: Attributes) => boolean): void {
    const wantsActive = operation !== 'add'
    const isTouched = (entry: { suite: Attributes; active: boolean }) =>
      matches(entry.suite) && (operation === 'kill' || entry.active === wantsActive)
    const touched = this.#entries.filter(isTouched)
    const others = this.#entries.filter((entry) => !isTouched(entry))
    for (const entry of touched) entry.active = operation !== 'remove'
    if (operation === 'kill') this.#entries = others
    // What is switched off waits at the front, so that it comes back in its order.
    else if (operation === 'remove' || operation === 'moveToFront')
      this.#entries = [...touched, ...others]
    else this.#entries = [...others, ...touched]
  }

  sortByStrength(): void {
    const strengths = new Set(this.active.map(({ bits }) => bits))
    for (const strength of [...strengths].sort((a, b) => b - a))
      this.apply('moveToEnd', ({ bits }) => bits === strength)
  }
}

/** OpenSSL's own order of preference, before any rule of the caller's. */
function inDefaultOrder(suites: readonly Attributes[]): CipherList {
  const list = new CipherList([...suites].sort((a, b) => b.id - a.id))
  const has = (keyword: string) => (suite: Attributes) => suite.keywords.has(keyword)
  const either = (a: string, b: string) => (suite: Attributes) => has(a)(suite) || has(b)(suite)
  const isEphemeral = either('kECDHE', 'kDHE')
  const isAead = (suite: Attributes) => !has('CBC')(suite)
  list.apply('add', (suite) => has('kECDHE')(suite) && has('aECDSA')(suite))
  list.apply('add', has('kECDHE'))
  list.apply('remove', has('kECDHE'))
  list.apply('add', has('AESGCM'))
  list.apply('add', has('CHACHA20'))
  list.apply('add', has('AES'))
  list.apply('add', () => true)
  list.apply('moveToEnd', has('kRSA'))
  list.apply('moveToEnd', has('kPSK'))
  list.sortByStrength()
  list.apply('moveToFront', has('TLSv1.2'))
  list.apply('moveToFront', isAead)
  list.apply('moveToFront', isEphemeral)
  list.apply('moveToFront', (suite) => isEphemeral(suite) && isAead(suite))
  list.apply('remove', () => true)
  return list
}

const operations: Readonly<Record<string, Operation>> = {
  '': 'add',
  '-': 'remove',
  '+': 'moveToEnd',
  '!': 'kill',
}

/** What a rule names, `ECDHE+AESGCM`; undefined where a part of it is unknown, which OpenSSL passes over in silence. */
function matcher(
  text: string,
  known: readonly Attributes[],
): ((suite: Attributes) => boolean) | undefined {
  const parts = text.split('+')
  const isKeyword = (word: string) =>
    emptyKeywords.has(word) || known.some(({ keywords }) => keywords.has(word))
  const byName = known.find(({ name, standardName }) => text === name || text === standardName)
  if (byName !== undefined) return (suite) => suite === byName
  if (!parts.every(isKeyword)) return undefined
  return (suite) => parts.every((part) => suite.keywords.has(part))
}

/** What `DEFAULT` stands for, at the beginning of a string. */
const defaultRules = 'ALL:!COMPLEMENTOFDEFAULT:!eNULL'

/**
 * @param text rules with colons, commas, spaces or semicolons between
 * @returns code points, the preferred first
 * @throws Error `ERR_SSL_NO_CIPHER_MATCH` where no suite is left, `ERR_SSL_INVALID_COMMAND` for an unknown `@` command
 */
export function readCipherList(
  text: string,
  suites: readonly ClassicCipherSuite[],
): readonly number[] {
  const known = suites.map(attributesOf)
  const list = inDefaultOrder(known)
  let securityLevel = 0
  const rules = text.replace(/^DEFAULT(?=[:,; ]|$)/, defaultRules).split(/[:,; ]+/)
  for (const rule of rules) {
    const [, sign, body] = /^([-+!@]?)(.*)$/.exec(rule) as unknown as [string, string, string]
    if (body === '') continue
    if (sign === '@') {
      const level = /^SECLEVEL=([0-5])$/.exec(body)
      if (level !== null) securityLevel = Number(level[1])
      else if (body === 'STRENGTH') list.sortByStrength()
      else throw sslError('INVALID_COMMAND', 'invalid command')
      continue
    }
    const matches = matcher(body, known)
    if (matches !== undefined) list.apply(operations[sign]!, matches)
  }
  const chosen = list.active.filter((suite) => isAllowedAt(securityLevel, suite))
  if (chosen.length === 0) throw noCipherMatch()
  return chosen.map(({ id }) => id)
}

/** Bits of security that each level of OpenSSL asks for; from the third on with forward secrecy only. */
const levelBits = [0, 80, 112, 128, 192, 256]

function isAllowedAt(level: number, { bits, keywords }: Attributes): boolean {
  if (bits < levelBits[level]!) return false
  return level < 3 || ['kECDHE', 'kDHE', 'kECDHEPSK'].some((word) => keywords.has(word))
}

export function noCipherMatch(): Error {
  return sslError('NO_CIPHER_MATCH', 'no cipher match')
}

function sslError(name: string, reason: string): Error {
  return withCode(new Error(`The option "ciphers": ${reason}`), `ERR_SSL_${name}`, {
    library: 'SSL routines',
    reason,
  })
}
