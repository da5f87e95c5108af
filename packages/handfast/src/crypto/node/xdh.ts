/** X25519 and X448 (RFC 7748; RFC 8446 §7.4.2). */
import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { NamedGroup } from '../../codec/registry.ts'
import type { KeyExchangeGroup } from '../provider.ts'
import { concat, fromHex, plain } from './bytes.ts'

/** A SubjectPublicKeyInfo up to the key: AlgorithmIdentifier by RFC 8410 §3, and the BIT STRING's header. */
function xdhGroup(name: 'x25519' | 'x448', length: number, spkiHeader: string): KeyExchangeGroup {
  const header = fromHex(spkiHeader)

  function agree(privateKey: KeyObject, share: Uint8Array): Uint8Array | undefined {
    if (share.length !== length) return undefined
    try {
      const publicKey = createPublicKey({
        key: concat(header, share) as Buffer,
        format: 'der',
        type: 'spki',
      })
      const secret = plain(diffieHellman({ privateKey, publicKey }))
      // RFC 7748 §6.1: a share of low order makes a secret of zeros. OpenSSL refuses it; so do we, whoever computed.
      return secret.every((byte) => byte === 0) ? undefined : secret
    } catch {
      return undefined
    }
  }

  function newKey(): { privateKey: KeyObject; share: Uint8Array } {
    const { privateKey, publicKey } = generateKeyPairSync(name as 'x25519')
    const spki = publicKey.export({ format: 'der', type: 'spki' })
    return { privateKey, share: Uint8Array.from(spki.subarray(header.length)) }
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

export const x25519: KeyExchangeGroup = /* @__PURE__ */ xdhGroup(
  'x25519',
  32,
  '302a300506032b656e032100',
)
export const x448: KeyExchangeGroup = /* @__PURE__ */ xdhGroup(
  'x448',
  56,
  '3042300506032b656f033900',
)
