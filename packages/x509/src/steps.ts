/**
 * Computations that may have to wait, without promises on the path that does not.
 *
 * A step function is a generator that yields only where something is not known yet. With a synchronous crypto provider
 * nothing is ever yielded and the whole computation runs in one call; with an asynchronous one it becomes a promise.
 */

/** A value, or a promise of it. */
export type MaybePromise<T> = T | PromiseLike<T>

/** A computation of a `T` that yields each promise it has to wait for and is resumed with that promise's value. */
export type Steps<T> = Generator<PromiseLike<unknown>, T, unknown>

function isPromiseLike<T>(value: MaybePromise<T>): value is PromiseLike<T> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as PromiseLike<T>).then === 'function'
  )
}

/**
 * A step that has nothing to wait for: an iterator that is at its end, and its own answer. Nearly all steps are, and a
 * generator for each would take several times as long.
 */
class Known<T> implements IteratorReturnResult<T> {
  readonly done = true
  readonly value: T

  constructor(value: T) {
    this.value = value
  }

  next(): this {
    return this
  }

  [Symbol.iterator](): this {
    return this
  }
}

function* awaited<T>(promise: PromiseLike<T>): Steps<T> {
  return (yield promise) as T
}

/** What `yield*` takes of a computation. */
export type Settled<T> = Iterable<PromiseLike<unknown>, T, unknown>

/** The value itself, waiting for it only when it is a promise. Use as `const x = yield* settle(provider.verify(…))`. */
export function settle<T>(value: MaybePromise<T>): Settled<T> {
  return isPromiseLike(value) ? awaited(value) : new Known(value)
}

/** Goes on with a value: at once where it is known, else when it comes. */
export function whenKnown<T, U>(
  value: MaybePromise<T>,
  then: (value: T) => MaybePromise<U>,
): MaybePromise<U> {
  return isPromiseLike(value) ? value.then(then) : then(value)
}

/**
 * Runs a computation to its end.
 *
 * @returns the result itself when nothing had to be waited for, else a promise of it. What the computation throws is
 * thrown in the first case and rejects the promise in the second.
 */
export function runSteps<T>(steps: Steps<T>): MaybePromise<T> {
  const first = steps.next()
  return first.done === true ? first.value : finishLater(steps, first.value)
}

async function finishLater<T>(steps: Steps<T>, awaited: PromiseLike<unknown>): Promise<T> {
  let waitFor = awaited
  for (;;) {
    let value: unknown
    let failure: { readonly reason: unknown } | undefined
    try {
      value = await waitFor
    } catch (reason) {
      failure = { reason }
    }
    // A rejection is thrown into the generator, so that its own try/catch sees it where it waited.
    const next = failure === undefined ? steps.next(value) : steps.throw(failure.reason)
    if (next.done === true) return next.value
    waitFor = next.value
  }
}
