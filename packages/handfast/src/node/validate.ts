/** Checks of arguments that answer a wrong one as Node does: the same class, code and message. */
const { inspect } = process.getBuiltinModule('node:util')

/** An error with one of Node's codes. */
export interface NodeError extends Error {
  code: string
}

/** Adds a code, and what else a program may look at, to an error. */
export function withCode<E extends Error, D extends object>(
  error: E,
  code: string,
  details?: D,
): E & NodeError & D {
  return Object.assign(error, { code }, details) as E & NodeError & D
}

/** What a value is, in the words of Node's messages. */
function received(value: unknown): string {
  if (value == null) return ` Received ${value}`
  if (typeof value === 'function') return ` Received function ${value.name}`
  if (typeof value === 'object') {
    const name = (value as { constructor?: { name?: string } }).constructor?.name
    return name ? ` Received an instance of ${name}` : ` Received ${inspect(value, { depth: -1 })}`
  }
  const shown = inspect(value, { colors: false })
  return ` Received type ${typeof value} (${shown.length > 28 ? `${shown.slice(0, 25)}...` : shown})`
}

/** @param expected as in `of type string`, `an instance of Buffer` */
export function invalidArgType(name: string, expected: string, value: unknown): TypeError {
  const kind = name.includes('.') ? 'property' : 'argument'
  return withCode(
    new TypeError(`The "${name}" ${kind} must be ${expected}.${received(value)}`),
    'ERR_INVALID_ARG_TYPE',
  )
}

export function invalidArgValue(name: string, value: unknown, reason = 'is invalid'): TypeError {
  const kind = name.includes('.') ? 'property' : 'argument'
  return withCode(
    new TypeError(`The ${kind} '${name}' ${reason}. Received ${inspect(value).slice(0, 128)}`),
    'ERR_INVALID_ARG_VALUE',
  )
}

function outOfRange(name: string, range: string, value: unknown): RangeError {
  return withCode(
    new RangeError(
      `The value of "${name}" is out of range. It must be ${range}. Received ${inspect(value)}`,
    ),
    'ERR_OUT_OF_RANGE',
  )
}

export function validateString(value: unknown, name: string): asserts value is string {
  if (typeof value !== 'string') throw invalidArgType(name, 'of type string', value)
}

export function validateBoolean(value: unknown, name: string): asserts value is boolean {
  if (typeof value !== 'boolean') throw invalidArgType(name, 'of type boolean', value)
}

// biome-ignore lint/complexity/noBannedTypes: any function will do, as for Node
export function validateFunction(value: unknown, name: string): asserts value is Function {
  if (typeof value !== 'function') throw invalidArgType(name, 'of type function', value)
}

export function validateObject(value: unknown, name: string): asserts value is object {
  if (value === null || Array.isArray(value) || typeof value !== 'object')
    throw invalidArgType(name, 'of type object', value)
}

export function validateBuffer(
  value: unknown,
  name = 'buffer',
): asserts value is NodeJS.ArrayBufferView {
  if (!ArrayBuffer.isView(value))
    throw invalidArgType(name, 'an instance of Buffer, TypedArray, or DataView', value)
}

export function validateNumber(value: unknown, name: string): asserts value is number {
  if (typeof value !== 'number') throw invalidArgType(name, 'of type number', value)
}

/** @param min the least, @param max the greatest that is allowed */
export function validateInteger(
  value: unknown,
  name: string,
  min: number,
  max: number,
): asserts value is number {
  validateNumber(value, name)
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value)
  if (value < min || value > max) throw outOfRange(name, `>= ${min} && <= ${max}`, value)
}

/** Milliseconds, as timers take them. */
export function validateDuration(value: unknown, name: string): asserts value is number {
  validateNumber(value, name)
  if (value < 0 || !Number.isFinite(value))
    throw outOfRange(name, 'a non-negative finite number', value)
}

/**
 * The bytes of a view, without a copy. A Buffer comes out as a plain array: its `slice` would not copy, which the engine
 * relies on.
 */
export function bytesOf(view: NodeJS.ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}
