// The packages by `require()`: their ES modules load synchronously, for they have no top-level
// await.

const { createAuthority } = require('@handfast/ca')
const { createTrustStore } = require('@handfast/x509')
const { certificateVerifier, clientConnection, serverConnection } = require('handfast')
const { nodeProvider: crypto } = require('handfast/crypto/node')

async function main() {
  const authority = await createAuthority()
  const { chainDer, keyDer } = await authority.issue({ names: ['server.test'] })
  const identity = { certificateChain: chainDer, signingKey: crypto.importPrivateKey(keyDer) }
  const verifyCertificate = certificateVerifier({
    crypto,
    trust: createTrustStore([authority.rootDer]),
  })
  const common = { crypto, clock: Date.now }
  const client = clientConnection({ ...common, serverName: 'server.test', verifyCertificate })
  const server = serverConnection({ ...common, identity })
  for (let round = 0; round < 4; round++) {
    while (client.nextEvent());
    for (const record of client.takeOutput()) server.receive(record)
    while (server.nextEvent());
    for (const record of server.takeOutput()) client.receive(record)
  }
  if (client.error) throw client.error
  if (!client.info || !server.info) throw new Error('the handshake is not complete')
  console.log('ok')
}

main()
