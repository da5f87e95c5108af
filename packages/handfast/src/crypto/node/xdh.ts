/**
 * X25519 and X448 (RFC 7748; RFC 8446 §7.4.2).
 *
 * The public key comes as a JWK out of the call that generates it: every other way to its bytes takes as long as another
 * multiplication. To export a JWK from a key that is there is a trap on Node 20: the export holds the key's lock, and
 * where it sets off a collection of what generated the key, that waits for the lock for ever. Within the call it cannot be
 * collected.
 */
import { diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { NamedGroup } from '../../codec/registry.ts'
import type { KeyExchangeGroup } from '../provider.ts'
import { fromHex, plain } from './bytes.ts'
import { importRaw, type RawKeyKind } from './rawKey.ts'

interface Xdh {
  readonly name: 'x25519' | 'x448'
  /** Of a share and of the secret, in bytes. */
  readonly length: number
  readonly kind: RawKeyKind
}

interface OwnKey {
  readonly privateKey: KeyObject
  readonly share: Uint8Array
}

/** What `generateKeyPairSync` makes of a request for a JWK, which the type definitions lack. */
type Generate = (
  type: string,
  options: { readonly publicKeyEncoding: { readonly format: 'jwk' } },
) => { readonly publicKey: { readonly x: string }; readonly privateKey: KeyObject }

const generateKeyPair = generateKeyPairSync as unknown as Generate
const asJwk = { publicKeyEncoding: { format: 'jwk' } } as const

function xdhGroup({ name, length, kind }: Xdh): KeyExchangeGroup {
  function newKey(): OwnKey {
    const { privateKey, publicKey } = generateKeyPair(name, asJwk)
    return { privateKey, share: Uint8Array.from(Buffer.from(publicKey.x, 'base64url')) }
  }

  function agree(privateKey: KeyObject, share: Uint8Array): Uint8Array | undefined {
    if (share.length !== length) return undefined
    let secret: Uint8Array
    try {
      secret = plain(diffieHellman({ privateKey, publicKey: importRaw(kind, share) }))
    } catch {
      return undefined
    }
    // RFC 7748 §6.1: a share of low order makes a secret of zeros. OpenSSL refuses it; so do we, whoever computed.
    let union = 0
    for (let i = 0; i < secret.length; i++) union |= secret[i]!
    return union === 0 ? undefined : secret
  }

  return {
    id: NamedGroup[name],
    name,
    clientShareLength: length,
    serverShareLength: length,
    generate() {
      const made = newKey()
      let privateKey: KeyObject | undefined = made.privateKey
      return {
        share: made.share,
        decapsulate(serverShare) {
          if (privateKey === undefined) throw new Error(`${name}: the key was destroyed`)
          return agree(privateKey, serverShare)
        },
        destroy() {
          privateKey = undefined
        },
      }
    },
    encapsulate(clientShare) {
      const { privateKey, share } = newKey()
      const secret = agree(privateKey, clientShare)
      return secret === undefined ? undefined : { share, secret }
    },
  }
}

// The headers: AlgorithmIdentifier by RFC 8410 §3, then the BIT STRING's tag, length and count of unused bits.

export const x25519: KeyExchangeGroup = /* @__PURE__ */ xdhGroup({
  name: 'x25519',
  length: 32,
  kind: {
    type: 'x25519',
    spkiHeader: /* @__PURE__ */ fromHex('302a300506032b656e032100'),
    jwkCurve: 'X25519',
  },
})

export const x448: KeyExchangeGroup = /* @__PURE__ */ xdhGroup({
  name: 'x448',
  length: 56,
  kind: {
    type: 'x448',
    spkiHeader: /* @__PURE__ */ fromHex('3042300506032b656f033900'),
    jwkCurve: 'X448',
  },
})
