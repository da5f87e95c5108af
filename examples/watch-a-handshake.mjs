// Every message of a handshake, as it happens, with its fields and what it is for.
//
//   node examples/watch-a-handshake.mjs

import { once } from 'node:events'
import { createAuthority } from '@handfast/ca'
import { connect, createServer } from 'handfast/node'
import { annotate, explain } from 'handfast/trace'

const authority = await createAuthority()
const { chain, key } = await authority.issue({ names: ['localhost'] })
const server = createServer({ cert: chain, key }, (socket) => socket.end())
server.listen(0, 'localhost')
await once(server, 'listening')

const socket = connect({
  host: 'localhost',
  port: server.address().port,
  servername: 'localhost',
  ca: authority.root,
  trace: (event) => {
    if (event.type !== 'message') return
    console.log(
      `${event.direction === 'sent' ? '-->' : '<--'} ${event.name}, ${event.bytes.length} bytes`,
    )
    console.log(`    ${explain(event)}`)
    for (const { name, value } of annotate(event))
      if (name.startsWith('cipher_suite')) console.log(`    ${name}: ${value}`)
  },
})
socket.resume()
await once(socket, 'close')
server.close()
