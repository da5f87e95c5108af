// A server that lets in only those who show a certificate of its authority, and greets them by name.
//
//   node examples/mutual-tls.mjs

import { once } from 'node:events'
import { createAuthority } from '@handfast/ca'
import { connect, createServer } from 'handfast/node'

const authority = await createAuthority()
const site = await authority.issue({ names: ['localhost'] })
const alice = await authority.issue({ names: ['alice@example.test'], client: true })
const ca = authority.root

const server = createServer(
  { cert: site.chain, key: site.key, ca, requestCert: true, rejectUnauthorized: true },
  (socket) => socket.end(`hello ${socket.getPeerCertificate().subjectaltname}\n`),
)
server.on('tlsClientError', (error) => console.log(`refused: ${error.code}`))
server.listen(0, 'localhost')
await once(server, 'listening')
const to = { host: 'localhost', port: server.address().port, servername: 'localhost', ca }

const known = connect({ ...to, cert: alice.chain, key: alice.key })
known.on('data', (greeting) => console.log(`${greeting}`.trimEnd()))
await once(known, 'close')

// TLS 1.3: the server refuses after the client has finished its part, so that this one believes itself in at first.
const stranger = connect(to)
stranger.on('error', (error) => console.log(`the stranger hears: ${error.cause.received}`))
stranger.resume()
await new Promise((resolve) => stranger.once('close', resolve))
server.close()
