import { expect, it } from 'vitest'
import { concat } from '../../src/codec/bytes.ts'
import type { Connection } from '../../src/connection.ts'
import { clientConnection, serverConnection } from '../../src/index.ts'
import { clientConfig, serverConfig } from './pair.ts'

/** Hands over what both have to say until neither has anything. @returns the data that the second was sent */
function talk(one: Connection, other: Connection): Uint8Array {
  const data: Uint8Array[] = []
  for (let quiet = 0; quiet < 2; [one, other] = [other, one]) {
    for (let event = one.nextEvent(); event !== undefined; event = one.nextEvent())
      if (event.type === 'data') data.push(event.data)
    const output = one.takeOutput()
    for (const bytes of output) other.receive(bytes)
    quiet = output.length === 0 ? quiet + 1 : 0
  }
  return concat(...data)
}

it('says of what is written whether it is still referred to', () => {
  const client = clientConnection(clientConfig())
  const server = serverConnection(serverConfig())
  expect(client.write(Uint8Array.of(1, 2))).toBe(false)
  expect(talk(client, server)).toEqual(Uint8Array.of(1, 2))
  const data = new Uint8Array(40_000).fill(3)
  expect(client.write(data)).toBe(true)
  data.fill(0)
  const received = talk(client, server)
  expect(received.length).toBe(40_000)
  expect(received.every((byte) => byte === 3)).toBe(true)
})

it('goes on referring to it where somebody listens to the trace', () => {
  const events: unknown[] = []
  const client = clientConnection(clientConfig({ trace: (event) => void events.push(event) }))
  talk(client, serverConnection(serverConfig()))
  expect(client.write(Uint8Array.of(1))).toBe(false)
})
