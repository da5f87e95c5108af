/** An OCSP responder (RFC 6960): requests in, signed answers out. It listens nowhere. */
import { parseCertificate, X509Error } from '@handfast/x509'
import {
  bitString,
  concat,
  enumerated,
  explicit,
  generalizedTime,
  octetString,
  oid,
  sequence,
  tlv,
} from '../der.ts'
import { encodeExtension, ocspNoCheck } from '../extensions.ts'
import { importKeyPair, type Signer } from '../keys.ts'
import type { Authority, IssuedCertificate } from '../types.ts'
import { type CertId, type OcspRequest, parseOcspRequest } from './ocsp-request.ts'
import { type Revocation, reasonNumber } from './reasons.ts'

/** What is known of a certificate. `unknown`: this authority never issued one with that number. */
export type CertificateStatus = 'good' | 'unknown' | Revocation

export interface OcspResponderOptions {
  /** For whose certificates it answers. */
  readonly authority: Pick<Authority, 'certificateDer' | 'signer'>
  /** The certificate of a delegated responder, from `issueOcspDelegate`; without it the authority signs. */
  readonly delegate?: Pick<IssuedCertificate, 'certificateDer' | 'keyDer'>
  /** @param serialNumber hexadecimal, lower case */
  readonly status: (serialNumber: string) => CertificateStatus | Promise<CertificateStatus>
  /** Milliseconds for which an answer holds. Default: an hour. */
  readonly validFor?: number
}

export interface OcspResponder {
  /** Whether the request is about certificates of this authority. */
  answersFor(request: OcspRequest): Promise<boolean>
  /** @returns the OCSPResponse, DER */
  respond(request: OcspRequest): Promise<Uint8Array>
}

const hour = 3_600_000
const basicResponse = '1.3.6.1.5.5.7.48.1.1'
const nonceOid = '1.3.6.1.5.5.7.48.1.2'

const errorStatuses = {
  malformedRequest: 1,
  internalError: 2,
  tryLater: 3,
  unauthorized: 6,
} as const

/** An answer that is none, and so is not signed (§4.2.1). DER. */
export const ocspError = (status: keyof typeof errorStatuses): Uint8Array =>
  sequence(enumerated(errorStatuses[status]))

/**
 * Answers the bytes of a request by whichever responder is meant: an error where they are no request,
 * and where no responder speaks for the issuer (RFC 5019 §2.2.3).
 * @returns the OCSPResponse, DER
 */
export async function answerOcsp(
  der: Uint8Array,
  responders: readonly OcspResponder[],
): Promise<Uint8Array> {
  let request: OcspRequest
  try {
    request = parseOcspRequest(der)
  } catch (error) {
    if (!(error instanceof X509Error)) throw error
    return ocspError('malformedRequest')
  }
  for (const responder of responders) {
    if (await responder.answersFor(request)) return responder.respond(request)
  }
  return ocspError('unauthorized')
}

/**
 * A certificate that may sign OCSP responses for the authority and nothing else (§4.2.2.2). It is
 * not looked up itself, so it should be short-lived: a week, unless `days` says otherwise.
 */
export function issueOcspDelegate(
  authority: Pick<Authority, 'issue'>,
  { days = 7 }: { days?: number } = {},
): Promise<IssuedCertificate> {
  return authority.issue({ ...ocspDelegateOptions, days })
}

/** What `issue` is asked for when it makes a delegated responder. */
export const ocspDelegateOptions = {
  names: [] as readonly string[],
  subject: { organization: 'handfast', commonName: 'handfast OCSP responder' },
  extendedKeyUsage: ['OCSPSigning'],
  extensions: [ocspNoCheck()],
}

export async function createOcspResponder(options: OcspResponderOptions): Promise<OcspResponder> {
  const { authority, delegate, status, validFor = hour } = options
  const issuer = parseCertificate(authority.certificateDer)
  const signer = delegate === undefined ? authority.signer : await delegateSigner(delegate)
  const responderKey = parseCertificate(delegate?.certificateDer ?? authority.certificateDer)
    .subjectPublicKeyInfo.publicKey
  const responderId = explicit(2, octetString(await digest('SHA-1', responderKey)))
  const certificates =
    delegate === undefined ? new Uint8Array() : explicit(0, sequence(delegate.certificateDer))

  const isOurs = async ({ hashAlgorithm, issuerNameHash, issuerKeyHash }: CertId) =>
    hashAlgorithm !== undefined &&
    isEqual(issuerNameHash, await digest(hashAlgorithm, issuer.subject.der)) &&
    isEqual(issuerKeyHash, await digest(hashAlgorithm, issuer.subjectPublicKeyInfo.publicKey))

  return {
    async answersFor({ certIds }) {
      for (const certId of certIds) if (await isOurs(certId)) return true
      return false
    },
    async respond({ certIds, nonce }) {
      const now = new Date()
      const nextUpdate = new Date(now.getTime() + validFor)
      const responses: Uint8Array[] = []
      for (const certId of certIds) {
        const known = (await isOurs(certId)) ? await status(certId.serialNumber) : 'unknown'
        responses.push(
          sequence(
            certId.der,
            encodeStatus(known),
            generalizedTime(now),
            explicit(0, generalizedTime(nextUpdate)),
          ),
        )
      }
      const tbsResponseData = sequence(
        responderId,
        generalizedTime(now),
        sequence(...responses),
        nonce === undefined ? new Uint8Array() : explicit(1, sequence(nonceExtension(nonce))),
      )
      const signature = bitString(await signer.sign(tbsResponseData))
      const basic = sequence(tbsResponseData, signer.signatureAlgorithm, signature, certificates)
      const responseBytes = sequence(oid(basicResponse), octetString(basic))
      return sequence(enumerated(0), explicit(0, responseBytes))
    },
  }
}

function delegateSigner({
  certificateDer,
  keyDer,
}: Pick<IssuedCertificate, 'certificateDer' | 'keyDer'>): Promise<Signer> {
  return importKeyPair(keyDer, parseCertificate(certificateDer).subjectPublicKeyInfo.der.slice())
}

/** CertStatus: the tags are IMPLICIT. */
function encodeStatus(status: CertificateStatus): Uint8Array {
  if (status === 'good') return tlv(0x80)
  if (status === 'unknown') return tlv(0x82)
  const number = reasonNumber(status.reason)
  return tlv(
    0xa1,
    concat(
      generalizedTime(status.revokedAt),
      number === undefined ? new Uint8Array() : explicit(0, enumerated(number)),
    ),
  )
}

const nonceExtension = (nonce: Uint8Array): Uint8Array =>
  encodeExtension({ oid: nonceOid, value: octetString(nonce) })

async function digest(algorithm: 'SHA-1' | 'SHA-256', data: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await globalThis.crypto.subtle.digest(algorithm, Uint8Array.from(data)))
}

const isEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((octet, i) => octet === b[i])
