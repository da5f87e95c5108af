/** What the authority issues, judged by the project's own verifier, under the strict profile too. */

import { type FailureCode, type Profile, verifyCertificate } from '@handfast/x509'
import { rfc5280, webpki } from '@handfast/x509/profiles'
import { signatureVerifiers } from 'handfast/crypto/node'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Authority,
  createAuthority,
  type IssuedCertificate,
  type IssueOptions,
  keyTypes,
} from '../src/index.ts'

interface Question {
  name?: string
  usage?: 'serverAuth' | 'clientAuth'
  time?: number
  profile?: Profile
}

/** The codes of what is wrong with a certificate; none when it is good. */
async function judge(authority: Authority, issued: IssuedCertificate, question: Question = {}) {
  const verdict = await verifyCertificate({
    certificate: issued.certificateDer,
    intermediates: issued.chainDer.slice(1),
    trust: [authority.rootDer],
    time: Date.now(),
    usage: 'serverAuth',
    verifiers: signatureVerifiers,
    ...question,
  })
  return verdict.failures.map((failure) => failure.code)
}

// Longer RSA keys take seconds to make, and differ in nothing that is looked at here.
const kinds = keyTypes.filter((keyType) => !/^rsa.*[34]0/.test(keyType))

describe.each(kinds)('with keys of the kind %s', (keyType) => {
  it('a chain with an intermediate is good', async () => {
    const authority = await createAuthority({ keyType })
    const intermediate = await authority.createIntermediate({ keyType, pathLength: 0 })
    const issued = await intermediate.issue({ names: ['a.example.test', '192.0.2.1'], keyType })
    expect(await judge(authority, issued, { name: 'a.example.test' })).toEqual([])
    expect(await judge(authority, issued, { name: '192.0.2.1' })).toEqual([])
    expect(await judge(await createAuthority(), issued)).toEqual(['unknown-issuer'])
  })
})

it.each([rfc5280, webpki()])('a certificate keeps to the profile of $title', async (profile) => {
  const authority = await createAuthority()
  const intermediate = await authority.createIntermediate()
  const issued = await intermediate.issue({ names: ['a.example.test', '*.b.example.test'] })
  expect(await judge(authority, issued, { name: 'x.b.example.test', profile })).toEqual([])
})

describe('a certificate that is not good is found out', () => {
  let authority: Authority
  beforeAll(async () => {
    authority = await createAuthority()
  })
  const day = 86_400_000

  it.each<[FailureCode, Partial<IssueOptions>, Question]>([
    ['name-mismatch', {}, { name: 'b.example.test' }],
    ['expired', { notAfter: new Date(Date.now() - day) }, {}],
    ['not-yet-valid', { notBefore: new Date(Date.now() + day) }, {}],
    ['expired', { days: 2 }, { time: Date.now() + 3 * day }],
    ['extended-key-usage', { client: true }, {}],
    ['extended-key-usage', {}, { usage: 'clientAuth' }],
    [
      'unknown-critical-extension',
      { extensions: [{ oid: '1.2.3.4', critical: true, value: Uint8Array.of(5, 0) }] },
      {},
    ],
  ])('%s', async (code, options, question) => {
    const issued = await authority.issue({ names: ['a.example.test'], ...options })
    expect(await judge(authority, issued, question)).toEqual([code])
  })

  it('path-too-long', async () => {
    const last = await authority.createIntermediate({ pathLength: 0 })
    const issued = await (await last.createIntermediate()).issue({ names: ['a.example.test'] })
    expect(await judge(authority, issued)).toContain('path-too-long')
  })

  it('name-constraints', async () => {
    const nameConstraints = { permitted: ['example.test'], excluded: ['0.0.0.0/0', '::/0'] }
    const held = await authority.createIntermediate({ nameConstraints })
    const codes = async (name: string) => judge(authority, await held.issue({ names: [name] }))
    expect(await codes('a.example.test')).toEqual([])
    expect(await codes('a.example.org')).toEqual(['name-constraints'])
    expect(await codes('192.0.2.1')).toEqual(['name-constraints'])
  })
})
