/** The option `onread`: data goes into a buffer of the program's, and to a callback, in place of `data` events. */
import type { Readable } from 'node:stream'
import { validateFunction, validateObject } from './validate.ts'

export interface OnReadOptions {
  /** Where the data is put, or who gives a buffer each time. */
  readonly buffer: Uint8Array | (() => Uint8Array)
  /** @param bytes how many there are. @returns false to pause the stream */
  readonly callback: (bytes: number, buffer: Uint8Array) => boolean
}

/** @throws TypeError `ERR_INVALID_ARG_TYPE` */
export function checkOnRead(options: unknown): asserts options is OnReadOptions {
  validateObject(options, 'options.onread')
  const { buffer, callback } = options as Partial<OnReadOptions>
  if (!(buffer instanceof Uint8Array)) validateFunction(buffer, 'options.onread.buffer')
  validateFunction(callback, 'options.onread.callback')
}

/** The stream flows as ever, so that `pause()` and `resume()` mean what they mean; but what it says is said to the callback. */
export function readInto(stream: Readable, { buffer, callback }: OnReadOptions): void {
  const emit = stream.emit
  stream.emit = (event: string | symbol, ...args: unknown[]) => {
    if (event !== 'data') return emit.call(stream, event, ...args)
    handOver(args[0] as Uint8Array)
    return true
  }
  stream.resume()

  function handOver(data: Uint8Array): void {
    for (let at = 0; at < data.length; ) {
      const target = typeof buffer === 'function' ? buffer() : buffer
      const part = data.subarray(at, at + target.length)
      target.set(part)
      at += part.length
      if (callback.call(stream, part.length, target) !== false) continue
      stream.pause()
      if (at < data.length) stream.unshift(data.subarray(at))
      return
    }
  }
}
