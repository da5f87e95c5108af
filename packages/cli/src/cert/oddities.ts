/** What is odd about a certificate, for someone who has to live with it: each in one sentence. */
import { type Certificate, createTrustStore, X509Error } from '@handfast/x509'
import { rfc5280 } from '@handfast/x509/profiles'
import { count, fromNow } from '../render/words.ts'
import { judge } from './judge.ts'

const day = 86_400_000 // milliseconds
const serverAuth = '1.3.6.1.5.5.7.3.1'

/** @param issuer the next certificate of the chain. @param now milliseconds since 1970 */
export async function oddities(
  certificate: Certificate,
  issuer: Certificate | undefined,
  now: number,
): Promise<readonly string[]> {
  try {
    return [
      ...oddTimes(certificate, now),
      ...oddNames(certificate),
      ...oddIssuer(certificate, issuer),
      ...(await oddContent(certificate, now)),
    ]
  } catch (error) {
    if (!(error instanceof X509Error)) throw error
    return [`A part of it is malformed: ${error.message}.`]
  }
}

function oddTimes({ notBefore, notAfter, basicConstraints }: Certificate, now: number): string[] {
  if (now > notAfter) return [`It expired ${fromNow(notAfter, now)}: nobody should accept it.`]
  if (now < notBefore) return [`It is not valid yet: it begins ${fromNow(notBefore, now)}.`]
  if (notAfter - now < 7 * day) return [`It ends ${fromNow(notAfter, now)}: renew it now.`]
  const days = Math.round((notAfter - notBefore) / day)
  return basicConstraints?.cA !== true && days > 398
    ? [`It is valid for ${count(days, 'day')}; browsers accept at most 398, and fewer in new ones.`]
    : []
}

function oddNames({ subjectAltName, extendedKeyUsage, basicConstraints }: Certificate): string[] {
  if (basicConstraints?.cA === true || extendedKeyUsage?.includes(serverAuth) === false) return []
  if (subjectAltName === undefined)
    return ['It has no subjectAltName: clients look for names nowhere else, so it is for no host.']
  const wildcards = subjectAltName.flatMap((name) =>
    name.type === 'dns' && name.value.startsWith('*.') ? [name.value] : [],
  )
  return wildcards.length === 0
    ? []
    : [
        `It holds for every host directly below ${wildcards.map((name) => name.slice(2)).join(', ')}.`,
      ]
}

function oddIssuer(certificate: Certificate, issuer: Certificate | undefined): string[] {
  if (certificate.isSelfIssued)
    return certificate.basicConstraints?.cA === true
      ? []
      : ['It vouches for itself: only who was given it beforehand can believe it.']
  if (issuer === undefined) return []
  return Buffer.compare(issuer.subject.der, certificate.issuer.der) === 0
    ? []
    : [
        'The next certificate of the chain is not its issuer: the order is wrong, or one is missing.',
      ]
}

/** What RFC 5280 §4 and the rules for keys and algorithms say of the certificate alone. */
async function oddContent(certificate: Certificate, now: number): Promise<string[]> {
  const told = new Set(['expired', 'not-yet-valid', 'not-a-ca', 'extended-key-usage'])
  const { failures } = await judge({
    chain: [certificate],
    trust: createTrustStore([certificate]),
    time: now,
    name: undefined,
    usage: 'any',
    profile: rfc5280,
  })
  return failures
    .filter(({ code }) => !told.has(code))
    .map(({ message, section }) => `${message.replace(/^t/, 'T')} (${section}).`)
}
