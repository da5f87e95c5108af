// TLS over a transport that is no socket: here a MessageChannel, as a WebSocket, a worker or a data channel would be.
// The engine does no I/O, and this provider is plain JavaScript: the same runs in a browser.
//
//   node examples/any-transport.mjs

import { createAuthority } from '@handfast/ca'
import { certificateVerifier, clientConnection, serverConnection } from 'handfast'
import { nobleProvider as crypto } from 'handfast/crypto/noble'

const authority = await createAuthority()
const issued = await authority.issue({ names: ['db.example.test'] })
const { port1, port2 } = new MessageChannel()
const clock = Date.now

const server = serverConnection({
  crypto,
  clock,
  identity: {
    certificateChain: issued.chainDer,
    signingKey: await crypto.importPrivateKey(issued.keyDer),
  },
})
const client = clientConnection({
  crypto,
  clock,
  serverName: 'db.example.test',
  verifyCertificate: certificateVerifier({ crypto, trust: [authority.rootDer] }),
})

drive(server, port1, (event) => {
  if (event.type === 'data') server.write(event.data) // an echo
  if (event.type === 'closeNotify') server.close()
})
drive(client, port2, (event) => {
  if (event.type === 'handshakeComplete') {
    console.log(`agreed: ${event.info.cipherSuiteName}, ${event.info.groupName}`)
    client.write(new TextEncoder().encode('over any transport'))
  }
  if (event.type === 'data') {
    console.log(`echoed: ${new TextDecoder().decode(event.data)}`)
    client.close()
  }
})

// The whole contract of the engine: receive, handle the events, send the output.
function drive(connection, port, handle) {
  const pump = () => {
    for (let event = connection.nextEvent(); event; event = connection.nextEvent()) {
      if (event.type === 'failed') throw event.error
      handle(event)
      if (event.type === 'closeNotify') setTimeout(() => port.close())
    }
    for (const record of connection.takeOutput()) port.postMessage(record)
  }
  port.onmessage = ({ data }) => {
    connection.receive(data)
    pump()
  }
  pump()
}
