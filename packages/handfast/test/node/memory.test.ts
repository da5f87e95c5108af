/** Memory goes round between the socket, the cipher and the reader: nobody finds other bytes where theirs were. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import * as handfast from '../../src/node/index.ts'
import type { TraceEvent } from '../../src/trace/events.ts'
import { authority, files } from './certificates.ts'

const bytes = randomBytes(2_000_000)
const ends = [1, 100, 20_000, 60_000, bytes.length]

interface Options {
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3'
  readonly trace?: (event: TraceEvent) => void
}

/**
 * The server writes `bytes`, in pieces small and large, and the client keeps what it reads.
 * @param onSecure before there is data
 */
async function transfer(options: Options, onSecure: (transport: Socket) => void = () => {}) {
  const { trace, ...versions } = options
  const server = handfast.createServer({ ...(await files('good')), ...versions }, (socket) => {
    socket.once('data', () => {
      for (const [i, end] of ends.entries()) socket.write(bytes.subarray(ends[i - 1] ?? 0, end))
      socket.end()
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  try {
    const { port } = server.address() as AddressInfo
    const ca = (await authority()).root
    const socket = handfast.connect({ port, host: '127.0.0.1', ca, ...options })
    const read: Buffer[] = []
    socket.on('data', (data: Buffer) => read.push(data))
    await once(socket, 'secureConnect')
    onSecure(socket.transport as Socket)
    socket.write('go')
    await once(socket, 'close')
    return read
  } finally {
    server.close()
  }
}

const isWhole = (read: readonly Buffer[]) => Buffer.concat(read).equals(bytes)

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', (version) => {
  const versions = { minVersion: version, maxVersion: version }

  it('leaves a reader what it keeps', async () => {
    expect(isWhole(await transfer(versions))).toBe(true)
  })

  it('leaves what was received to whoever else listens to the transport', async () => {
    const ciphertext: Buffer[] = []
    const listen = (transport: Socket) => void transport.on('data', (data) => ciphertext.push(data))
    expect(isWhole(await transfer(versions, listen))).toBe(true)
    expect(Buffer.concat(ciphertext).length).toBeGreaterThan(bytes.length)
  })

  it('leaves its events to whoever listens to the trace', async () => {
    const events: TraceEvent[] = []
    expect(
      isWhole(await transfer({ ...versions, trace: (event) => void events.push(event) })),
    ).toBe(true)
    const records = events
      .filter((event) => event.type === 'record')
      .filter(
        ({ direction, innerType }) => direction === 'received' && innerType === 'application_data',
      )
    expect(Buffer.concat(records.map(({ content }) => content)).equals(bytes)).toBe(true)
    for (const { bytes } of records) expect(bytes[0]).toBe(23)
  })
})
