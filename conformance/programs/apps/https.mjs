// A server of HTTPS, and of HTTP/2 with those who want it, that prints its port. FILE is JSON: its options.
// `/what` answers with what it knows of the connection; any other path with what it was sent.

import { readFileSync } from 'node:fs'
import http2 from 'node:http2'

const options = JSON.parse(readFileSync(process.argv[2], 'utf8'))
let connections = 0

function serve(request, response) {
  const { socket } = request
  const tls = request.httpVersionMajor === 2 ? request.stream.session.socket : socket
  if (request.url !== '/what') return void request.pipe(response)
  const { CN } = tls.getPeerCertificate().subject ?? {}
  response.end(
    JSON.stringify({
      connections,
      version: request.httpVersion,
      protocol: tls.getProtocol(),
      resumed: tls.isSessionReused(),
      name: tls.servername,
      client: CN,
    }),
  )
}

const server = http2.createSecureServer(
  { ...options, allowHTTP1: true, maxSessionMemory: 100 },
  serve,
)
server.on('secureConnection', () => {
  connections++
})
server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`))
