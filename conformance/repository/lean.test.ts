/** The lean build takes away the words that it knows of, and nothing else: what it does not know ends the build. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are sources
import { parseAst } from 'vite'
import { expect, it } from 'vitest'
import { withoutWords } from '../../scripts/lean.mjs'

function lean(source: string, file = '/dist/handshake/some.js'): string {
  const context = {
    parse: parseAst,
    error(message: string) {
      throw new Error(message)
    },
  }
  return withoutWords.transform.call(context, source, file)?.code ?? source
}

it.each([
  [
    "throw new TlsError('ERR_X', 'This and that is wrong', { alert: 'a' })",
    "throw new TlsError('ERR_X', '', { alert: 'a' })",
  ],
  ['throw new TlsError(code, `${name(a)}`)', undefined],
  [
    "throw new TlsError('ERR_X', cause ?? `The ${a} was refused`)",
    "throw new TlsError('ERR_X', cause ?? '')",
  ],
  ["throw new TlsError('ERR_X', message)", "throw new TlsError('ERR_X', message)"],
  ["throw new Error('Nobody gave this a code')", "throw new Error('Nobody gave this a code')"],
  ["hs.settle('doing this and that', later())", "hs.settle('doing this and that', later())"],
  ["if (a) hs.decide(() => ({ what: 'x', why: b() }))", 'if (a) ;'],
  ["hs.checked('x', `of ${nameOf(t, n)}`, 'RFC 8446 §1')", ';'],
  ["f.pass('x', against(y.z), s, d, 1)", undefined],
  ["f.pass('x', y.z, s, nameOf(t, n), 1)", "f.pass('x', '', s, undefined, 1)"],
  [
    "const p = { code: 'expired', message: `it expired at ${t}`, help: 'Renew it' }",
    "const p = { code: 'expired', message: 'expired', help: '' }",
  ],
  [
    "const p = { code: 'malformed', message: `it is bad: ${e.message}` }",
    "const p = { code: 'malformed', message: e.message || 'malformed' }",
  ],
  [
    "function whyNot() { return a() ? 'It is too old to go.' : undefined }",
    "function whyNot() { return a() ? '-' : undefined }",
  ],
  ['const subject = briefName(c.subject)', "const subject = ''"],
  ['const name = nameOf(t, n)', 'const name = /* @__PURE__ */ nameOf(t, n)'],
])('%s', (source, expected) => {
  if (expected === undefined) expect(() => lean(source)).toThrow('in an unknown way')
  else expect(lean(source)).toBe(expected)
})

it.each([
  "const label = 'a sentence in a constant'",
  "send('a sentence of an unknown call')",
  "return_('x', { title: `the ${a} of a thing` })",
  "new OtherError('ERR_X', 'This and that is wrong')",
])('refuses %s', (source) => {
  expect(() => lean(source)).toThrow('A sentence stands in an unknown place')
})

it.each(['const told = hs.decide(() => ({}))', "log(hs.checked('x'))", "hs.checked('x', next())"])(
  'refuses %s',
  (source) => {
    expect(() => lean(source)).toThrow('Something is told in an unknown way')
  },
)

it('refuses words whose making does something', () => {
  expect(() => lean("throw new TlsError('ERR_X', `It was ${count++} times`)")).toThrow(
    'in an unknown way',
  )
  expect(() => lean("throw new TlsError('ERR_X', `It was ${next()} that came`)")).toThrow(
    'in an unknown way',
  )
})

it('leaves alone what is there to be read', () => {
  const source = "const rule = 'a sentence of a profile'"
  expect(lean(source, '/dist/profiles/webpki.js')).toBe(source)
})
