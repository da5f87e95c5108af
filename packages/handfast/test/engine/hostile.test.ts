/**
 * Hostile peers: each case is one thing that a peer does wrong, and how the other side ends the connection. The tables
 * are in hostile/.
 */
import { afterEach, describe, expect, it } from 'vitest'
import { dangerousAcceptAnyCertificate } from '../../src/certificateVerifier.ts'
import { TlsError } from '../../src/errors.ts'
import { againstClients, againstServers } from './hostile/cases.ts'
import { expectFailure, isLean, reached, run } from './hostile/peer.ts'
import { failureSites } from './hostile/sources.ts'
import { clientIdentity, collect, exchange, type Pair, pairOf, textOf } from './pair.ts'

// Whatever one peer does, the other connections of the process live on.
const bystanders = pairOf()
exchange(bystanders)
let exchanged = ''
afterEach(() => {
  exchanged += '.'
  bystanders.client.connection.write(new TextEncoder().encode('.'))
  exchange(bystanders)
  expect(textOf(bystanders.server)).toBe(exchanged)
})

describe('a client refuses a server when', () => {
  for (const { what, expect: expected, ...scenario } of againstClients)
    it(what, () => expectFailure(run({ victim: 'client', ...scenario }), expected))
})

describe('a server refuses a client when', () => {
  for (const { what, expect: expected, ...scenario } of againstServers)
    it(what, () => expectFailure(run({ victim: 'server', ...scenario }), expected))
})

describe('a caller is told', () => {
  /** What a call throws, or what a connection failed with. */
  function told(act: () => unknown): TlsError {
    try {
      act()
    } catch (error) {
      if (!(error instanceof TlsError)) throw error
      reached.push(error)
      return error
    }
    throw new Error('Nothing was thrown')
  }

  function connected(...configs: Parameters<typeof pairOf>): Pair {
    const pair = pairOf(...configs)
    exchange(pair)
    return pair
  }

  const byte = Uint8Array.of(1)

  it('that the handshake is not complete', () => {
    const { connection } = pairOf().client
    for (const act of [
      () => connection.updateKeys(),
      () => connection.requestClientCertificate(),
      () => connection.exportKeyingMaterial('label', byte, 32),
      () => connection.exportEarlyKeyingMaterial('label', byte, 32),
      () => connection.channelBinding(),
    ])
      expect(told(act)).toMatchObject({ code: 'ERR_NOT_READY', blame: 'caller' })
    expect(connection.error).toBeUndefined()
  })

  it('that it has closed', () => {
    const pair = connected(
      { postHandshakeAuth: true, identity: clientIdentity },
      {
        clientAuthentication: {
          mode: 'request',
          verifyCertificate: dangerousAcceptAnyCertificate,
        },
      },
    )
    const { connection } = pair.server
    connection.close()
    for (const act of [
      () => connection.write(byte),
      () => connection.updateKeys(),
      () => connection.requestClientCertificate(),
    ])
      expect(told(act)).toMatchObject({ code: 'ERR_CLOSED', blame: 'caller' })
    exchange(pair)
    expect(connection.error).toBeUndefined()
    expect(pair.client.connection.error).toBeUndefined()
  })

  it('that both sides have closed', () => {
    const pair = connected()
    pair.client.connection.close()
    pair.server.connection.close()
    exchange(pair)
    const { connection } = pair.client
    for (const act of [
      () => connection.exportKeyingMaterial('label', byte, 32),
      () => connection.updateKeys(),
    ])
      expect(told(act)).toMatchObject({ code: 'ERR_CLOSED', blame: 'caller' })
    expect(connection.error).toBeUndefined()
  })

  it('that it has destroyed the connection', () => {
    const { connection } = connected().client
    connection.destroy()
    expect(told(() => connection.write(byte))).toMatchObject({ code: 'ERR_CLOSED' })
    expect(told(() => connection.updateKeys())).toMatchObject({ code: 'ERR_CLOSED' })
    expect(connection.takeOutput()).toEqual([])
    expect(connection.nextEvent()).toBeUndefined()
  })

  it('that its configuration cannot be, with an alert to the peer', () => {
    const pair = pairOf({ alpnProtocols: ['h2'] }, { selectProtocol: () => 'http/1.1' })
    exchange(pair)
    const { error } = pair.server.connection
    expect(error).toMatchObject({
      code: 'ERR_CONFIGURATION',
      blame: 'caller',
      alert: 'internal_error',
    })
    expect(pair.client.connection.error?.received).toBe('internal_error')
  })

  it('that its own function threw', () => {
    const mistake = new Error('a mistake')
    const pair = pairOf(
      {},
      {
        identity: () => {
          throw mistake
        },
      },
    )
    exchange(pair)
    const { error } = pair.server.connection
    expect(error).toMatchObject({ code: 'ERR_INTERNAL', alert: 'internal_error', cause: mistake })
    reached.push(error!)
    collect(pair.client)
    expect(pair.client.connection.error?.received).toBe('internal_error')
  })
})

// A failure is known by its words.
if (!isLean)
  it('reaches every failure that the sources name', ({ skip }) => {
    skip(
      reached.length < againstClients.length + againstServers.length,
      'only a part of the cases ran',
    )
    const sites = failureSites()
    expect(sites.length).toBeGreaterThan(80)
    const untested = sites.filter(
      ({ code, pattern }) =>
        !reached.some((error) => error.code === code && pattern.test(error.message)),
    )
    expect(untested.map(({ file, line, pattern }) => `${file}:${line} ${pattern}`)).toEqual([])
  })
