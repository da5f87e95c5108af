// Ten thousand connections, both ends in this process, and what is left of them, as JSON. Argument: a file with
// { cert, key } in JSON, and how many. Needs --expose-gc.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { connect, createServer } from 'handfast/node'

const { cert, key, ca } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const total = Number(process.argv[3])

const server = createServer({ cert, key }, (socket) => {
  socket.on('error', () => {})
  socket.pipe(socket)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address()

let session
let resumed = 0
/** Ways in which connections end. */
const ends = [
  (socket) => socket.end('bye'),
  (socket) => socket.destroy(),
  (socket) => {
    socket.once('data', () => socket.end())
    socket.write('hello')
  },
  (socket) => socket.resetAndDestroy(),
]

async function visit(i) {
  const options = { port, host: 'localhost', ca, groups: 'x25519' }
  // Every tenth is a full handshake; one in a hundred is refused.
  if (i % 10 !== 0) options.session = session
  if (i % 100 === 50) options.servername = 'other.test'
  const socket = connect(options)
  socket.on('session', (bytes) => {
    session = bytes
  })
  socket.on('secureConnect', () => {
    if (socket.isSessionReused()) resumed++
    ends[i % ends.length](socket)
  })
  socket.on('error', () => {}).resume()
  await new Promise((resolve) => socket.once('close', resolve))
}

async function run(from, to) {
  let next = from
  const workers = Array.from({ length: 16 }, async () => {
    while (next < to) await visit(next++)
  })
  await Promise.all(workers)
  while ((await connections()) > 0) await turn()
}

const connections = () =>
  new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  )

const listenersOf = (emitter) =>
  emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0)

/** What a leak would make grow. */
async function left() {
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    globalThis.gc()
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return {
    listeners: listenersOf(server) + listenersOf(process),
    resources: process.getActiveResourcesInfo().length,
    heapUsed,
    arrayBuffers,
  }
}

const unhandled = []
process.on('warning', ({ message }) => unhandled.push(message))
await run(0, total / 10)
const before = await left()
const started = performance.now()
await run(total / 10, total)
const seconds = (performance.now() - started) / 1000
const after = await left()
console.log(JSON.stringify({ before, after, resumed, warnings: unhandled, seconds }))
server.close()
