/** What comes from others: requests with changed, cut and made-up bytes. An answer or a typed error, and nothing else. */
import { generateKeyPairSync } from 'node:crypto'
import { parseCertificate, X509Error } from '@handfast/x509'
import fc from 'fast-check'
import { signatureVerifiers } from 'handfast/crypto/node'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Authority,
  answerOcsp,
  createAuthority,
  createOcspResponder,
  encodeOcspRequest,
  type OcspResponder,
  parseCertificationRequest,
} from '../src/index.ts'
import { hasOpenssl, openssl } from './openssl.ts'

let authority: Authority
let responder: OcspResponder
let request: Uint8Array

beforeAll(async () => {
  authority = await createAuthority({ keyType: 'ed25519' })
  const { certificateDer } = await authority.issue({ names: ['a.example.test'] })
  responder = await createOcspResponder({ authority, status: () => 'good' })
  const issuer = parseCertificate(authority.certificateDer)
  const nonce = Uint8Array.from({ length: 32 }, (_, i) => i)
  request = await encodeOcspRequest(parseCertificate(certificateDer), issuer, nonce)
})

const changed = (bytes: Uint8Array, at: number, to: number) => {
  const copy = bytes.slice()
  copy[at % copy.length] = to
  return copy
}

describe('an OCSP responder', () => {
  const status = (response: Uint8Array) => response.subarray(0, 5).at(-1)

  it('answers the request itself', async () => {
    const response = await answerOcsp(request, [responder])
    expect(Buffer.from(response).toString('hex')).toMatch(/^3082....0a0100/)
  })

  it.each([0, 129])('refuses a nonce of %i octets', async (length) => {
    const issuer = parseCertificate(authority.certificateDer)
    const long = await encodeOcspRequest(issuer, issuer, new Uint8Array(length))
    expect(Buffer.from(await answerOcsp(long, [responder])).toString('hex')).toBe('30030a0101')
  })

  it('answers or refuses, whatever it is sent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat({ max: 255 }), async (at, to) => {
        const response = await answerOcsp(changed(request, at, to), [responder])
        expect(response[0]).toBe(0x30)
        if (response.length === 5) expect([1, 6]).toContain(status(response))
      }),
      { numRuns: 2000 },
    )
    for (let length = 0; length < request.length; length++) {
      const response = await answerOcsp(request.subarray(0, length), [responder])
      expect(Buffer.from(response).toString('hex')).toBe('30030a0101')
    }
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect((await answerOcsp(bytes, [responder])).length).toBe(5)
      }),
    )
  })
})

describe.runIf(hasOpenssl)('a certification request', () => {
  it('is read or refused, and never believed once it has been changed', async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const san = ['-addext', 'subjectAltName=DNS:a.example.test,IP:192.0.2.1']
    const words = ['req', '-new', '-key', { pem }, '-subj', '/CN=a', ...san]
    const text = openssl(...words).output.replace(/-----.*-----/g, '')
    const der = new Uint8Array(Buffer.from(text, 'base64'))
    expect(await parseCertificationRequest(der).isSignedBy(signatureVerifiers)).toBe(true)
    let read = 0
    for (let at = 0; at < der.length; at++) {
      for (const to of [0, der[at]! ^ 1, der[at]! ^ 0x80, 255]) {
        if (to === der[at]) continue
        try {
          const odd = parseCertificationRequest(changed(der, at, to))
          read++
          expect(await odd.isSignedBy(signatureVerifiers), `byte ${at}`).toBe(false)
        } catch (error) {
          if (!(error instanceof X509Error)) throw error
        }
      }
    }
    expect(read).toBeGreaterThan(50)
    for (let length = 0; length < der.length; length++)
      expect(() => parseCertificationRequest(der.subarray(0, length))).toThrow(X509Error)
  })
})
