/** `ca ocsp`: an OCSP responder over HTTP (RFC 6960 appendix A), for all the authorities of a directory. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerOcsp, type OcspResponder, ocspError } from '@handfast/ca'
import type { AuthorityDirectory } from '@handfast/ca/node'
import type { Command } from 'commander'
import { usageError } from '../exit.ts'
import { formatAddress, parsePort } from '../options/target.ts'
import { harmless } from '../render/paper.ts'
import type { Terminal } from '../terminal.ts'
import { addPlace, inOurWords, openToSign, type PlaceOptions } from './options.ts'

interface OcspOptions extends PlaceOptions {
  readonly host: string
  readonly port: number
  readonly delegated?: boolean
}

/** Octets of a request: one about a hundred certificates has room. */
const mostRequest = 16_384
/** Milliseconds after which the responders, and the certificates of delegated ones, are made anew. */
const freshFor = 86_400_000
/** Milliseconds that connections have to finish once the responder is asked to stop. */
const grace = 1000

export function addOcsp(group: Command, terminal: Terminal): void {
  const command = group
    .command('ocsp')
    .description('Answer OCSP requests about what was issued, over HTTP.')
    .option('-p, --port <port>', 'port to listen on; 0 for any', (text) => parsePort(text, 0), 8080)
    .option('--host <address>', 'address to listen on; 0.0.0.0 or :: for all', '127.0.0.1')
    .option('--delegated', 'sign with a certificate made for it, not with the authority itself')
  addPlace(command).action((options: OcspOptions) => inOurWords(() => listen(options, terminal)))
}

async function listen(options: OcspOptions, terminal: Terminal): Promise<void> {
  const { host, port, delegated = false } = options
  const { stdout, stderr, stop } = terminal
  const responders = new Responders(await openToSign(options, terminal), delegated)
  // What cannot be opened is said now and not to the first who asks.
  await responders.current()
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 10_000 },
    (request, response) => {
      answer(request, response, responders).catch((error: Error) => {
        stderr.write(`${harmless(error.message)}\n`)
        if (response.headersSent) response.destroy()
        else send(response, 200, ocspError('internalError'))
      })
    },
  )
  server.maxConnections = 256
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(usageError(`It cannot listen on ${formatAddress(host, port)} (${error.message})`)),
    )
    server.listen(port, host, resolve)
  })
  const { address, port: chosen } = server.address() as AddressInfo
  stdout.write(`listening on ${formatAddress(address, chosen)}\n`)
  if (!stop.aborted)
    await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve()))
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeIdleConnections()
  setTimeout(() => server.closeAllConnections(), grace).unref()
  await closed
}

/** One for each authority of the directory as it is now. */
class Responders {
  readonly #directory: AuthorityDirectory
  readonly #delegated: boolean
  #made:
    | { readonly names: string; readonly at: number; readonly all: Promise<OcspResponder[]> }
    | undefined

  constructor(directory: AuthorityDirectory, delegated: boolean) {
    this.#directory = directory
    this.#delegated = delegated
  }

  current(): Promise<OcspResponder[]> {
    const authorities = this.#directory.authorities().map(({ name }) => name)
    const names = authorities.join()
    const now = Date.now()
    if (this.#made === undefined || this.#made.names !== names || now - this.#made.at > freshFor) {
      const delegated = this.#delegated
      const all = Promise.all(
        authorities.map((from) => this.#directory.ocspResponder({ from, delegated })),
      )
      this.#made = { names, at: now, all }
      all.catch(() => {
        this.#made = undefined
      })
    }
    return this.#made.all
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  responders: Responders,
): Promise<void> {
  const { method = '', url = '' } = request
  if (method === 'POST') {
    if (request.headers['content-type'] !== 'application/ocsp-request')
      return refuse(response, 415, 'The body is application/ocsp-request.')
    const body = await read(request)
    if (body === undefined) return refuse(response, 413, 'The request is too long.')
    return send(response, 200, await answerOcsp(body, await responders.current()))
  }
  if (method !== 'GET')
    return refuse(response, 405, 'OCSP requests come by GET or POST.', 'GET, POST')
  // RFC 6960 appendix A.1: base64, with its signs escaped, after the address of the responder.
  const base64 = decode(url.slice(url.indexOf('/') + 1))
  if (base64 === undefined || base64 === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64))
    return refuse(response, 400, 'After the / comes an OCSP request in base64.')
  send(response, 200, await answerOcsp(Buffer.from(base64, 'base64'), await responders.current()))
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** @returns `undefined` where it is too long */
async function read(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > mostRequest) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function send(response: ServerResponse, status: number, body: Uint8Array): void {
  response.writeHead(status, {
    'content-type': 'application/ocsp-response',
    'content-length': body.length,
    // What was revoked a moment ago is revoked for everyone who asks.
    'cache-control': 'no-store',
  })
  response.end(body)
}

function refuse(response: ServerResponse, status: number, why: string, allow?: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    connection: 'close',
    ...(allow === undefined ? {} : { allow }),
  })
  response.end(`${why}\n`)
}
