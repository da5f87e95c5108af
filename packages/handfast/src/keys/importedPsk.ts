/** Importing pre-shared keys (RFC 9258): of one key, a key of its own for each version, hash and use. */
import { type MaybePromise, runSteps, type Steps, settle } from '@handfast/x509'
import { ProtocolVersion } from '../codec/registry.ts'
import { encode, opaque, struct, uint16 } from '../codec/wire.ts'
import type { PreSharedKey } from '../config.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import { hkdfExpandLabel, hkdfExtract } from './hkdf.ts'

const ImportedIdentity = struct('ImportedIdentity', 'RFC 9258 §5.1', {
  externalIdentity: opaque(1, 65_535),
  context: opaque(0, 65_535),
  targetProtocol: uint16,
  targetKdf: uint16,
})

/** The registry of RFC 9258 §10: HKDF_SHA256 and HKDF_SHA384. */
const targets = [
  { hash: 'sha256', targetKdf: 1 },
  { hash: 'sha384', targetKdf: 2 },
] as const

/**
 * Makes of a key, and of the `hash` that it is for, the keys that TLS 1.3 is to use in its place: one for each hash of its
 * suites. A client gives all of them as its `preSharedKey`; a server finds by their identities. Both sides must import, with
 * the same context.
 * @param context what else the key is to be bound to, such as the names of both sides (RFC 9258 §5.1); empty for nothing
 */
export function importPreSharedKey(
  crypto: CryptoProvider,
  key: PreSharedKey,
  context: Uint8Array = new Uint8Array(0),
): MaybePromise<PreSharedKey[]> {
  return runSteps(imported(crypto, key, context))
}

/** RFC 9258 §5.1 */
function* imported(
  { hashes }: CryptoProvider,
  { identity: externalIdentity, key, hash: own = 'sha256' }: PreSharedKey,
  context: Uint8Array,
): Steps<PreSharedKey[]> {
  const keys: PreSharedKey[] = []
  const hash = hashes[own]
  const extracted = yield* settle(hkdfExtract(hash, new Uint8Array(hash.outputLength), key))
  for (const target of targets) {
    const identity = encode(ImportedIdentity, {
      externalIdentity,
      context,
      targetProtocol: ProtocolVersion.TLS13,
      targetKdf: target.targetKdf,
    })
    const digest = yield* settle(hash.digest(identity))
    const { outputLength } = hashes[target.hash]
    const derived = yield* settle(
      hkdfExpandLabel(hash, extracted, 'derived psk', digest, outputLength),
    )
    keys.push({ identity, key: derived, hash: target.hash, imported: true })
  }
  extracted.fill(0)
  return keys
}
