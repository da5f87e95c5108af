/** `checkServerIdentity` against node:tls's, whose answers are taken for right but for the common name. */
import * as nodeTls from 'node:tls'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkServerIdentity } from '../../src/node/index.ts'

const outcome = (error: Error | undefined) =>
  error && {
    code: (error as { code?: string }).code,
    message: error.message,
    reason: (error as { reason?: string }).reason,
  }

function both(host: string, cert: object) {
  return {
    ours: outcome(checkServerIdentity(host, cert as nodeTls.PeerCertificate)),
    theirs: outcome(nodeTls.checkServerIdentity(host, cert as nodeTls.PeerCertificate)),
  }
}

describe('for certificates with names', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['a.com', 'DNS:a.com'],
    ['A.com', 'DNS:a.COM'],
    ['a.com.', 'DNS:a.com'],
    ['a.com', 'DNS:b.com, DNS:c.com'],
    ['b.a.com', 'DNS:*.a.com'],
    ['c.b.a.com', 'DNS:*.a.com'],
    ['a.com', 'DNS:*.com'],
    ['a.com', 'DNS:*'],
    ['8.8.8.8', 'IP Address:8.8.8.8'],
    ['8.8.4.4', 'IP Address:8.8.8.8, DNS:a.com'],
    ['8.8.8.8', 'DNS:8.8.8.8'],
    ['a.com', 'URI:http://a.com/'],
    ['a.com', 'DNS:"a.com, DNS:b.com"'],
    ['localhost', 'DNS:localhost'],
  ]
  for (const [host, subjectaltname] of cases)
    it(`${host} and ${subjectaltname}`, () => {
      const { ours, theirs } = both(host, { subject: {}, subjectaltname })
      expect(ours).toEqual(theirs)
    })
})

it('agrees on names of any shape', () => {
  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,4}[a-z0-9])?$/)
  const name = fc
    .tuple(fc.boolean(), fc.array(label, { minLength: 2, maxLength: 4 }))
    // What may be taken for the end of an IPv4 address is nobody's host name.
    .filter(([, labels]) => /^[a-z]+$/.test(labels.at(-1)!))
    .map(([wild, labels]) => `${wild && labels.length > 2 ? '*.' : ''}${labels.join('.')}`)
  fc.assert(
    fc.property(
      fc.array(name, { minLength: 1, maxLength: 3 }),
      name,
      fc.nat(2),
      (names, other, pick) => {
        // Half of the hosts are made from one of the names, so that they match now and then.
        const base = names[pick % names.length]!
        for (const host of [base.replace('*', 'x'), other.replace('*', 'y')]) {
          const subjectaltname = names.map((value) => `DNS:${value}`).join(', ')
          const { ours, theirs } = both(host, { subject: {}, subjectaltname })
          expect(ours).toEqual(theirs)
        }
      },
    ),
    { numRuns: 300 },
  )
})

it('compares addresses, not their spelling', () => {
  // Node 22 compares the text.
  const cert = { subject: {}, subjectaltname: 'IP Address:0:0:0:0:0:0:0:1' }
  expect(checkServerIdentity('::1', cert as nodeTls.PeerCertificate)).toBeUndefined()
  expect(checkServerIdentity('::2', cert as nodeTls.PeerCertificate)?.code).toBe(
    'ERR_TLS_CERT_ALTNAME_INVALID',
  )
})

it('never looks at the common name, which node:tls does where there is no other', () => {
  const { ours, theirs } = both('a.com', { subject: { CN: 'a.com' } })
  expect(theirs).toBeUndefined()
  expect(ours?.code).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
})

it('says that a certificate has no name', () => {
  const { ours, theirs } = both('a.com', { subject: {} })
  expect(ours).toEqual(theirs)
})
