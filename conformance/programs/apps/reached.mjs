// What runs over handfast in this process, as JSON: run with and without `--import handfast/register`.
// Argument: a file with { cert, key } in JSON. NODE_EXTRA_CA_CERTS names the root.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http2, { connect as connectHttp2 } from 'node:http2'
import https, { get } from 'node:https'
import { createRequire } from 'node:module'
import net from 'node:net'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
// biome-ignore lint/style/useNodejsImportProtocol: programs write both
import tls, { connect } from 'tls'

const require = createRequire(import.meta.url)
/** Node's TLSSocket has no such method. */
const isOurs = (socket) => socket !== null && 'keyUpdate' in socket

if (!isMainThread) parentPort.postMessage(isOurs(tls.TLSSocket.prototype))
else if (process.send !== undefined) {
  process.send(isOurs(tls.TLSSocket.prototype))
  process.disconnect()
} else {
  console.log(JSON.stringify(await look(JSON.parse(readFileSync(process.argv[2], 'utf8')))))
}

async function look({ cert, key }) {
  const found = {
    'import tls': isOurs(tls.TLSSocket.prototype),
    'import { connect }': connect === tls.connect,
    // biome-ignore lint/style/useNodejsImportProtocol: programs write both
    "require('tls')": isOurs(require('tls').TLSSocket.prototype),
    "require('node:tls')": isOurs(require('node:tls').TLSSocket.prototype),
  }
  if (process.getBuiltinModule)
    found.getBuiltinModule = isOurs(process.getBuiltinModule('tls').TLSSocket.prototype)

  const servers = []
  const answer = (request, response) => response.end(String(isOurs(request.socket)))
  const hellos = []
  /** Starts a server, and before it a relay that keeps each ClientHello. */
  const listen = async (server) => {
    server.listen(0, 'localhost')
    await once(server, 'listening')
    const relay = net.createServer((near) => {
      const far = net.connect(server.address().port, 'localhost')
      near.once('data', (bytes) => hellos.push(bytes))
      near.pipe(far).pipe(near)
      for (const [one, other] of [
        [near, far],
        [far, near],
      ])
        one.on('error', () => other.destroy()).on('close', () => other.destroy())
    })
    relay.listen(0, 'localhost')
    await once(relay, 'listening')
    servers.push(server, relay)
    return `https://localhost:${relay.address().port}/`
  }
  /** The server's word about its socket, and whether the client's first bytes were handfast's. */
  const outcome = (text) => ({ server: text === 'true', client: hasGrease(hellos.pop()) })

  const url = await listen(https.createServer({ cert, key }, answer))
  for (const [name, request] of [
    ['https.get', https.get],
    ['import { get }', get],
  ]) {
    const [response] = await once(request(url, { agent: false }), 'response')
    found[name] = outcome(String(await response.toArray().then(Buffer.concat)))
  }
  const { DEFAULT_MAX_VERSION } = tls
  tls.DEFAULT_MAX_VERSION = 'TLSv1.2'
  const older = tls.connect({ port: new URL(url).port, host: 'localhost' })
  await once(older, 'secureConnect')
  found.DEFAULT_MAX_VERSION = older.getProtocol()
  older.destroy()
  tls.DEFAULT_MAX_VERSION = DEFAULT_MAX_VERSION
  found.fetch = outcome(await (await fetch(url)).text())

  const url2 = await listen(http2.createSecureServer({ cert, key }, answer))
  for (const [name, open] of [
    ['http2.connect', http2.connect],
    ['import { connect as h2 }', connectHttp2],
  ]) {
    const session = open(url2)
    const [, socket] = await once(session, 'connect')
    const stream = session.request({ ':path': '/' }).setEncoding('utf8')
    const text = (await stream.toArray()).join('')
    found[name] = {
      ...outcome(text),
      encrypted: session.encrypted,
      protocol: session.alpnProtocol,
      authorized: socket.authorized,
      isTLSSocket: session.socket instanceof tls.TLSSocket,
      peer: socket.getPeerCertificate().subjectaltname,
    }
    session.close()
  }

  if (globalThis.WebSocket !== undefined) {
    const other = await listen(https.createServer({ cert, key }, answer))
    await once(new WebSocket(other.replace('https', 'wss')), 'error')
    found.WebSocket = hasGrease(hellos.pop())
  }

  const self = fileURLToPath(import.meta.url)
  ;[found['a worker thread']] = await once(new Worker(self), 'message')
  const child = fork(self)
  ;[found['a forked process']] = await once(child, 'message')

  for (const server of servers) {
    server.close()
    server.closeAllConnections?.()
  }
  return found
}

/** Whether the first cipher suite of a ClientHello is a reserved value (RFC 8701): OpenSSL sends none. */
function hasGrease(record) {
  const sessionId = 5 + 4 + 2 + 32
  const suites = sessionId + 1 + record[sessionId] + 2
  return (record[suites] & 0x0f) === 0x0a && record[suites] === record[suites + 1]
}
