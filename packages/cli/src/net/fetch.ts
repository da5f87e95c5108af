/**
 * What certificates point at, fetched: issuers, revocation lists, OCSP responses. Over plain HTTP, since each of them is
 * signed (RFC 5280 §4.2.2.1). Bounded in size and time, and nowhere but where the certificate says: no redirects.
 */
import { request } from 'node:http'
import { connectionError } from '../exit.ts'

export interface FetchOptions {
  /** Milliseconds for the whole. */
  readonly timeout: number
  /** Octets of the answer. */
  readonly most: number
  readonly stop: AbortSignal
  /** A body makes it a POST. */
  readonly body?: { readonly type: string; readonly bytes: Uint8Array }
}

/** @throws CommandError (connection), with the address and the reason */
export function fetchBytes(url: string, options: FetchOptions): Promise<Uint8Array> {
  const { timeout, most, stop, body } = options
  const fail = (why: string, cause?: unknown) =>
    connectionError(`${url} could not be fetched: ${why}`, undefined, cause)
  if (!URL.canParse(url) || new URL(url).protocol !== 'http:')
    return Promise.reject(fail('only http:// addresses are'))
  return new Promise((resolve, reject) => {
    const call = request(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers:
        body === undefined
          ? {}
          : { 'content-type': body.type, 'content-length': body.bytes.length },
      signal: stop,
    })
    const timer = setTimeout(() => {
      call.destroy(new Error(`no whole answer within ${timeout / 1000} s`))
    }, timeout)
    call.on('close', () => clearTimeout(timer))
    call.on('error', (error) => reject(fail(error.message, error)))
    call.on('response', (response) => {
      const { statusCode = 0 } = response
      if (statusCode !== 200) {
        const isRedirect = statusCode >= 300 && statusCode < 400
        call.destroy()
        reject(
          fail(
            `the answer is ${statusCode}${isRedirect ? ', and redirects are not followed' : ''}`,
          ),
        )
        return
      }
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        chunks.push(chunk)
        if (length > most) call.destroy(new Error(`it is longer than ${most} bytes`))
      })
      response.on('error', (error) => reject(fail(error.message, error)))
      response.on('end', () => resolve(Buffer.concat(chunks)))
    })
    call.end(body?.bytes)
  })
}
