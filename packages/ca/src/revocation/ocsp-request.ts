/** OCSP requests (RFC 6960 §4.1): what a client wants to know. They come from the network. */
import { type Certificate, type SubjectPublicKeyInfo, X509Error } from '@handfast/x509'
import {
  contextConstructed,
  type DerReader,
  readExtensionList,
  readWhole,
  tags,
} from '@handfast/x509/reading'
import { explicit, nullValue, octetString, oid, sequence, tlv } from '../der.ts'
import { encodeExtension } from '../extensions.ts'
import { hexadecimal } from '../keys.ts'

/** Whose status is asked (§4.1.1). */
export interface CertId {
  /** DER of the whole CertID, which the response repeats. */
  readonly der: Uint8Array
  readonly hashAlgorithm: 'SHA-1' | 'SHA-256' | undefined
  readonly issuerNameHash: Uint8Array
  readonly issuerKeyHash: Uint8Array
  /** Hexadecimal, lower case, without leading zero octets. */
  readonly serialNumber: string
}

export interface OcspRequest {
  readonly certIds: readonly CertId[]
  /** 1 to 128 octets (RFC 9654 §2.1). */
  readonly nonce: Uint8Array | undefined
}

/** A request for more certificates than these is refused: each costs a look-up. */
const mostCertificates = 100
const nonceOid = '1.3.6.1.5.5.7.48.1.2'

const hashes: Readonly<Record<string, CertId['hashAlgorithm']>> = {
  '1.3.14.3.2.26': 'SHA-1',
  '2.16.840.1.101.3.4.2.1': 'SHA-256',
}

/** @throws X509Error when the bytes are no OCSPRequest in DER, or one that is not answered */
export function parseOcspRequest(der: Uint8Array): OcspRequest {
  const outer = readWhole(der, tags.sequence, 'ocspRequest')
  const tbs = outer.enter(tags.sequence, 'tbsRequest')
  // A signature (§4.1.2) proves who asks; here everyone may ask.
  outer.optional(contextConstructed(0), 'optionalSignature')
  outer.finish()
  if (tbs.peek() === contextConstructed(0)) throw tbs.error('version is not v1', 'version')
  tbs.optional(contextConstructed(1), 'requestorName')
  const list = tbs.enter(tags.sequence, 'requestList')
  const certIds: CertId[] = []
  while (!list.atEnd) {
    if (certIds.length === mostCertificates) {
      throw new X509Error(
        'malformed',
        `request asks for more than ${mostCertificates} certificates`,
      )
    }
    certIds.push(readRequest(list))
  }
  if (certIds.length === 0) throw list.error('request asks for nothing')
  const nonce = readNonce(tbs)
  tbs.finish()
  return { certIds, nonce }
}

function readRequest(list: DerReader): CertId {
  const request = list.enter(tags.sequence, 'request')
  const certId = request.enter(tags.sequence, 'reqCert')
  const der = request.element().slice()
  const algorithm = certId.enter(tags.sequence, 'hashAlgorithm')
  const hashAlgorithm = hashes[algorithm.objectIdentifier('algorithm')]
  const issuerNameHash = certId.octetString('issuerNameHash')
  const issuerKeyHash = certId.octetString('issuerKeyHash')
  const serialNumber = certId.integer('serialNumber')
  certId.finish()
  if (request.optional(contextConstructed(0), 'singleRequestExtensions')) {
    const explicit = request.inside('singleRequestExtensions')
    refuseCritical(explicit)
  }
  request.finish()
  return {
    der,
    hashAlgorithm,
    issuerNameHash,
    issuerKeyHash,
    serialNumber: hexadecimal(serialNumber).replace(/^(00)+(?=..)/, ''),
  }
}

function readNonce(tbs: DerReader): Uint8Array | undefined {
  if (!tbs.optional(contextConstructed(2), 'requestExtensions')) return undefined
  const extensions = refuseCritical(tbs.inside('requestExtensions'))
  const extension = extensions.find(({ oid }) => oid === nonceOid)
  if (extension === undefined) return undefined
  const value = readNonceValue(extension.value)
  if (value.length < 1 || value.length > 128) {
    throw tbs.error('nonce has not 1 to 128 octets', 'nonce')
  }
  return value
}

/** The OCTET STRING of RFC 8954 §2.1. */
function readNonceValue(value: Uint8Array): Uint8Array {
  const content = readWhole(value, tags.octetString, 'nonce')
  return content.bytes.slice(content.position, content.end)
}

function refuseCritical(explicit: DerReader) {
  const extensions = readExtensionList(explicit.enter(tags.sequence, 'extensions'))
  explicit.finish()
  const unknown = extensions.find(({ oid, critical }) => critical && oid !== nonceOid)
  if (unknown !== undefined) throw explicit.error(`critical extension ${unknown.oid} is unknown`)
  return extensions
}

/** The authority whose certificate is asked about. */
export interface OcspIssuer {
  readonly subjectPublicKeyInfo: SubjectPublicKeyInfo
}

/**
 * A request about one certificate, not signed, with a CertID by SHA-1: the one that every responder knows (RFC 5019
 * §2.1.1), and a name, not a proof.
 * @param nonce 1 to 128 octets; 32 are usual (RFC 9654 §2.1)
 * @returns DER
 */
export async function encodeOcspRequest(
  certificate: Pick<Certificate, 'issuer' | 'serialNumber'>,
  { subjectPublicKeyInfo }: OcspIssuer,
  nonce?: Uint8Array,
): Promise<Uint8Array> {
  const sha1 = async (data: Uint8Array) =>
    octetString(
      new Uint8Array(await globalThis.crypto.subtle.digest('SHA-1', Uint8Array.from(data))),
    )
  const certId = sequence(
    sequence(oid('1.3.14.3.2.26'), nullValue()),
    await sha1(certificate.issuer.der),
    await sha1(subjectPublicKeyInfo.publicKey),
    tlv(0x02, certificate.serialNumber),
  )
  const requestExtensions =
    nonce === undefined
      ? new Uint8Array()
      : explicit(2, sequence(encodeExtension({ oid: nonceOid, value: octetString(nonce) })))
  return sequence(sequence(sequence(sequence(certId)), requestExtensions))
}
