/** The certificates and keys that the runner put into files, as identities. */
import { readFileSync } from 'node:fs'
import { parseCertificate } from '@handfast/x509'
import {
  ConfigurationError,
  decodePem,
  type Identity,
  importPreSharedKey,
  type PreSharedKey,
} from 'handfast'
import { nodeProvider, signingKey } from 'handfast/crypto/node'
import { profiles } from './profiles.ts'
import { type Credential, type Settings, Unimplemented } from './settings.ts'

/** An identity, and the place of its credential among the runner's: -1 for the default one. */
export interface NumberedIdentity {
  readonly index: number
  readonly identity: Identity
  readonly mustMatchIssuer: boolean
}

/** All that are configured, in the order of preference: the default one is the last. */
export function identitiesOf(settings: Settings): readonly NumberedIdentity[] {
  const numbered = settings.credentials
    .map((credential, index) => ({ credential, index }))
    .filter(({ credential }) => !credential.isKey)
  if (settings.defaultCredential.certificateFile !== '')
    numbered.push({ credential: settings.defaultCredential, index: -1 })
  return numbered.map(({ credential, index }) => ({
    index,
    identity: identityOf(credential, settings),
    mustMatchIssuer: credential.mustMatchIssuer,
  }))
}

function identityOf(credential: Credential, settings: Settings): Identity {
  const { signatureSchemes: allowed } = (settings.profile && profiles[settings.profile]) ?? {}
  const key = keyOf(credential, allowed ?? credential.signingPreferences)
  const staple = stapleOf(credential, settings)
  const { signedCertificateTimestamps: scts } = credential
  return {
    certificateChain: certificatesIn(credential.certificateFile),
    signingKey: key,
    ...(staple === undefined ? {} : { ocspResponse: staple }),
    ...(scts === undefined ? {} : { signedCertificateTimestamps: entriesOf(scts) }),
  }
}

/** rsa_pkcs1_sha256_legacy and its kin, a draft for clients with old hardware. */
const legacyPkcs1 = [0x0420, 0x0520, 0x0620]

/** @param signingPreferences code points; empty for all that the key can make */
function keyOf(
  { keyFile }: Credential,
  signingPreferences: readonly number[],
): Identity['signingKey'] {
  try {
    const strange = signingPreferences.find((id) => legacyPkcs1.includes(id))
    if (strange !== undefined) throw new Unimplemented(`the signature scheme ${strange}`)
    const key = signingKey(readFileSync(keyFile, 'utf8'))
    if (signingPreferences.length === 0) return key
    const schemes = signingPreferences.filter((scheme) => key.schemes.includes(scheme))
    return { ...key, schemes }
  } catch (error) {
    if (error instanceof ConfigurationError && error.code === 'ERR_UNSUPPORTED_PRIVATE_KEY')
      throw new Unimplemented(`a private key: ${error.message}`)
    throw error
  }
}

/** A pre-shared key, imported, and the place of its credential among the runner's. */
export interface NumberedKey {
  readonly index: number
  readonly key: PreSharedKey
}

export async function keysOf({ credentials }: Settings): Promise<readonly NumberedKey[]> {
  const keys: NumberedKey[] = []
  for (const [index, { isKey, identity, key, hash, context }] of credentials.entries())
    if (isKey)
      for (const made of await importPreSharedKey(nodeProvider, { identity, key, hash }, context))
        keys.push({ index, key: made })
  return keys
}

/** With a callback, the response that is configured is the callback's to give or to withhold. */
function stapleOf({ ocspResponse }: Credential, settings: Settings): Uint8Array | undefined {
  if (settings.ocspCallback && settings.server)
    return settings.ocspCallbackDeclines ? undefined : ocspResponse
  return ocspResponse
}

export function certificatesIn(file: string): Uint8Array[] {
  return decodePem(readFileSync(file, 'utf8'))
    .filter(({ label }) => label === 'CERTIFICATE')
    .map(({ der }) => der)
}

/** Takes a SignedCertificateTimestampList apart (RFC 6962 §3.3). */
function entriesOf(list: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = []
  for (let at = 2; at < list.length; ) {
    const length = (list[at]! << 8) | list[at + 1]!
    entries.push(list.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  return entries
}

/** The inverse of `entriesOf`. */
export function listOf(entries: readonly Uint8Array[]): Buffer {
  const two = (length: number) => Buffer.from([length >> 8, length & 255])
  const body = Buffer.concat(entries.flatMap((entry) => [two(entry.length), entry]))
  return Buffer.concat([two(body.length), body])
}

/** True where one of the named authorities issued a certificate of the chain. */
export function isIssuedBy(identity: Identity, authorities: readonly Uint8Array[]): boolean {
  return identity.certificateChain.some((der) => {
    const { issuer } = parseCertificate(der)
    return authorities.some((name) => Buffer.compare(name, issuer.der) === 0)
  })
}
