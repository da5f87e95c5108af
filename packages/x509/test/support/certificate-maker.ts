/** Makes certificates for tests: signed by node:crypto, of any content the test asks for. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import {
  bitString,
  boolean,
  concat,
  context,
  explicit,
  integer,
  octetString,
  oid,
  sequence,
  set,
  text,
  time,
  tlv,
  utf8String,
} from './der-writer.ts'

export interface Key {
  readonly privateKey: KeyObject
  /** DER of SubjectPublicKeyInfo */
  readonly spki: Uint8Array
  /** DER of the AlgorithmIdentifier of its signatures */
  readonly signatureAlgorithm: Uint8Array
  readonly hash: string | null
}

function toKey(
  pair: { publicKey: KeyObject; privateKey: KeyObject },
  hash: string | null,
  algorithm: Uint8Array,
): Key {
  const spki = new Uint8Array(pair.publicKey.export({ format: 'der', type: 'spki' }))
  return { privateKey: pair.privateKey, spki, signatureAlgorithm: algorithm, hash }
}

export const makeEcKey = (namedCurve = 'P-256'): Key =>
  toKey(generateKeyPairSync('ec', { namedCurve }), 'sha256', sequence(oid('1.2.840.10045.4.3.2')))

export const makeEd25519Key = (): Key =>
  toKey(generateKeyPairSync('ed25519'), null, sequence(oid('1.3.101.112')))

export const makeRsaKey = (modulusLength = 2048, hash: 'sha256' | 'sha1' = 'sha256'): Key =>
  toKey(
    generateKeyPairSync('rsa', { modulusLength }),
    hash,
    sequence(oid(hash === 'sha256' ? '1.2.840.113549.1.1.11' : '1.2.840.113549.1.1.5'), tlv(0x05)),
  )

let keyPool: Key[] = []
/** A key from a small pool: generating one for each certificate would be slow. Distinct for indices below 32. */
export function poolKey(index: number): Key {
  while (keyPool.length <= index % 32) keyPool = [...keyPool, makeEcKey()]
  return keyPool[index % 32]!
}

export const extensionOid = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extKeyUsage: '2.5.29.37',
  inhibitAnyPolicy: '2.5.29.54',
} as const

export function extension(id: string, value: Uint8Array, critical = false): Uint8Array {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value))
}

/** `{ CN: 'x' }`-like list of attributes to a Name. */
export function distinguishedName(attributes: readonly (readonly [string, string])[]): Uint8Array {
  return sequence(...attributes.map(([type, value]) => set(sequence(oid(type), utf8String(value)))))
}

const commonName = (value: string): Uint8Array =>
  value === '' ? sequence() : distinguishedName([['2.5.4.3', value]])

export function generalName(name: string): Uint8Array {
  const [form, value] = [name.slice(0, name.indexOf(':')), name.slice(name.indexOf(':') + 1)]
  switch (form) {
    case 'dns':
      return context(2, text(value))
    case 'email':
      return context(1, text(value))
    case 'uri':
      return context(6, text(value))
    case 'ip':
      return context(7, new Uint8Array(Buffer.from(value, 'hex')))
    case 'dirname':
      return explicit(4, commonName(value))
    case 'other':
      return explicit(0, oid(value), explicit(0, utf8String('x')))
    default:
      throw new Error(`no such form: ${form}`)
  }
}

const bits: Record<string, number> = {
  digitalSignature: 0,
  nonRepudiation: 1,
  keyEncipherment: 2,
  dataEncipherment: 3,
  keyAgreement: 4,
  keyCertSign: 5,
  cRLSign: 6,
}

export function keyUsage(...names: readonly string[]): Uint8Array {
  let byte = 0
  for (const name of names) byte |= 0x80 >> bits[name]!
  let unused = 0
  while (unused < 7 && ((byte >> unused) & 1) === 0) unused++
  return extension(extensionOid.keyUsage, bitString(Uint8Array.of(byte), unused), true)
}

export const purposes = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  any: '2.5.29.37.0',
} as const

export const extendedKeyUsage = (...names: readonly (keyof typeof purposes)[]): Uint8Array =>
  extension(extensionOid.extKeyUsage, sequence(...names.map((name) => oid(purposes[name]))))

export const basicConstraints = (cA: boolean, pathLength?: number): Uint8Array =>
  extension(
    extensionOid.basicConstraints,
    sequence(
      ...(cA ? [boolean(true)] : []),
      ...(pathLength === undefined ? [] : [integer(pathLength)]),
    ),
    true,
  )

export const subjectAltName = (...names: readonly string[]): Uint8Array =>
  extension(extensionOid.subjectAltName, sequence(...names.map(generalName)))

export const nameConstraints = (
  permitted: readonly string[],
  excluded: readonly string[] = [],
): Uint8Array =>
  extension(
    extensionOid.nameConstraints,
    sequence(
      ...(permitted.length === 0
        ? []
        : [explicit(0, ...permitted.map((name) => sequence(generalName(name))))]),
      ...(excluded.length === 0
        ? []
        : [explicit(1, ...excluded.map((name) => sequence(generalName(name))))]),
    ),
    true,
  )

export const policies = (...ids: readonly string[]): Uint8Array =>
  extension(extensionOid.certificatePolicies, sequence(...ids.map((id) => sequence(oid(id)))))

export const policyMappings = (...pairs: readonly (readonly [string, string])[]): Uint8Array =>
  extension(
    extensionOid.policyMappings,
    sequence(...pairs.map(([from, to]) => sequence(oid(from), oid(to)))),
    true,
  )

export const policyConstraints = (explicitPolicy?: number, inhibitMapping?: number): Uint8Array =>
  extension(
    extensionOid.policyConstraints,
    sequence(
      ...(explicitPolicy === undefined ? [] : [integer(explicitPolicy, 0x80)]),
      ...(inhibitMapping === undefined ? [] : [integer(inhibitMapping, 0x81)]),
    ),
    true,
  )

export const inhibitAnyPolicy = (skip: number): Uint8Array =>
  extension(extensionOid.inhibitAnyPolicy, integer(skip), true)

const keyIdentifier = (key: Key): Uint8Array =>
  new Uint8Array(createHash('sha1').update(key.spki).digest())

export const subjectKeyIdentifier = (key: Key): Uint8Array =>
  extension(extensionOid.subjectKeyIdentifier, octetString(keyIdentifier(key)))

export const authorityKeyIdentifier = (key: Key): Uint8Array =>
  extension(extensionOid.authorityKeyIdentifier, sequence(context(0, keyIdentifier(key))))

export const validFrom = Date.UTC(2026, 0, 1)
export const validTo = Date.UTC(2027, 0, 1)
/** A moment at which certificates are valid unless they say otherwise. */
export const now = Date.UTC(2026, 5, 1)

export interface CertificateOptions {
  /** DER of a Name, or a common name */
  readonly subject: string | Uint8Array
  readonly issuer: string | Uint8Array
  readonly key: Key
  readonly issuerKey: Key
  readonly extensions?: readonly Uint8Array[]
  readonly notBefore?: number
  readonly notAfter?: number
  readonly serialNumber?: Uint8Array
  /** 3 by default; 1 leaves the field out */
  readonly version?: 1 | 2 | 3
  /** What both algorithm fields say, where it is not what the issuer's key makes. */
  readonly signatureAlgorithm?: Uint8Array
}

let serial = 1

export function makeCertificate(options: CertificateOptions): Uint8Array {
  const { key, issuerKey, extensions = [], version = 3 } = options
  const algorithm = options.signatureAlgorithm ?? issuerKey.signatureAlgorithm
  const name = (value: string | Uint8Array): Uint8Array =>
    typeof value === 'string' ? commonName(value) : value
  const tbs = sequence(
    ...(version === 1 ? [] : [explicit(0, integer(version - 1))]),
    options.serialNumber ?? integer(serial++),
    algorithm,
    name(options.issuer),
    sequence(time(options.notBefore ?? validFrom), time(options.notAfter ?? validTo)),
    name(options.subject),
    key.spki,
    ...(extensions.length === 0 ? [] : [explicit(3, sequence(...extensions))]),
  )
  return concat([sequence(tbs, algorithm, bitString(signature(tbs, issuerKey)))])
}

function signature(data: Uint8Array, key: Key): Uint8Array {
  return new Uint8Array(sign(key.hash, data, key.privateKey))
}

/** A root, `CN=<name>`, with the extensions an authority needs; more may be added. */
export function makeRoot(
  name: string,
  key: Key,
  options: Partial<CertificateOptions> = {},
): Uint8Array {
  return makeCertificate({
    subject: name,
    issuer: name,
    key,
    issuerKey: key,
    ...options,
    extensions: options.extensions ?? [
      basicConstraints(true),
      keyUsage('keyCertSign', 'cRLSign'),
      subjectKeyIdentifier(key),
    ],
  })
}

export interface IssueOptions extends Partial<CertificateOptions> {
  /** Extensions in addition to the usual ones. */
  readonly also?: readonly Uint8Array[]
}

/** An authority below another. */
export function makeAuthority(
  name: string,
  key: Key,
  issuer: string,
  issuerKey: Key,
  { also = [], ...options }: IssueOptions = {},
): Uint8Array {
  return makeCertificate({
    subject: name,
    issuer,
    key,
    issuerKey,
    extensions: [
      basicConstraints(true),
      keyUsage('keyCertSign', 'cRLSign'),
      subjectKeyIdentifier(key),
      authorityKeyIdentifier(issuerKey),
      ...also,
    ],
    ...options,
  })
}

/** A server's certificate for `example.com`. */
export function makeLeaf(
  key: Key,
  issuer: string,
  issuerKey: Key,
  { also = [], ...options }: IssueOptions = {},
): Uint8Array {
  return makeCertificate({
    subject: 'example.com',
    issuer,
    key,
    issuerKey,
    extensions: [
      keyUsage('digitalSignature'),
      extendedKeyUsage('serverAuth'),
      subjectAltName('dns:example.com'),
      authorityKeyIdentifier(issuerKey),
      ...also,
    ],
    ...options,
  })
}

export function toPem(der: Uint8Array, label = 'CERTIFICATE'): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
