/** The server under load: answers what it hears, but for the connections that begin with `!`, which it stops to read. */
import { readdirSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket } from '../../../packages/handfast/src/node/index.ts'
import { answering, memory } from './answering.ts'

const { cert, key } = JSON.parse(readFileSync(process.argv[2]!, 'utf8'))
const handshakeTimeout = Number(process.argv[3] ?? 120_000)
const unhandled: string[] = []
const unread = new Set<TLSSocket>()
process.on('unhandledRejection', (reason) => unhandled.push(String(reason)))
process.on('uncaughtException', (error) => unhandled.push(String(error.stack)))
process.on('warning', (warning) => unhandled.push(String(warning)))

let secure = 0
let refused = 0
let most = 0
let open = 0
const server = createServer({ cert, key, handshakeTimeout }, (socket) => {
  secure++
  socket.on('error', () => {})
  socket.once('data', (first) => {
    if (first[0] === 33) {
      socket.pause()
      unread.add(socket)
      socket.once('close', () => unread.delete(socket))
    } else {
      socket.write(first)
      socket.pipe(socket)
    }
  })
})
server.on('tlsClientError', () => refused++)
server.on('connection', (socket) => {
  open++
  most = Math.max(most, open)
  socket.once('close', () => open--)
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })

answering({
  port: () =>
    (server.address() as AddressInfo | null)?.port ??
    new Promise((resolve) =>
      server.once('listening', () => resolve((server.address() as AddressInfo).port)),
    ),
  read() {
    for (const socket of unread) socket.resume()
  },
  look: async () => ({
    ...(await memory()),
    secure,
    refused,
    most,
    open,
    files: readdirSync('/proc/self/fd').length,
    unhandled,
  }),
})
