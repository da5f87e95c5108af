// HTTPS with handfast in place of node:tls: Node's own HTTP, our sockets.
//
//   node examples/https-get.mjs [https://host/path]
//
// Without a URL it asks a server of Node's that it starts for itself.

import { createServer, get } from 'node:https'
import { createAuthority } from '@handfast/ca'
import { connect } from 'handfast/node'

const [given] = process.argv.slice(2)
const { url, ca, close } = given ? { url: new URL(given) } : await startServer()

get(
  url,
  {
    createConnection: () =>
      connect({
        host: url.hostname,
        port: Number(url.port || 443),
        servername: url.hostname,
        ALPNProtocols: ['http/1.1'],
        ...(ca && { ca }),
      }),
  },
  (response) => {
    const { socket } = response
    console.log(`${socket.getProtocol()}, ${socket.getCipher().name}`)
    console.log(`status ${response.statusCode}`)
    response.on('data', (chunk) => console.log(`${chunk}`.trimEnd()))
    response.on('end', () => close?.())
  },
)

async function startServer() {
  const authority = await createAuthority()
  const { chain, key } = await authority.issue({ names: ['localhost'] })
  const server = createServer({ cert: chain, key }, (_, response) => response.end('hello\n'))
  await new Promise((resolve) => server.listen(0, 'localhost', resolve))
  const url = new URL(`https://localhost:${server.address().port}/`)
  return { url, ca: authority.root, close: () => server.close() }
}
