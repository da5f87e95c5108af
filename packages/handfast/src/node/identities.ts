/** `cert`, `key` and `passphrase` made into identities: each chain with the key that belongs to it. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { Identity } from '../config.ts'
import { signingKey } from '../crypto/node/signingKey.ts'
import type { SigningKey } from '../crypto/provider.ts'
import { certificatesOf, listOf } from './certificates.ts'
import { invalidArgType, validateString, withCode } from './validate.ts'

type Text = string | NodeJS.ArrayBufferView

/** What `key` may be: PEM, a KeyObject, a key that lives elsewhere, or PEM with its own passphrase. */
export type KeyInput =
  | Text
  | KeyObject
  | SigningKey
  | { readonly pem: Text | KeyObject; readonly passphrase?: string | undefined }

export interface IdentityOptions {
  readonly cert?: Text | readonly Text[] | undefined
  readonly key?: KeyInput | readonly KeyInput[] | undefined
  readonly passphrase?: string | undefined
}

/** A key of the options: one that Node holds, or one that signs elsewhere. */
type OwnKey = { readonly keyObject: KeyObject } | { readonly signing: SigningKey }

/**
 * @param authorities DER of certificates that may complete a chain that ends below its root, as OpenSSL completes it
 * from `ca`
 * @throws Error where a key or a certificate cannot be read, or a certificate has no key
 */
export function makeIdentities(
  options: IdentityOptions,
  authorities: readonly Uint8Array[],
): readonly Identity[] {
  const chains = listOf(options.cert).map((cert) => certificatesOf(cert, 'options.cert'))
  const keys = listOf(options.key).map((key) => readKey(key, options.passphrase))
  // A key alone authenticates nobody; a certificate alone is refused, since a handshake could only fail.
  if (chains.length === 0) return []
  return chains.map((chain, index) => {
    const leaf = readLeaf(chain[0]!)
    const found =
      keys.find((key) => 'keyObject' in key && leaf.checkPrivateKey(key.keyObject)) ??
      remoteKey(keys[index])
    if (found === undefined)
      throw withCode(
        new Error(
          keys.length === 0
            ? 'options.cert has a certificate and options.key has no key for it'
            : 'options.key has no key that belongs to the certificate in options.cert',
        ),
        'ERR_OSSL_X509_KEY_VALUES_MISMATCH',
      )
    return {
      certificateChain: complete(chain, authorities),
      signingKey: 'signing' in found ? found.signing : signingKey(found.keyObject),
    }
  })
}

/** A key that lives elsewhere cannot be compared: it belongs to the certificate at its place. */
function remoteKey(key: OwnKey | undefined): OwnKey | undefined {
  return key !== undefined && 'signing' in key ? key : undefined
}

function isSigningKey(value: unknown): value is SigningKey {
  return typeof (value as SigningKey | null)?.sign === 'function'
}

function isKeyObject(value: unknown): value is KeyObject {
  return (value as KeyObject | null)?.type === 'private'
}

function readKey(input: KeyInput, passphrase: string | undefined): OwnKey {
  if (isSigningKey(input)) return { signing: input }
  if (isKeyObject(input)) return { keyObject: input }
  if (typeof input === 'object' && 'pem' in input)
    return readKey(input.pem, input.passphrase ?? passphrase)
  if (typeof input !== 'string' && !ArrayBuffer.isView(input))
    throw invalidArgType(
      'options.key',
      'of type string or an instance of Buffer, TypedArray, DataView, or KeyObject',
      input,
    )
  if (passphrase != null) validateString(passphrase, 'options.passphrase')
  const secret = passphrase == null ? {} : { passphrase }
  try {
    return { keyObject: createPrivateKey({ key: input as string, ...derFormat(input), ...secret }) }
  } catch (cause) {
    const code = (cause as { code?: string }).code ?? 'ERR_OSSL_UNSUPPORTED'
    const advice =
      code === 'ERR_MISSING_PASSPHRASE'
        ? 'is encrypted: give options.passphrase'
        : `cannot be read${passphrase == null ? '' : ' (is the passphrase right?)'}: give PKCS#8, SEC1 or PKCS#1 in PEM`
    throw withCode(new Error(`options.key ${advice}`, { cause }), code)
  }
}

function derFormat(input: Text): object {
  if (typeof input === 'string') return {}
  const first = new Uint8Array(input.buffer, input.byteOffset, 1)[0]
  return first === 0x30 ? { format: 'der', type: 'pkcs8' } : {}
}

function readLeaf(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der)
  } catch (cause) {
    throw withCode(
      new Error('options.cert holds a certificate that cannot be read', { cause }),
      (cause as { code?: string }).code ?? 'ERR_OSSL_ASN1_WRONG_TAG',
    )
  }
}

/** Appends the issuers that `authorities` holds, without the root, which a peer must have anyway. */
function complete(
  chain: readonly Uint8Array[],
  authorities: readonly Uint8Array[],
): readonly Uint8Array[] {
  if (chain.length > 1 || authorities.length === 0) return chain
  const candidates = authorities.map((der) => new X509Certificate(der))
  const completed = [...chain]
  let last = new X509Certificate(chain[0]!)
  while (completed.length <= candidates.length) {
    const issuer = candidates.find(
      (candidate) => last.checkIssued(candidate) && !candidate.checkIssued(candidate),
    )
    if (issuer === undefined) break
    completed.push(Uint8Array.from(issuer.raw))
    last = issuer
  }
  return completed
}
