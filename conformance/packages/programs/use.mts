// What a user may write with all packages together, from TypeScript: an authority issues, the
// engine shakes hands in memory with each provider, and the verifier explains its verdict.

import { createAuthority, type IssuedCertificate } from '@handfast/ca'
import { createTrustStore, parseCertificate, type Verdict, verifyCertificate } from '@handfast/x509'
import {
  type Connection,
  certificateVerifier,
  clientConnection,
  identityFrom,
  serverConnection,
} from 'handfast'
import { nobleProvider } from 'handfast/crypto/noble'
import { nodeProvider } from 'handfast/crypto/node'

const authority = await createAuthority({ keyType: 'ec-p384' })
const issued: IssuedCertificate = await authority.issue({ names: ['server.test'], days: 1 })
const trust = createTrustStore([authority.rootDer])
const clock = () => Date.now()

for (const crypto of [nodeProvider, nobleProvider]) {
  const identity = await identityFrom(crypto, {
    certificateChain: issued.chain,
    privateKey: issued.key,
  })
  const verifyCertificate = certificateVerifier({ crypto, trust })
  const client = clientConnection({ crypto, clock, serverName: 'server.test', verifyCertificate })
  const server = serverConnection({ crypto, clock, identity })
  client.write(new TextEncoder().encode('hello'))
  const heard = exchange(client, server)
  if (heard !== 'hello') throw new Error(`${crypto.name}: the server heard '${heard}'`)
}

const verdict: Verdict = await verifyCertificate({
  certificate: parseCertificate(issued.certificateDer),
  intermediates: [],
  trust,
  time: clock(),
  name: 'other.test',
  usage: 'serverAuth',
  verifiers: nodeProvider.signatureVerifiers,
})
const codes = verdict.failures.map((failure) => failure.code)
if (codes.join() !== 'name-mismatch') throw new Error(`another name: ${codes.join() || 'accepted'}`)

console.log('ok')

/** Carries records between the two until neither has more; what the server received as text. */
function exchange(client: Connection, server: Connection): string {
  let heard = ''
  for (let moved = true; moved; ) {
    moved = false
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      for (let event = from.nextEvent(); event; event = from.nextEvent()) {
        if (event.type === 'failed') throw event.error
        if (event.type === 'data') heard += new TextDecoder().decode(event.data)
      }
      for (const record of from.takeOutput()) {
        to.receive(record)
        moved = true
      }
    }
  }
  return heard
}
