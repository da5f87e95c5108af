import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { formatName, type PathCheck, type Verdict, verifyCertificate } from '../src/index.ts'
import { isToBeBelieved } from './support/browser-example.ts'
import * as maker from './support/certificate-maker.ts'
import { judge } from './support/readme-example.ts'
import { nodeVerifiers } from './support/verifiers.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const blocks = [...readme.matchAll(/```ts\n(.*?)\n```/gs)].map(([, code]) => code)

const [rootKey, leafKey] = [maker.poolKey(0), maker.poolKey(1)]
const day = 86_400_000
const around = { notBefore: Date.now() - 10 * day, notAfter: Date.now() + 10 * day }
const root = maker.toPem(maker.makeRoot('Our Root', rootKey, around))
const leaf = (options: maker.IssueOptions = {}): string =>
  maker.toPem(maker.makeLeaf(leafKey, 'Our Root', rootKey, { ...around, ...options }))

describe('the first example', () => {
  test('is the file that is run here', () => {
    const file = readFileSync(new URL('./support/readme-example.ts', import.meta.url), 'utf8')
    expect(blocks[0]).toBe(file.trimEnd())
  })

  test('says what was checked of a good chain', async () => {
    const lines = await judge(leaf(), 'example.com', root)
    expect(lines).toContain('pass: name (example.com), RFC 9525 §6')
    expect(lines.every((line) => /^(pass|skipped): /.test(line))).toBe(true)
  })

  test('says what is wrong, as the text below it shows', async () => {
    const [line] = await judge(leaf({ notAfter: Date.now() - day }), 'example.com', root)
    const shape = (text: string | undefined) =>
      text?.replace(/\d+/g, '0').replace(/\s+/g, ' ').trim()
    const shown = /```\n(expired: .*?)\n```/s.exec(readme)?.[1]
    expect(shape(line)).toBe(shape(shown))
    expect((await judge(leaf(), 'example.com'))[0]).toMatch(/^unknown-issuer: /)
    expect(await judge('', 'example.com')).toEqual(['there is no certificate in the file'])
  })
})

describe('the example for browsers', () => {
  test('is the file that is run here', () => {
    const page = readFileSync(new URL('../../../docs/x509.md', import.meta.url), 'utf8')
    const file = readFileSync(new URL('./support/browser-example.ts', import.meta.url), 'utf8')
    expect(page).toContain(`\`\`\`ts\n${file}\`\`\``)
  })

  test.each([
    ['P-256', maker.poolKey(0)],
    ['P-384', maker.makeEcKey('P-384')],
    ['RSA', maker.makeRsaKey()],
  ])('believes a chain of %s, and no other', async (_, key) => {
    const trusted = maker.toPem(maker.makeRoot('Our Root', key, around))
    const make = (issuerKey: maker.Key): string =>
      maker.toPem(maker.makeLeaf(leafKey, 'Our Root', issuerKey, around))
    expect(await isToBeBelieved(make(key), trusted, 'example.com')).toBe('yes')
    expect(await isToBeBelieved(make(key), trusted, 'example.org')).toMatch(/is not for/)
    // A signature with other last bytes.
    const forged = make(key).replace(/.{4}(?=\n-----END)/, (end) =>
      end === 'AAAA' ? 'BBBB' : 'AAAA',
    )
    expect(await isToBeBelieved(forged, trusted, 'example.com')).not.toBe('yes')
  })
})

test('the example of a rule of your own', () => {
  const onlyOurs: PathCheck = ({ anchor }, { report }) => {
    const name = formatName(anchor.subject)
    if (name === 'CN=Our Root') report.pass('our root', name, 'our policy')
    else {
      report.fail('our root', name, 'our policy', {
        code: 'policy',
        message: `the root is ${name}`,
        help: 'Ask the security team for a certificate.',
      })
    }
  }
  // The same text as in the README, but for the types that are imported above.
  const source = readFileSync(new URL(import.meta.url), 'utf8').replace(/^ {2}/gm, '')
  expect(source).toContain(blocks[1])
  const run = (rootName: string): Verdict =>
    verifyCertificate({
      certificate: maker.makeLeaf(leafKey, rootName, rootKey),
      intermediates: [],
      trust: [maker.makeRoot(rootName, rootKey)],
      time: maker.now,
      usage: 'serverAuth',
      verifiers: nodeVerifiers,
      additionalChecks: [onlyOurs],
    }) as Verdict
  expect(run('Our Root').valid).toBe(true)
  expect(run('Their Root').failures).toMatchObject([
    { code: 'policy', message: 'the root is CN=Their Root' },
  ])
})
