import { describe, expect, test } from 'vitest'
import { type Verdict, verifyCertificate } from '../src/index.ts'
import * as maker from './support/certificate-maker.ts'
import { nodeVerifiers } from './support/verifiers.ts'

const [rootKey, authorityKey, leafKey] = [0, 1, 2].map(maker.poolKey) as [
  maker.Key,
  maker.Key,
  maker.Key,
]
const root = maker.makeRoot('Root', rootKey)

interface Case {
  readonly permitted?: readonly string[]
  readonly excluded?: readonly string[]
  readonly names: readonly string[]
  readonly subject?: string | Uint8Array
}

function judge({ permitted = [], excluded = [], names, subject = '' }: Case): Verdict {
  const authority = maker.makeAuthority('Authority', authorityKey, 'Root', rootKey, {
    also: [maker.nameConstraints(permitted, excluded)],
  })
  const certificate = maker.makeLeaf(leafKey, 'Authority', authorityKey, {
    subject,
    extensions: names.length === 0 ? [] : [maker.subjectAltName(...names)],
  })
  return verifyCertificate({
    certificate,
    intermediates: [authority],
    trust: [root],
    time: maker.now,
    usage: 'any',
    verifiers: nodeVerifiers,
  }) as Verdict
}

const result = (given: Case): string => {
  const [first] = judge(given).failures
  return first === undefined ? 'allowed' : first.code
}

describe('DNS', () => {
  test.each<[string, string, 'within' | 'overlaps' | 'apart']>([
    ['example.com', 'example.com', 'within'],
    ['example.com', 'EXAMPLE.com', 'within'],
    ['example.com', 'a.b.example.com', 'within'],
    ['example.com', 'notexample.com', 'apart'],
    ['example.com', 'com', 'apart'],
    ['.example.com', 'a.example.com', 'within'],
    ['.example.com', 'example.com', 'apart'],
    ['', 'anything.example', 'within'],
    ['example.com', '*.example.com', 'within'],
    ['example.com', '*.a.example.com', 'within'],
    ['a.example.com', '*.example.com', 'overlaps'],
    ['b.a.example.com', '*.example.com', 'apart'],
    ['a.example.com', '*.example.org', 'apart'],
    ['xexample.com', '*.example.com', 'apart'],
  ])('%j and %j: %s', (base, name, relation) => {
    const expected = (allowed: boolean): string => (allowed ? 'allowed' : 'name-constraints')
    expect(result({ permitted: [`dns:${base}`], names: [`dns:${name}`] })).toBe(
      expected(relation === 'within'),
    )
    expect(result({ excluded: [`dns:${base}`], names: [`dns:${name}`] })).toBe(
      expected(relation === 'apart'),
    )
  })

  test('each name has to lie in one of the permitted subtrees, and in no excluded one', () => {
    const permitted = ['dns:example.com', 'dns:example.org']
    expect(result({ permitted, names: ['dns:example.com', 'dns:a.example.org'] })).toBe('allowed')
    expect(result({ permitted, names: ['dns:example.com', 'dns:example.net'] })).toBe(
      'name-constraints',
    )
    expect(
      result({ permitted, excluded: ['dns:a.example.com'], names: ['dns:a.example.com'] }),
    ).toBe('name-constraints')
  })

  test('names that are no host names are refused under constraints', () => {
    for (const name of ['.example.com', 'a..example.com', 'a.example.com\0', ' .example.com']) {
      expect(result({ permitted: ['dns:example.com'], names: [`dns:${name}`] })).toBe(
        'name-constraints',
      )
      expect(result({ permitted: ['dns:'], names: [`dns:${name}`] })).toBe('name-constraints')
    }
  })

  test('constraints that cannot be read refuse the authority', () => {
    expect(result({ permitted: ['dns:*.example.com'], names: ['dns:a.example.com'] })).toBe(
      'malformed',
    )
    expect(result({ excluded: ['dns:a..b'], names: ['dns:a.example.com'] })).toBe('malformed')
  })
})

describe('other forms', () => {
  test.each<[string, string, string, boolean]>([
    ['IPv4 network', 'ip:0a000000ff000000', 'ip:0a010203', true],
    ['another IPv4 network', 'ip:0a000000ff000000', 'ip:0b010203', false],
    [
      'IPv4 and IPv6 are apart',
      `ip:00000000000000000000000000000000${'0'.repeat(32)}`,
      'ip:0a010203',
      false,
    ],
    ['all of IPv4', 'ip:0000000000000000', 'ip:0a010203', true],
    ['mailbox', 'email:joe@example.com', 'email:joe@EXAMPLE.com', true],
    ['local part in another case', 'email:joe@example.com', 'email:Joe@example.com', false],
    ['any mailbox of a host', 'email:example.com', 'email:joe@example.com', true],
    ['a host below it', 'email:example.com', 'email:joe@mail.example.com', false],
    ['any host of a domain', 'email:.example.com', 'email:joe@mail.example.com', true],
    ['the domain itself', 'email:.example.com', 'email:joe@example.com', false],
    ['URI host', 'uri:example.com', 'uri:https://joe@EXAMPLE.com:8443/path?x#y', true],
    ['another URI host', 'uri:example.com', 'uri:https://a.example.com/', false],
    ['URI domain', 'uri:.example.com', 'uri:ldap://a.b.example.com', true],
    ['URI of the domain itself', 'uri:.example.com', 'uri:https://example.com', false],
    ['URI with an address', 'uri:.example.com', 'uri:https://192.0.2.1/', false],
    [
      'URI that tries to hide its host',
      'uri:example.com',
      'uri:https://evil.org/@example.com',
      false,
    ],
    ['URI without host', 'uri:example.com', 'uri:urn:example:com', false],
    ['directory name', 'dirname:Joe', 'dirname:  JOE ', true],
    ['another directory name', 'dirname:Joe', 'dirname:Jane', false],
  ])('%s', (_, base, name, within) => {
    expect(result({ permitted: [base], names: [name] })).toBe(
      within ? 'allowed' : 'name-constraints',
    )
    // What is refused under constraints for its syntax is refused by an exclusion too.
    const unreadable = /hide|without|address/.test(_)
    expect(result({ excluded: [base], names: [name] })).toBe(
      within || (unreadable && !_.includes('hide')) ? 'name-constraints' : 'allowed',
    )
  })

  test('a constraint does not touch names of another form', () => {
    expect(result({ permitted: ['ip:0a000000ff000000'], names: ['dns:example.com'] })).toBe(
      'allowed',
    )
    expect(result({ permitted: ['email:example.com'], names: ['dns:example.org'] })).toBe('allowed')
  })

  test('a form that is not processed is a refusal where it occurs, and only there', () => {
    expect(result({ excluded: ['other:1.2.3'], names: ['other:1.2.3'] })).toBe('name-constraints')
    expect(result({ permitted: ['other:1.2.3'], names: ['other:1.2.3'] })).toBe('name-constraints')
    expect(result({ excluded: ['other:1.2.3'], names: ['dns:example.com'] })).toBe('allowed')
  })

  test('a mask with holes refuses the authority', () => {
    expect(result({ permitted: ['ip:0a000000ff00ff00'], names: ['dns:a.example.com'] })).toBe(
      'malformed',
    )
  })

  test('the subject is a directory name, and its e-mail address an e-mail name where no other is given', () => {
    const subject = maker.distinguishedName([
      ['2.5.4.10', 'Org'],
      ['1.2.840.113549.1.9.1', 'joe@example.com'],
    ])
    expect(result({ permitted: ['dirname:Org'], names: [], subject })).toBe('name-constraints')
    expect(result({ excluded: ['email:example.com'], names: ['dns:a.example'], subject })).toBe(
      'name-constraints',
    )
    expect(
      result({ excluded: ['email:example.com'], names: ['email:a@example.org'], subject }),
    ).toBe('allowed')
    expect(result({ permitted: ['email:example.com'], names: [], subject })).toBe('allowed')
  })
})

test('constraints of every authority above count, self-issued ones are exempt, and the failure names the certificate', () => {
  const outer = maker.makeAuthority('Outer', authorityKey, 'Root', rootKey, {
    also: [maker.nameConstraints(['dns:example.com'])],
  })
  const inner = (names: readonly string[], issuer = 'Outer', name = 'Inner') =>
    maker.makeAuthority(name, leafKey, issuer, authorityKey, {
      also: [maker.subjectAltName(...names)],
    })
  const run = (intermediate: Uint8Array, issuer: string, names: readonly string[]): Verdict =>
    verifyCertificate({
      certificate: maker.makeLeaf(maker.poolKey(3), issuer, leafKey, {
        extensions: [maker.subjectAltName(...names)],
      }),
      intermediates: [outer, intermediate],
      trust: [root],
      time: maker.now,
      usage: 'any',
      verifiers: nodeVerifiers,
    }) as Verdict
  expect(run(inner(['dns:a.example.com']), 'Inner', ['dns:example.com']).valid).toBe(true)
  expect(run(inner(['dns:example.org']), 'Inner', ['dns:example.com']).failures).toMatchObject([
    { code: 'name-constraints', depth: 1 },
  ])
  expect(run(inner(['dns:a.example.com']), 'Inner', ['dns:example.org']).failures).toMatchObject([
    { code: 'name-constraints', depth: 0 },
  ])
  expect(
    run(inner(['dns:example.org'], 'Outer', 'Outer'), 'Outer', ['dns:example.com']).valid,
  ).toBe(true)
})
