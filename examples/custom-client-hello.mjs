// A ClientHello of one's own: groups by choice, extensions in another order, one that nobody knows. The server sees it
// before it answers.
//
//   node examples/custom-client-hello.mjs

import { once } from 'node:events'
import { createAuthority } from '@handfast/ca'
import { extensionTypes, nameOf } from 'handfast'
import { connect, createServer } from 'handfast/node'

const authority = await createAuthority()
const { chain, key } = await authority.issue({ names: ['localhost'] })

const server = createServer({
  cert: chain,
  key,
  onClientHello: (hello) => {
    const names = hello.message.extensions.map(({ type }) => nameOf(extensionTypes, type))
    console.log(`the server sees: ${names.join(', ')}`)
    return undefined // nothing is changed for this connection
  },
})
server.listen(0, 'localhost')
await once(server, 'listening')

const socket = connect({
  host: 'localhost',
  port: server.address().port,
  servername: 'localhost',
  ca: authority.root,
  groups: ['P-256', 'X25519'],
  keyShares: ['P-256'],
  grease: false,
  shapeClientHello: (hello) => ({
    ...hello,
    extensions: [...hello.extensions.toReversed(), { type: 0x1234, data: Uint8Array.of(1, 2, 3) }],
  }),
})
await once(socket, 'secureConnect')
console.log(`the two agree on ${socket.connectionInfo.groupName}`)
socket.end()
socket.resume()
await once(socket, 'close')
server.close()
