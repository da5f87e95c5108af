/** Keys that both sides had before, as the configuration gives them, for all versions (RFC 8446 §4.2.11, RFC 4279). */
import type { Steps } from '@handfast/x509'
import { toText } from '../codec/bytes.ts'
import type { ClientConfig, PreSharedKey, PreSharedSecret, ServerConfig } from '../config.ts'
import { ConfigurationError } from '../errors.ts'
import type { HandshakeContext } from './context.ts'

/** RFC 8446 §4.2.11: SHA-256 where nothing else was agreed on together with the key. */
export function hashOf({ hash = 'sha256' }: PreSharedSecret): 'sha256' | 'sha384' {
  return hash
}

/** @param external undefined for the key of a session */
export function binderLabel(
  external: PreSharedSecret | undefined,
): 'res binder' | 'ext binder' | 'imp binder' {
  if (external === undefined) return 'res binder'
  return external.imported === true ? 'imp binder' : 'ext binder'
}

/** @param identityHint of TLS 1.2; undefined for TLS 1.3, which has none */
export function* clientKeys(
  hs: HandshakeContext,
  { preSharedKey }: ClientConfig,
  identityHint: Uint8Array | undefined,
): Steps<readonly PreSharedKey[]> {
  if (preSharedKey === undefined) return []
  const found = yield* hs.settle('asking for the pre-shared key', preSharedKey(identityHint))
  if (found === undefined) return []
  const keys = 'identity' in found ? [found] : found
  for (const { identity, key } of keys) {
    // RFC 4279 §2 allows a name of no bytes, RFC 8446 §4.2.11 does not.
    checkLength('The identity of a pre-shared key', identity, identityHint === undefined ? 1 : 0)
    checkLength('A pre-shared key', key)
  }
  return keys
}

export function* serverKey(
  hs: HandshakeContext,
  { findPreSharedKey }: ServerConfig,
  identity: Uint8Array,
): Steps<PreSharedKey | undefined> {
  if (findPreSharedKey === undefined) return undefined
  const found = yield* hs.settle('looking for the pre-shared key', findPreSharedKey(identity))
  if (found === undefined) return undefined
  const secret = 'key' in found ? found : { key: found }
  checkLength('A pre-shared key', secret.key)
  return { ...secret, identity }
}

/** No bytes are no secret: whoever knows the name would be let in. */
function checkLength(what: string, bytes: Uint8Array, least = 1): void {
  if (bytes.length < least || bytes.length > 65_535)
    throw new ConfigurationError(
      'ERR_BAD_PRE_SHARED_KEY',
      `${what} has ${least} to 65535 bytes, not ${bytes.length}`,
    )
}

/** For traces. */
export function nameOfKey({ identity }: PreSharedKey): string {
  return JSON.stringify(toText(identity.subarray(0, 64)))
}
