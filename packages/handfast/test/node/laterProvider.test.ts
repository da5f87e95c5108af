/** A crypto provider that answers later: the stream keeps its order, its callbacks and its end. */
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import type { CipherSuite, CryptoProvider } from '../../src/crypto/provider.ts'
import * as handfast from '../../src/node/index.ts'
import { authority, files } from './certificates.ts'
import { once } from './same.ts'

/** Takes longer for some than for others, so that what is not kept in order comes out of it. */
let turn = 0
async function later<T>(value: T): Promise<Awaited<T>> {
  if (turn++ % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
  return await value
}

function slow(suite: CipherSuite): CipherSuite {
  const { aead } = suite
  return {
    ...suite,
    aead: {
      ...aead,
      importKey: async (key) => {
        const imported = await aead.importKey(Uint8Array.from(key))
        return {
          seal: (nonce, additional, plaintext, reserve) =>
            later(
              imported.seal(
                nonce.slice(),
                additional.slice(),
                plaintext.map((part) => Uint8Array.from(part)),
                reserve,
              ),
            ),
          open: (nonce, additional, ciphertext) =>
            later(imported.open(nonce.slice(), additional.slice(), Uint8Array.from(ciphertext))),
          destroy: () => imported.destroy(),
        }
      },
    },
  }
}

const provider: CryptoProvider = {
  ...nodeProvider,
  name: 'node, later',
  cipherSuites: nodeProvider.cipherSuites.map(slow),
}

it('carries data both ways, in order, to the end', async () => {
  const server = handfast.createServer({ ...(await files('good')), crypto: provider }, (socket) => {
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = handfast.connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    ca: (await authority()).root,
    crypto: provider,
  })
  const bytes = randomBytes(200_000)
  const received: Buffer[] = []
  client.on('data', (chunk: Buffer) => received.push(chunk))
  let written = 0
  for (let at = 0; at < bytes.length; at += 10_000)
    client.write(bytes.subarray(at, at + 10_000), () => written++)
  client.end()
  await once(client, 'close')
  expect(Buffer.concat(received).equals(bytes)).toBe(true)
  expect(written).toBe(20)
  expect(client.truncated).toBe(false)
  server.close()
})
