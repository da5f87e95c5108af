/**
 * ECDH on the NIST curves (RFC 8446 §4.2.8.2, §7.4.2).
 *
 * Two ways, by measurement (bench/NOTES.md): P-256 through `crypto.ECDH`, which takes and gives points as bytes and
 * spares two DER structures; the larger curves through KeyObjects, because there `crypto.ECDH` makes one more scalar
 * multiplication, which costs more than any DER.
 */
import {
  createECDH,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import { NamedGroup } from '../../codec/registry.ts'
import type { KeyExchangeGroup } from '../provider.ts'
import { concat, fromHex, plain } from './bytes.ts'

/** A key of our own: its point, and what multiplies another's (and throws where that one is not on the curve). */
interface OwnKey {
  readonly share: Uint8Array
  multiply(point: Uint8Array): Uint8Array
}

function ecdhGroup(
  name: 'secp256r1' | 'secp384r1' | 'secp521r1',
  coordinateLength: number,
  newKey: () => OwnKey,
): KeyExchangeGroup {
  const shareLength = 1 + 2 * coordinateLength

  /** OpenSSL checks that the point is on the curve. Its form is checked here: RFC 8446 §4.2.8.2 has one only. */
  function agree(own: OwnKey, share: Uint8Array): Uint8Array | undefined {
    if (share.length !== shareLength || share[0] !== 4) return undefined
    try {
      return plain(own.multiply(share))
    } catch {
      return undefined
    }
  }

  return {
    id: NamedGroup[name],
    name,
    clientShareLength: shareLength,
    serverShareLength: shareLength,
    generate() {
      let own: OwnKey | undefined = newKey()
      return {
        share: own.share,
        decapsulate(serverShare) {
          if (own === undefined) throw new Error(`${name}: the key was destroyed`)
          return agree(own, serverShare)
        },
        destroy() {
          own = undefined
        },
      }
    },
    encapsulate(clientShare) {
      const own = newKey()
      const secret = agree(own, clientShare)
      return secret === undefined ? undefined : { share: own.share, secret }
    },
  }
}

function byEcdhClass(curve: string): () => OwnKey {
  return () => {
    const own = createECDH(curve)
    return { share: plain(own.generateKeys()), multiply: (point) => own.computeSecret(point) }
  }
}

/** @param spkiHeader DER of the curve's SubjectPublicKeyInfo up to the point's first byte (RFC 5480 §2) */
function byKeyObject(namedCurve: string, spkiHeader: Uint8Array): () => OwnKey {
  function importPoint(point: Uint8Array): KeyObject {
    return createPublicKey({
      key: concat(spkiHeader, point) as Buffer,
      format: 'der',
      type: 'spki',
    })
  }

  return () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
    const spki = publicKey.export({ format: 'der', type: 'spki' })
    return {
      share: new Uint8Array(spki.subarray(spkiHeader.length)),
      multiply: (point) => diffieHellman({ privateKey, publicKey: importPoint(point) }),
    }
  }
}

export const secp256r1: KeyExchangeGroup = /* @__PURE__ */ ecdhGroup(
  'secp256r1',
  32,
  /* @__PURE__ */ byEcdhClass('prime256v1'),
)

export const secp384r1: KeyExchangeGroup = /* @__PURE__ */ ecdhGroup(
  'secp384r1',
  48,
  /* @__PURE__ */ byKeyObject(
    'secp384r1',
    /* @__PURE__ */ fromHex('3076301006072a8648ce3d020106052b81040022036200'),
  ),
)

export const secp521r1: KeyExchangeGroup = /* @__PURE__ */ ecdhGroup(
  'secp521r1',
  66,
  /* @__PURE__ */ byKeyObject(
    'secp521r1',
    /* @__PURE__ */ fromHex('30819b301006072a8648ce3d020106052b8104002303818600'),
  ),
)
