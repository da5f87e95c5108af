/**
 * Public keys between KeyObjects and the bytes that TLS sends, by the fastest way that the platform has
 * (bench/NOTES.md): bare bytes on Node 26 and late 24, else a SubjectPublicKeyInfo, whose header is constant for a
 * kind of key.
 *
 * JWK is used to import only: exporting one from a new key now and then never returns on Node 20 (xdh.ts says why).
 */
import { createPublicKey, type KeyObject, type PublicKeyInput } from 'node:crypto'
import { concat } from './bytes.ts'
import { hasRawKeys, withoutStackTraces } from './platform.ts'

export interface RawKeyKind {
  /** Node's `asymmetricKeyType`. */
  readonly type: string
  /** DER of a SubjectPublicKeyInfo up to the key's first byte. */
  readonly spkiHeader: Uint8Array
  /** Name of the curve in a JWK of kind OKP (RFC 8037), where that is quicker than DER. */
  readonly jwkCurve?: string
}

/** @throws where OpenSSL does not accept the key; the error has no stack trace */
export function importRaw(kind: RawKeyKind, bytes: Uint8Array): KeyObject {
  return withoutStackTraces(() => imported(kind, bytes))
}

function imported(kind: RawKeyKind, bytes: Uint8Array): KeyObject {
  if (hasRawKeys()) {
    const input = { key: bytes, format: 'raw-public', asymmetricKeyType: kind.type }
    return createPublicKey(input as unknown as PublicKeyInput)
  }
  if (kind.jwkCurve !== undefined) {
    const x = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
    return createPublicKey({ key: { kty: 'OKP', crv: kind.jwkCurve, x }, format: 'jwk' })
  }
  return createPublicKey({
    key: concat(kind.spkiHeader, bytes) as Buffer,
    format: 'der',
    type: 'spki',
  })
}

export function exportRaw(kind: RawKeyKind, key: KeyObject): Uint8Array {
  if (hasRawKeys()) {
    return new Uint8Array(
      key.export({ format: 'raw-public' } as unknown as { format: 'jwk' }) as unknown as Buffer,
    )
  }
  const spki = key.export({ format: 'der', type: 'spki' })
  return new Uint8Array(spki.subarray(kind.spkiHeader.length))
}
