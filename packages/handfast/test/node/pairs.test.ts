import { once } from 'node:events'
import * as nodeTls from 'node:tls'
import { createAuthority } from '@handfast/ca'
import { expect, it } from 'vitest'
import * as handfast from '../../src/node/index.ts'

for (const [ours, theirs] of [
  ['handfast', 'node'],
  ['node', 'handfast'],
  ['handfast', 'handfast'],
] as const)
  it(`client ${ours} to server ${theirs}`, async () => {
    const authority = await createAuthority()
    const { chain, key } = await authority.issue({ names: ['localhost', '127.0.0.1'] })
    const c: any = ours === 'handfast' ? handfast : nodeTls
    const s: any = theirs === 'handfast' ? handfast : nodeTls
    const server = s.createServer({ cert: chain, key }, (socket: any) => {
      socket.on('data', (d: Buffer) => socket.write(`you said ${d}`))
    })
    server.on('tlsClientError', (e: Error) => console.log('tlsClientError', e))
    server.listen(0)
    await once(server, 'listening')
    const client = c.connect({ port: server.address().port, ca: authority.root })
    client.on('error', (e: Error) => console.log(e))
    await once(client, 'secureConnect')
    expect(client.authorized).toBe(true)
    client.write('hello')
    const [data] = await once(client, 'data')
    expect(String(data)).toBe('you said hello')
    client.end()
    await once(client, 'close')
    server.close()
    await once(server, 'close')
  })
