// Workers that share a port, or a unix socket, and the keys of their tickets. FILE is JSON: { cert, key, listen,
// rotation, scheduling }. Each answers a connection with its pid and whether it was resumed, in JSON.

import cluster from 'node:cluster'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import * as tls from 'node:tls'

const { cert, key, listen, ticketKeys, scheduling } = JSON.parse(
  readFileSync(process.argv[2], 'utf8'),
)

if (cluster.isPrimary) {
  cluster.schedulingPolicy = scheduling === 'none' ? cluster.SCHED_NONE : cluster.SCHED_RR
  const workers = [cluster.fork(), cluster.fork()]
  const addresses = await Promise.all(
    workers.map(async (worker) => (await once(worker, 'listening'))[0]),
  )
  console.log(`listening ${JSON.stringify(addresses.map(({ port }) => port))}`)
  // A line on the standard input: new keys for all.
  process.stdin.setEncoding('utf8').on('data', async (line) => {
    const done = workers.map((worker) => once(worker, 'message'))
    for (const worker of workers) worker.send(line.trim())
    await Promise.all(done)
    console.log('rotated')
  })
} else {
  const server = tls.createServer(
    { cert, key, ...(ticketKeys && { ticketKeys: Buffer.from(ticketKeys, 'hex') }) },
    (socket) => {
      socket.on('error', () => {})
      socket.end(JSON.stringify({ pid: process.pid, resumed: socket.isSessionReused() }))
    },
  )
  server.listen(listen)
  process.on('message', (keys) => {
    server.setTicketKeys(Buffer.from(keys, 'hex'))
    process.send('done')
  })
  process.on('disconnect', () => process.exit(0))
}
