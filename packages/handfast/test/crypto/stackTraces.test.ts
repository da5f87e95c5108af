import { expect, it } from 'vitest'
import { withoutStackTraces } from '../../src/crypto/node/platform.ts'

it('makes errors without a stack trace during the call, and with one after it, also where it throws', () => {
  const before = Error.stackTraceLimit
  const within = withoutStackTraces(() => new Error('within'))
  expect(within.stack).toBe('Error: within')
  expect(() =>
    withoutStackTraces(() => {
      throw new Error('thrown')
    }),
  ).toThrow('thrown')
  expect(Error.stackTraceLimit).toBe(before)
  expect(new Error('after').stack).toContain('stackTraces.test')
})

it('works where the program has frozen the limit', () => {
  const own = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')!
  Object.defineProperty(Error, 'stackTraceLimit', { ...own, writable: false })
  try {
    expect(withoutStackTraces(() => 7)).toBe(7)
    expect(Error.stackTraceLimit).toBe(own.value)
  } finally {
    Object.defineProperty(Error, 'stackTraceLimit', own)
  }
})
