/** Pre-shared keys as node:tls's options say them: `pskCallback` and `pskIdentityHint`. */
import { runSteps, type Steps, settle } from '@handfast/x509'
import type { ClientConfig, PreSharedKey, ServerConfig } from '../config.ts'
import type { MaybePromise } from '../crypto/provider.ts'
import type { TLSSocket } from './tlsSocket.ts'
import {
  bytesOf,
  invalidArgType,
  invalidArgValue,
  validateBuffer,
  validateFunction,
  validateObject,
  validateString,
} from './validate.ts'

/** What a client shows. */
export interface PskClientAnswer {
  readonly psk: NodeJS.ArrayBufferView
  readonly identity: string
}

/**
 * @param hint of the server; null where it gave none, and always in TLS 1.3
 * @returns null or undefined for no key
 */
export type PskClientCallback = (
  hint: string | null,
) => MaybePromise<PskClientAnswer | null | undefined>

/** @returns the key of this identity; null or undefined for one that is not known */
export type PskServerCallback = (
  socket: TLSSocket,
  identity: string,
) => MaybePromise<
  NodeJS.ArrayBufferView | { readonly psk: NodeJS.ArrayBufferView } | null | undefined
>

/** Bytes, as OpenSSL limits them. */
const longest = { key: 512, identity: 256 }

function keyOf(psk: unknown): Uint8Array {
  validateBuffer(psk, 'psk')
  if (psk.byteLength > longest.key)
    throw invalidArgValue('psk', psk, `Pre-shared key exceeds ${longest.key} bytes`)
  return bytesOf(psk)
}

/** @param onError is told what the callback threw, or what is wrong with its answer: that is the program's own error */
export function clientPsk(
  callback: unknown,
  socket: TLSSocket,
  onError: (error: Error) => void,
): ClientConfig['preSharedKey'] | undefined {
  if (callback == null) return undefined
  validateFunction(callback, 'pskCallback')
  function* ask(hint: Uint8Array | undefined): Steps<PreSharedKey | undefined> {
    const text = hint === undefined || hint.length === 0 ? null : Buffer.from(hint).toString()
    const answer = yield* settle((callback as PskClientCallback).call(socket, text))
    if (answer == null) return undefined
    validateObject(answer, 'ret')
    const key = keyOf(answer.psk)
    const { identity } = answer
    validateString(identity, 'identity')
    if (Buffer.byteLength(identity) > longest.identity)
      throw invalidArgValue('identity', identity, `PSK identity exceeds ${longest.identity} bytes`)
    return { identity: new TextEncoder().encode(identity), key }
  }
  return (hint) => runSteps(noting(onError, ask(hint)))
}

export function serverPsk(
  callback: unknown,
  socket: TLSSocket,
  onError: (error: Error) => void,
): ServerConfig['findPreSharedKey'] | undefined {
  if (callback == null) return undefined
  function* ask(identity: string): Steps<Uint8Array | undefined> {
    const answer = yield* settle((callback as PskServerCallback).call(socket, socket, identity))
    if (answer == null) return undefined
    if (typeof answer !== 'object')
      throw invalidArgType('ret', 'an instance of Object, Buffer, TypedArray, or DataView', answer)
    return keyOf('psk' in answer ? answer.psk : answer)
  }
  return (identity) =>
    // A ticket of another server is none of the program's names.
    identity.length > longest.identity
      ? undefined
      : runSteps(noting(onError, ask(Buffer.from(identity).toString())))
}

function* noting<T>(onError: (error: Error) => void, steps: Steps<T>): Steps<T> {
  try {
    return yield* steps
  } catch (error) {
    onError(error as Error)
    throw error
  }
}

/** @throws TypeError `ERR_INVALID_ARG_TYPE` */
export function checkPskOptions({
  pskCallback,
  pskIdentityHint,
}: {
  readonly pskCallback?: unknown
  readonly pskIdentityHint?: unknown
}): void {
  if (pskCallback != null) validateFunction(pskCallback, 'options.pskCallback')
  if (pskIdentityHint != null) validateString(pskIdentityHint, 'options.pskIdentityHint')
}
