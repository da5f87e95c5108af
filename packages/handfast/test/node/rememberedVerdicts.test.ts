/** A remembered verdict is the one that would be made now; everything that could change it makes a new one. */
import { createAuthority } from '@handfast/ca'
import {
  createTrustStore,
  parseCertificate,
  runSteps,
  settle,
  verifyCertificate,
} from '@handfast/x509'
import { expect, it } from 'vitest'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import { rememberedVerdict, rememberVerdict } from '../../src/node/rememberedVerdicts.ts'

const authority = await createAuthority()
const trust = createTrustStore([authority.certificateDer])
const day = 86_400_000
const now = Date.now()

async function judged(names: readonly string[], name: string) {
  const { chainDer } = await authority.issue({ names: [...names] })
  const question = { time: now, usage: 'serverAuth', name } as const
  const judge = () =>
    runSteps(
      (function* () {
        return yield* settle(
          verifyCertificate({
            ...question,
            certificate: parseCertificate(chainDer[0]!),
            intermediates: chainDer.slice(1),
            trust,
            verifiers: nodeProvider.signatureVerifiers,
          }),
        )
      })(),
    )
  const verdict = await judge()
  rememberVerdict(trust, question, chainDer, verdict)
  return { chain: chainDer, question, verdict, judge }
}

it('is what would be found now', async () => {
  const { chain, question, verdict, judge } = await judged(['a.test', 'b.test'], 'a.test')
  expect(verdict.valid).toBe(true)
  expect(rememberedVerdict(trust, question, chain)).toBe(verdict)
  expect(verdict).toEqual(await judge())
})

it('is for the same chain, name, use, time and trust only', async () => {
  const { chain, question } = await judged(['a.test', 'b.test'], 'a.test')
  const other = await judged(['a.test'], 'a.test')
  const { notBefore, notAfter } = parseCertificate(chain[0]!)
  const longer = [...chain, other.chain[0]!]
  const elsewhere = createTrustStore([authority.certificateDer])
  for (const [asked, shown, by] of [
    [{ ...question, name: 'b.test' }, chain, trust],
    [{ ...question, name: undefined as unknown as string }, chain, trust],
    [{ ...question, usage: 'clientAuth' }, chain, trust],
    [{ ...question, time: notBefore - 1 }, chain, trust],
    [{ ...question, time: notAfter + 1 }, chain, trust],
    [{ ...question, time: now + 50 * 365 * day }, chain, trust],
    [question, longer, trust],
    [question, chain.slice(0, 0), trust],
    [question, chain, elsewhere],
  ] as const)
    expect(rememberedVerdict(by, asked, shown)).toBeUndefined()
})

it('is not kept of a refusal', async () => {
  const { chain, question, verdict } = await judged(['a.test'], 'other.test')
  expect(verdict.valid).toBe(false)
  expect(rememberedVerdict(trust, question, chain)).toBeUndefined()
})

it('makes room for later ones', async () => {
  const first = await judged(['a.test'], 'a.test')
  for (let i = 0; i < 256; i++) {
    const question = { ...first.question, name: `host${i}.test` }
    rememberVerdict(trust, question, first.chain, first.verdict)
  }
  expect(rememberedVerdict(trust, first.question, first.chain)).toBeUndefined()
  const last = { ...first.question, name: 'host255.test' }
  expect(rememberedVerdict(trust, last, first.chain)).toBe(first.verdict)
})
