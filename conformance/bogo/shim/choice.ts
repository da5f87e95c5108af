/** Which credential is shown, by the rules of the runner: the first that the peer can do something with. */
import { type Identity, signatureScheme, TlsError } from 'handfast'
import { isIssuedBy, type NumberedIdentity } from './credentials.ts'

/** rsa_pkcs1_md5_sha1, the library's name for what RSA keys sign with up to TLS 1.1. */
const md5Sha1 = 0xff01

export interface Wish {
  readonly version: number
  /** Signature schemes; of none where a client of an old version names none. */
  readonly accepted: readonly number[]
  readonly authorities: readonly Uint8Array[]
}

/** @throws TlsError where none fits: the runner wants a program that has certificates to rather fail than go on without */
export function pick(identities: readonly NumberedIdentity[], wish: Wish): Identity | undefined {
  if (identities.length === 0) return undefined
  const found = identities.find(
    ({ identity, mustMatchIssuer }) =>
      fits(identity, wish) && (!mustMatchIssuer || isIssuedBy(identity, wish.authorities)),
  )
  if (found === undefined)
    throw new TlsError('ERR_NO_COMMON_SIGNATURE_SCHEME', 'No credential fits the request')
  return found.identity
}

function fits({ signingKey }: Identity, { version, accepted }: Wish): boolean {
  const { schemes, classicSchemes = [] } = signingKey
  const common = (ids: readonly number[]) => ids.some((id) => accepted.includes(id))
  // Before that the kind of a key says how it signs (RFC 4346 §4.7), and a client names no schemes.
  if (version < 0x0303)
    return classicSchemes.length > 0 && (accepted.length === 0 || common(schemes))
  if (version !== 0x0303)
    return common(schemes.filter((id) => signatureScheme(id)?.certificatesOnly !== true))
  // ML-DSA and the code points for PKCS #1 in client certificates are for TLS 1.3, MD5 with SHA-1 for TLS 1.1 and before.
  return common(
    [...schemes, ...classicSchemes].filter((id) => {
      const scheme = signatureScheme(id)
      return scheme !== undefined && !scheme.keyType.startsWith('ml-dsa') && scheme.id !== md5Sha1
    }),
  )
}
