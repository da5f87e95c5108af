/**
 * A transfer over sockets through several automatic key updates, with the digest taken at both ends. `TRANSFER_GIB=20`
 * sends more.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { nodeProvider } from '../../packages/handfast/src/crypto/node/index.ts'
import type { CryptoProvider } from '../../packages/handfast/src/crypto/provider.ts'
import { connect, createServer } from '../../packages/handfast/src/node/index.ts'
import { authority, files } from '../../packages/handfast/test/node/certificates.ts'
import { tellFigures } from '../assurance/results.ts'

const gib = Number(process.env.TRANSFER_GIB ?? 1)
/** So that there are many: a GiB is 65,536 records. */
const keyUpdateAfterRecords = 1000
const chunk = 2 ** 18

/** Counts the keys that records were protected with. */
function counting(): { readonly crypto: CryptoProvider; readonly keys: () => number } {
  let keys = 0
  const crypto: CryptoProvider = {
    ...nodeProvider,
    cipherSuites: nodeProvider.cipherSuites.map((suite) => ({
      ...suite,
      aead: {
        ...suite.aead,
        importKey(key) {
          keys++
          return suite.aead.importKey(key)
        },
      },
    })),
  }
  return { crypto, keys: () => keys }
}

it('bytes arrive as they were sent, through key updates, in both directions', async () => {
  const { crypto, keys } = counting()
  const server = createServer({ ...(await files('good')), keyUpdateAfterRecords }, (socket) => {
    // What comes goes back: both directions change their keys.
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: (await authority()).root,
    crypto,
    keyUpdateAfterRecords,
  })
  await once(client, 'secureConnect')
  const before = keys()
  const sent = createHash('sha256')
  const received = createHash('sha256')
  let length = 0
  client.on('data', (data: Buffer) => {
    length += data.length
    received.update(data)
  })
  const total = gib * 2 ** 30
  const data = Buffer.alloc(chunk)
  const started = performance.now()
  for (let at = 0; at < total; at += chunk) {
    // Another content in each, so that one that is lost, repeated or misplaced shows.
    data.writeDoubleBE(at, (at / chunk) % (chunk - 8))
    const copy = Buffer.from(data)
    sent.update(copy)
    if (!client.write(copy)) await once(client, 'drain')
  }
  client.end()
  await once(client, 'end')
  const seconds = (performance.now() - started) / 1000
  server.close()
  const updates = keys() - before
  tellFigures('transfer', {
    'GiB, there and back': gib,
    'changes of keys at the client, both directions': updates,
    'MiB/s, there and back': Math.round((gib * 1024) / seconds),
  })
  expect(length).toBe(total)
  expect(received.digest('hex')).toBe(sent.digest('hex'))
  const each = Math.floor((gib * 65_536) / keyUpdateAfterRecords)
  expect(updates).toBeGreaterThanOrEqual(2 * each)
}, 3_600_000)
