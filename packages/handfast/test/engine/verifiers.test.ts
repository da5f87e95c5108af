/** Who judges certificates: what a verifier is made of, and what the engine takes from its verdict. */
import { createHash } from 'node:crypto'
import { createAuthority } from '@handfast/ca'
import { parseCertificate } from '@handfast/x509'
import { describe, expect, it } from 'vitest'
import type { CertificateVerifier, ClientConfig, ServerConfig } from '../../src/config.ts'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import {
  certificateVerifier,
  certificateVerifierOf,
  dangerousAcceptAnyCertificate,
  revocationChecks,
  tlsaMatching,
  tlsServerEndPoint,
  transparencyChecks,
} from '../../src/index.ts'
import { authority, exchange, identityFor, pairOf, serverIdentity, trust } from './pair.ts'

const crypto = nodeProvider

function errorOf(client: Partial<ClientConfig>, server: Partial<ServerConfig> = {}) {
  const pair = pairOf(client, server)
  exchange(pair)
  return pair.client.connection.error
}

describe('the engine takes the key of a peer from the verdict', () => {
  const answering =
    (...path: Uint8Array[]): CertificateVerifier =>
    () => ({
      ...{ valid: true, checks: [], failures: [], attempts: [] },
      path: path.map((der) => parseCertificate(der)),
    })

  it('and so may another verifier than ours', () => {
    const [leaf] = serverIdentity.certificateChain
    expect(errorOf({ verifyCertificate: answering(leaf!) })).toBeUndefined()
  })

  for (const [what, verifyCertificate] of [
    ['that has no path', answering()],
    ['of another certificate', answering(authority.certificateDer)],
  ] as const)
    it(`and goes no further with one ${what}`, () => {
      expect(errorOf({ verifyCertificate })).toMatchObject({
        cause: { code: 'ERR_BAD_VERDICT', blame: 'caller' },
      })
    })

  it('and blames the certificate that its verifier cannot parse', () => {
    const identity = { ...serverIdentity, certificateChain: [Uint8Array.of(1, 2, 3)] }
    expect(
      errorOf({ verifyCertificate: dangerousAcceptAnyCertificate }, { identity }),
    ).toMatchObject({
      code: 'ERR_CERTIFICATE_REFUSED',
      alert: 'bad_certificate',
      blame: 'certificate',
    })
  })
})

describe('a verifier made of parts', () => {
  it('needs none of them to know a peer by its authority and its name', () => {
    const verifyCertificate = certificateVerifierOf([], { crypto, trust })
    expect(errorOf({ verifyCertificate })).toBeUndefined()
    expect(errorOf({ verifyCertificate, serverName: 'another.test' })?.message).toMatch('not for')
  })

  it.each([
    [{ revocation: { policy: 'require' } }, revocationChecks],
    [{ transparency: { policy: 'require', logs: [] } }, transparencyChecks],
    [
      { tlsaRecords: [{ usage: 3, selector: 1, matchingType: 1, data: new Uint8Array(32) }] },
      tlsaMatching,
    ],
  ] as const)('takes %o with its part only, and then obeys it', (option, part) => {
    const options = { crypto, trust, ...option }
    expect(() => certificateVerifierOf([], options)).toThrow(
      expect.objectContaining({ code: 'ERR_PART_MISSING', blame: 'caller' }),
    )
    const refusal = errorOf({ verifyCertificate: certificateVerifierOf([part], options) })
    expect(refusal?.code).toBe('ERR_CERTIFICATE_REFUSED')
    expect(errorOf({ verifyCertificate: certificateVerifier(options) })?.message).toBe(
      refusal?.message,
    )
  })

  it('asks for a demanded staple where it has the part for it', async () => {
    // TLS feature (1.3.6.1.5.5.7.1.24): status_request.
    const feature = { oid: '1.3.6.1.5.5.7.1.24', value: Uint8Array.of(48, 3, 2, 1, 5) }
    const identity = await identityFor({ names: ['server.test'], extensions: [feature] })
    const judgedWith = (...parts: Parameters<typeof certificateVerifierOf>[0]) =>
      errorOf({ verifyCertificate: certificateVerifierOf(parts, { crypto, trust }) }, { identity })
    expect(judgedWith()).toBeUndefined()
    expect(judgedWith(revocationChecks)?.alert).toBe('bad_certificate_status_response')
  })
})

describe('tls-server-end-point', () => {
  it('is the certificate under the hash of its signature', () => {
    const [leaf] = serverIdentity.certificateChain
    expect(Buffer.from(tlsServerEndPoint(leaf!, crypto) as Uint8Array)).toEqual(
      createHash('sha256').update(leaf!).digest(),
    )
  })

  it('is not for a signature that has none', async () => {
    const { certificateDer } = await createAuthority({ keyType: 'ed25519' })
    expect(() => tlsServerEndPoint(certificateDer, crypto)).toThrow('signed with ed25519')
  })
})
