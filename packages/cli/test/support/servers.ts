/** Servers on loopback that others wrote (Node's own TLS), and plain ones that follow a script. */
import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import { type Authority, createAuthority, type IssueOptions } from '@handfast/ca'
import { createServer as createHandfastServer } from 'handfast/node'
import { onTestFinished } from 'vitest'

export interface Site {
  readonly authority: Authority
  /** A file with the authority's certificate. */
  readonly ca: string
  /** PEM. */
  readonly cert: string
  readonly key: string
}

export const folder: string = mkdtempSync(join(tmpdir(), 'handfast-cli-'))

let files = 0

/** Writes a file and answers its path. */
export function fileWith(content: string | Uint8Array): string {
  const path = join(folder, `file-${++files}`)
  writeFileSync(path, content)
  return path
}

/** A certificate for localhost by an authority of its own. */
export async function makeSite(options: Partial<IssueOptions> = {}): Promise<Site> {
  const authority = await createAuthority()
  const { chain, key } = await authority.issue({ names: ['localhost', '127.0.0.1'], ...options })
  return { authority, ca: fileWith(authority.certificate), cert: chain, key }
}

/** An `openssl s_server` with these arguments. @returns the port */
export async function opensslServer(site: Site, ...args: readonly string[]): Promise<number> {
  const [cert, key] = [fileWith(site.cert), fileWith(site.key)]
  const child = spawn('openssl', [
    ...['s_server', '-accept', '127.0.0.1:0', '-www', ...args],
    ...['-cert', cert, '-key', key, '-cert_chain', cert],
  ])
  onTestFinished(() => {
    child.kill()
  })
  child.stdout.setEncoding('utf8')
  let said = ''
  for await (const text of child.stdout) {
    said += text
    const port = /ACCEPT .*:(\d+)/.exec(said)?.[1]
    if (port !== undefined) return Number(port)
  }
  throw new Error(`openssl ended: ${said}`)
}

/** @returns the port */
export async function tlsServer(
  options: TlsOptions,
  onSocket: (socket: TLSSocket) => void = (socket) => socket.resume(),
): Promise<number> {
  const server = createServer({ minVersion: 'TLSv1.3', ...options }, (socket) => {
    socket.on('error', () => {})
    onSocket(socket)
  })
  server.on('tlsClientError', () => {})
  return listen(server)
}

/** A server of handfast's own that issues no tickets, which Node's cannot be told. @returns the port */
export function ticketlessServer(site: Site): Promise<number> {
  const { cert, key } = site
  return listen(createHandfastServer({ cert, key, ticketCount: 0 }, (socket) => socket.end()))
}

/** @returns the port */
export function tcpServer(onSocket: (socket: Socket) => void): Promise<number> {
  return listen(
    createTcpServer((socket) => {
      socket.on('error', () => {})
      onSocket(socket)
    }),
  )
}

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}
