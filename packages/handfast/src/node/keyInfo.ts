/** Versions, groups and signature schemes in OpenSSL's words. */
import type { EphemeralKeyInfo } from 'node:tls'
import { ProtocolVersion } from '../codec/registry.ts'
import type { SignatureScheme } from '../codec/signatureScheme.ts'

/** Name and size in bits, as OpenSSL gives them. */
const curves: Readonly<Record<string, readonly [string, number]>> = {
  x25519: ['X25519', 253],
  x448: ['X448', 448],
  secp256r1: ['prime256v1', 256],
  secp384r1: ['secp384r1', 384],
  secp521r1: ['secp521r1', 521],
}

/** @returns an empty object for no key exchange; for a hybrid, which OpenSSL does not describe, its name */
export function ephemeralKeyInfo(group: string | undefined): EphemeralKeyInfo | object {
  if (group === undefined) return {}
  const curve = curves[group]
  if (curve !== undefined) return { type: 'ECDH', name: curve[0], size: curve[1] }
  const bits = fieldBits(group)
  if (bits !== undefined) return { type: 'DH', size: bits }
  return { type: 'KEM', name: group }
}

const algorithms: Readonly<Record<SignatureScheme['keyType'], string>> = {
  ec: 'ECDSA',
  rsa: 'RSA',
  'rsa-pss': 'RSA-PSS',
  ed25519: 'Ed25519',
  ed448: 'Ed448',
  'ml-dsa-44': 'ML-DSA-44',
  'ml-dsa-65': 'ML-DSA-65',
  'ml-dsa-87': 'ML-DSA-87',
}

/** Of a finite field, one of RFC 7919 or one that the server named by its numbers; undefined for other groups. */
export function fieldBits(group: string | undefined): number | undefined {
  const digits = /^(?:ffdhe|a finite field of )(\d+)(?: bits)?$/.exec(group ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** `ECDSA+SHA256`, `RSA-PSS+SHA384`, `Ed25519+UNDEF` */
export function sharedSigalgName({ keyType, name }: SignatureScheme): string {
  const algorithm = name.startsWith('rsa_pss') ? 'RSA-PSS' : algorithms[keyType]
  const hash = /sha\d+$/.exec(name)?.[0].toUpperCase() ?? 'UNDEF'
  return `${algorithm}+${hash}`
}

const versions: Readonly<Record<number, string>> = {
  [ProtocolVersion.SSL3]: 'SSLv3',
  [ProtocolVersion.TLS10]: 'TLSv1',
  [ProtocolVersion.TLS11]: 'TLSv1.1',
  [ProtocolVersion.TLS12]: 'TLSv1.2',
  [ProtocolVersion.TLS13]: 'TLSv1.3',
}

/** The highest version that is offered, where none has been agreed on. */
export function versionName(version: number = ProtocolVersion.TLS13): string {
  return versions[version] ?? 'unknown'
}
