/** Node's callbacks `(error, value)` as promises that need none where the answer comes at once. */
import type { MaybePromise } from '../crypto/provider.ts'
import { withCode } from './validate.ts'

/**
 * @param ask is given the callback
 * @param onTwice is told of a second answer, which is a mistake of the program's
 * @returns the answer itself where the callback was called at once. @throws the error that it was called with
 */
export function answerOf<T>(
  ask: (callback: (error?: Error | null, value?: T) => void) => void,
  onTwice: (error: Error) => void,
): MaybePromise<T | undefined> {
  let state: 'asking' | 'answered' | 'waiting' = 'asking'
  let failure: Error | null | undefined
  let value: T | undefined
  let settle: (() => void) | undefined
  ask((error, answer) => {
    if (state === 'answered') {
      onTwice(withCode(new Error('Callback called multiple times'), 'ERR_MULTIPLE_CALLBACK'))
      return
    }
    state = 'answered'
    failure = error
    value = answer
    settle?.()
  })
  const take = (): T | undefined => {
    if (failure) throw failure
    return value
  }
  if ((state as string) === 'answered') return take()
  state = 'waiting'
  return new Promise<void>((resolve) => {
    settle = resolve
  }).then(take)
}
