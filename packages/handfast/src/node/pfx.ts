/**
 * The option `pfx`: a key, its certificate and those above it in one file (PKCS #12, RFC 7292).
 *
 * node-forge reads them, the old ones with RC2 and 3DES too, which OpenSSL 3 does not. It is loaded when a program first
 * gives this option, so that nobody else pays for it.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type * as Forge from 'node-forge'
import { unavailable } from './errors.ts'
import { checkPbmac1 } from './pbmac1.ts'
import { bytesOf, validateString, withCode } from './validate.ts'

type Bytes = string | NodeJS.ArrayBufferView

/** A file, or one with a passphrase of its own. */
export type PfxInput = Bytes | { readonly buf: Bytes; readonly passphrase?: string | undefined }

export interface PfxContent {
  readonly key: KeyObject
  /** DER. */
  readonly certificate: Uint8Array
  /** DER of the other certificates, which are trusted, as in Node. */
  readonly others: readonly Uint8Array[]
}

/** @throws Error `mac verify failure` for a wrong passphrase, `not enough data` for what is no PKCS #12: Node's messages */
export function readPfx(
  pfx: PfxInput | readonly PfxInput[] | undefined | null,
  passphrase: string | undefined,
): readonly PfxContent[] {
  if (pfx == null) return []
  if (passphrase != null) validateString(passphrase, 'options.passphrase')
  const list: readonly unknown[] = Array.isArray(pfx) ? pfx : [pfx]
  return list.map((entry) => {
    const own = Array.isArray(pfx) ? (entry as { buf?: unknown; passphrase?: string }) : {}
    return readOne(own?.buf ?? entry, own?.passphrase ?? passphrase ?? undefined)
  })
}

function readOne(input: unknown, passphrase: string | undefined): PfxContent {
  if (typeof input !== 'string' && !ArrayBuffer.isView(input))
    throw pfxError('Unable to load PFX certificate', 'ERR_CRYPTO_OPERATION_FAILED')
  const bytes =
    typeof input === 'string'
      ? Buffer.from(input, 'latin1')
      : Buffer.from(bytesOf(input as NodeJS.ArrayBufferView))
  const forge = loadForge()
  const file = parse(forge, bytes, passphrase)
  const bagsOf = (bagType: string) => file.getBags({ bagType })[bagType] ?? []
  const { oids, privateKeyToAsn1, wrapRsaPrivateKey, certificateToAsn1 } = forge.pki
  const derOf = (asn1: Forge.asn1.Asn1) =>
    Uint8Array.from(Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'latin1'))
  const [keyBag] = [...bagsOf(oids.pkcs8ShroudedKeyBag!), ...bagsOf(oids.keyBag!)]
  if (keyBag === undefined)
    throw pfxError('Unable to load private key from PFX data', 'ERR_CRYPTO_OPERATION_FAILED')
  // It knows the keys and certificates of RSA, and hands on the others as they are.
  const pkcs8 = keyBag.key ? wrapRsaPrivateKey(privateKeyToAsn1(keyBag.key)) : keyBag.asn1
  const key = createPrivateKey({ key: Buffer.from(derOf(pkcs8)), format: 'der', type: 'pkcs8' })
  const certificates = bagsOf(oids.certBag!).map(({ cert, asn1 }) =>
    derOf(cert ? certificateToAsn1(cert) : asn1),
  )
  const certificate = certificates.find((der) => new X509Certificate(der).checkPrivateKey(key))
  if (certificate === undefined)
    throw pfxError('Unable to load PFX certificate', 'ERR_CRYPTO_OPERATION_FAILED')
  return { key, certificate, others: certificates.filter((der) => der !== certificate) }
}

function parse(
  forge: typeof Forge,
  bytes: Buffer,
  passphrase: string | undefined,
): Forge.pkcs12.Pkcs12Pfx {
  let failure: unknown
  try {
    const asn1 = forge.asn1.fromDer(bytes.toString('latin1'), false)
    const fits = checkPbmac1(forge, asn1, passphrase ?? '')
    if (fits === false) throw new Error('PBMAC1: MAC could not be verified')
    if (fits) return withoutMac(forge, asn1, passphrase ?? '')
    // No passphrase is either the empty one or none at all: programs that write such files do not agree.
    for (const secret of passphrase ? [passphrase] : ['', undefined])
      try {
        return forge.pkcs12.pkcs12FromAsn1(asn1, false, secret)
      } catch (cause) {
        failure ??= cause
      }
    // The authentication is of the passphrase in UTF-16, the encryption of today of it in UTF-8: the first did fit.
    if (passphrase && !isWrongPassphrase(failure)) return withoutMac(forge, asn1, passphrase)
  } catch (cause) {
    failure ??= cause
  }
  if (isWrongPassphrase(failure)) throw pfxError('mac verify failure', undefined, failure)
  if (/unsupported|only/i.test(String(failure)))
    throw pfxError('Unsupported PKCS12 PFX data', 'ERR_CRYPTO_UNSUPPORTED_OPERATION', failure)
  throw pfxError('not enough data', undefined, failure)
}

function isWrongPassphrase(failure: unknown): boolean {
  return /MAC could not be verified/.test(String(failure))
}

/** For what was authenticated before. */
function withoutMac(
  forge: typeof Forge,
  asn1: Forge.asn1.Asn1,
  passphrase: string,
): Forge.pkcs12.Pkcs12Pfx {
  const [version, content] = asn1.value as Forge.asn1.Asn1[]
  const unsigned = { ...asn1, value: [version!, content!] }
  return forge.pkcs12.pkcs12FromAsn1(unsigned, false, forge.util.encodeUtf8(passphrase))
}

function pfxError(message: string, code: string | undefined, cause?: unknown): Error {
  const error = new Error(message, cause === undefined ? undefined : { cause })
  return code === undefined ? error : withCode(error, code)
}

function loadForge(): typeof Forge {
  try {
    return process.getBuiltinModule('node:module').createRequire(import.meta.url)('node-forge')
  } catch (cause) {
    throw Object.assign(
      unavailable('The option "pfx" without the package node-forge', 'install it beside handfast'),
      { cause },
    )
  }
}
