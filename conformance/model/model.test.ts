/**
 * The protocol as a model: a client and a server of random configurations, a network that cuts, delays and joins, and
 * commands in any order. Whatever happens, both ends agree, data comes in order and whole or a failure is told, and
 * everything comes to an end. `MODEL_RUNS` makes more of them, `MODEL_SEED` others.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { nodeProvider } from '../../packages/handfast/src/crypto/node/index.ts'
import {
  clientConnectionOf,
  type Session,
  serverConnectionOf,
  statelessTickets,
  TlsError,
  tls12Client,
  tls12Server,
  tls13Client,
  tls13Server,
} from '../../packages/handfast/src/index.ts'
import { LateAnswers } from '../../packages/handfast/test/engine/late.ts'
import { tellFigures } from '../assurance/results.ts'
import {
  type Choices,
  choices,
  clientConfigOf,
  outcomeOf,
  serverConfigOf,
} from './configurations.ts'
import { Network, otherOf, type Party, type Role } from './network.ts'

const numRuns = Number(process.env.MODEL_RUNS ?? 400)
const seed = Number(process.env.MODEL_SEED ?? 1)

const roles = ['client', 'server'] as const
const hour = 3_600_000
/** When the connections begin; earlier ones, whose sessions they resume, began an hour before. */
const start = Date.now()

/** What the commands did: what the invariants expect follows from it. */
interface Doings {
  readonly choices: Choices
  closed: Record<Role, boolean>
  destroyed: Record<Role, boolean>
  cut: boolean
  keyUpdates: Record<Role, number>
  requests: number
}

interface World {
  readonly network: Network
  readonly doings: Doings
}

type Command = fc.AsyncCommand<Doings, World>

/** A call that may come at any time: it does what it says, or throws the error that says why not. */
function attempt({ connection }: Party, act: () => unknown): boolean {
  try {
    act()
    return true
  } catch (error) {
    if (error instanceof TlsError && connection.error === error) return false
    expect((error as { code?: string }).code).toMatch(
      /^ERR_(CLOSED|NOT_READY|NO_KEY_UPDATE|NO_POST_HANDSHAKE_AUTH)$/,
    )
    return false
  }
}

const byRole = <T extends unknown[]>(
  name: string,
  run: (world: World, role: Role, ...args: T) => Promise<void> | void,
  ...args: { [K in keyof T]: fc.Arbitrary<T[K]> }
): fc.Arbitrary<Command> =>
  fc.tuple(fc.constantFrom(...roles), ...args).map(([role, ...rest]) => ({
    check: () => true,
    run: async (_: Doings, world: World) => {
      await run(world, role, ...(rest as unknown as T))
      for (const each of roles) expectSound(world, each)
    },
    toString: () => `${name}(${[role, ...rest].join(', ')})`,
  }))

const commands = [
  byRole<[number]>(
    'write',
    ({ network, doings }, role, wanted) => {
      const party = network.parties[role]
      // Some hundred records say as much as a hundred thousand.
      const length = Math.min(wanted, 300 * (doings.choices[role].maxSendFragment ?? 16_384))
      const data = Buffer.alloc(length, party.sent.length & 255)
      if (attempt(party, () => party.connection.write(data)))
        party.sent = Buffer.concat([party.sent, data])
    },
    fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 40_000 })),
  ),
  byRole<[boolean]>(
    'updateKeys',
    ({ network, doings }, role, requestPeer) => {
      // Beyond its limit the peer may refuse them.
      if (doings.keyUpdates[role] >= 15) return
      const party = network.parties[role]
      if (attempt(party, () => party.connection.updateKeys({ requestPeer })))
        doings.keyUpdates[role]++
    },
    fc.boolean(),
  ),
  byRole('requestClientCertificate', ({ network, doings }) => {
    const { server } = network.parties
    // A client without one would rightly be refused.
    if (doings.choices.server.authentication === 'require' && !doings.choices.client.identity)
      return
    if (attempt(server, () => server.connection.requestClientCertificate())) doings.requests++
  }),
  byRole('close', ({ network, doings }, role) => {
    network.parties[role].connection.close()
    doings.closed[role] = true
  }),
  byRole<[number]>('advance', ({ network }, _, time) => network.advance(time), fc.nat(400)),
  byRole<[number]>(
    'advance',
    async ({ network }, _, steps) => {
      for (let i = 0; i < steps; i++) await network.advance(200)
    },
    fc.nat(12),
  ),
]
/** What ends it early: once in a while. */
const disturbances = [
  byRole('cut', ({ network, doings }, role) => {
    network.cut(role)
    doings.cut = true
  }),
  byRole('destroy', ({ network, doings }, role) => {
    network.parties[role].connection.destroy()
    doings.destroyed[role] = true
    network.cut(otherOf(role))
  }),
  byRole('cancel', ({ network, doings }, role) => {
    network.parties[role].connection.cancel()
    doings.destroyed[role] = true
  }),
]

/** What holds at every moment. */
function expectSound({ network, doings }: World, role: Role): void {
  const party = network.parties[role]
  const peer = network.parties[otherOf(role)]
  // In order, and nothing that was not sent.
  expect(party.received.equals(peer.sent.subarray(0, party.received.length))).toBe(true)
  const { error } = party.connection
  if (error === undefined || doings.destroyed[role]) return
  expect(error.blame, error.message).not.toBe('library')
  // Between honest ends nobody breaks the protocol, whatever the network does.
  expect(error.blame, `${error.code} ${error.message}`).not.toBe('peer')
}

function connect(
  choice: Choices,
  session: Session | undefined,
  tickets: Tickets,
  begin = start,
): World {
  const answers = choice.late ? new LateAnswers(choice.seed) : undefined
  const crypto = answers === undefined ? nodeProvider : answers.provider(nodeProvider)
  const network = new Network({
    start: begin,
    seed: choice.seed,
    answers,
    connections: (clock) => ({
      client: clientConnectionOf(
        [tls13Client, tls12Client].filter(({ version }) =>
          choice.client.versions.includes(version),
        ),
        clientConfigOf(choice, crypto, clock, session),
      ),
      server: serverConnectionOf(
        [tls13Server, tls12Server].filter(({ version }) =>
          choice.server.versions.includes(version),
        ),
        serverConfigOf(choice, crypto, clock, tickets),
      ),
    }),
  })
  const doings: Doings = {
    choices: choice,
    closed: { client: false, server: false },
    destroyed: { client: false, server: false },
    cut: false,
    keyUpdates: { client: 0, server: 0 },
    requests: 0,
  }
  return { network, doings }
}

const newTickets = () =>
  statelessTickets({
    crypto: nodeProvider,
    aead: nodeProvider.cipherSuites[0]!.aead,
    clock: () => start,
  })
type Tickets = ReturnType<typeof newTickets>

/** A session of an undisturbed connection of the same two ends. */
async function earlierSession(choice: Choices, tickets: Tickets): Promise<Session | undefined> {
  if (!choice.resume || !outcomeOf(choice).complete) return undefined
  const { network } = connect({ ...choice, late: false }, undefined, tickets, start - hour)
  await network.settle()
  const sessions = network.parties.client.events.flatMap((event) =>
    event.type === 'session' ? [event.session] : [],
  )
  return sessions[0]
}

/** What holds when nothing moves any more. */
async function expectAgreement(world: World, offered: Session | undefined): Promise<string> {
  const { network, doings } = world
  const { client, server } = network.parties
  for (const role of roles) expectSound(world, role)
  const outcome = outcomeOf(doings.choices)
  const disturbed = doings.cut || doings.destroyed.client || doings.destroyed.server
  const infos = roles.map((role) => network.parties[role].connection.info)
  const [mine, theirs] = infos
  if (mine !== undefined && theirs !== undefined) {
    const agreed = (info: typeof mine) => ({
      version: info.version,
      cipherSuite: info.cipherSuite,
      group: info.group,
      alpnProtocol: info.alpnProtocol,
      serverName: info.serverName,
      resumed: info.resumed,
      helloRetried: info.helloRetried,
    })
    expect(agreed(mine)).toEqual(agreed(theirs))
    expect(outcome).toMatchObject({
      complete: true,
      version: mine.version,
      alpn: mine.alpnProtocol,
    })
    if (!mine.resumed) {
      expect(mine.peerSignatureScheme).toBe(theirs.signatureScheme)
      expect(theirs.peerSignatureScheme).toBe(mine.signatureScheme)
      expect(theirs.peerCertificates).toEqual(mine.localCertificates)
    }
  }
  if (disturbed) {
    // Whoever was not destroyed, and did not see the end that both wanted, was told.
    for (const role of roles) {
      const party = network.parties[role]
      if (!party.cutOff || doings.destroyed[role]) continue
      const ending = party.events.at(-1)?.type
      expect(ending === 'failed' || ending === 'closeNotify' || !party.ended).toBe(true)
    }
    return 'disturbed'
  }
  if (!outcome.complete) {
    const by = network.parties[outcome.by].connection.error
    expect(by?.code).toBe(outcome.code)
    const other = network.parties[otherOf(outcome.by)].connection.error
    expect(other).toMatchObject({ code: 'ERR_ALERT_RECEIVED', received: by?.alert })
    return outcome.code
  }
  // Nothing stood in the way: all came, and in time.
  for (const role of roles) {
    const party = network.parties[role]
    const peer = network.parties[otherOf(role)]
    expect(party.connection.error).toBeUndefined()
    expect(party.complete, `the ${role} waits at: ${party.connection.step}`).toBe(true)
    expect(party.received.length, `data to the ${role}`).toBe(peer.sent.length)
    const ends = party.events.filter(({ type }) => type === 'closeNotify').length
    expect(ends).toBe(doings.closed[otherOf(role)] ? 1 : 0)
  }
  const certificates = server.events.filter(({ type }) => type === 'clientCertificate').length
  if (!doings.closed.client) expect(certificates).toBe(doings.requests)
  else expect(certificates).toBeLessThanOrEqual(doings.requests)
  // RFC 8446 §4.2.11: with the same PSK hash, and with the same suite before TLS 1.3, a session that was offered is taken.
  if (mine?.resumed) expect(offered).toBeDefined()
  if (!(doings.closed.client && doings.closed.server)) {
    const exported = roles.map((role) =>
      network.parties[role].connection.exportKeyingMaterial('EXPORTER-model', Uint8Array.of(1), 40),
    )
    const bound = roles.map((role) => network.parties[role].connection.channelBinding())
    await network.settle()
    const [one, other, binding, otherBinding] = await Promise.all(
      [...exported, ...bound].map(settled(network)),
    )
    expect(one).toEqual(other)
    expect(binding).toEqual(otherBinding)
    expect(one).not.toEqual(new Uint8Array(40))
  }
  client.connection.destroy()
  server.connection.destroy()
  return `${mine?.version.toString(16)}${mine?.resumed ? ' resumed' : ''}${mine?.helloRetried ? ' retried' : ''}`
}

/** Answers that come later need the world to go on. */
const settled =
  (network: Network) =>
  async <T>(value: T | PromiseLike<T>): Promise<T> => {
    let done = false
    const result = Promise.resolve(value).finally(() => {
      done = true
    })
    while (!done) {
      await network.advance(1)
      await new Promise((resolve) => setImmediate(resolve))
    }
    return result
  }

it('two ends agree, or say why not, whatever the network does', async () => {
  const ends = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(
      choices,
      fc.oneof(
        { arbitrary: fc.commands(commands, { maxCommands: 40 }), weight: 2 },
        { arbitrary: fc.commands([...commands, ...disturbances], { maxCommands: 40 }), weight: 1 },
      ),
      async (choice, plan) => {
        const tickets = newTickets()
        const session = await earlierSession(choice, tickets)
        const world = connect(choice, session, tickets)
        await fc.asyncModelRun(
          () => ({ model: world.doings, real: world }),
          plan as Iterable<Command>,
        )
        await world.network.settle()
        const end = await expectAgreement(world, session)
        ends.set(end, (ends.get(end) ?? 0) + 1)
      },
    ),
    { numRuns, seed, endOnFailure: process.env.CI !== undefined },
  )
  tellFigures('model', {
    connections: numRuns,
    'of which complete': [...ends].reduce(
      (sum, [end, n]) => sum + (end.startsWith('30') ? n : 0),
      0,
    ),
    'of which disturbed': ends.get('disturbed') ?? 0,
  })
  // The runs were of every kind.
  for (const end of [
    '304',
    '303',
    '304 resumed',
    '303 resumed',
    '304 retried',
    'disturbed',
    'ERR_NO_COMMON_VERSION',
  ])
    expect(ends.get(end) ?? 0, `${end} among ${JSON.stringify([...ends])}`).toBeGreaterThan(0)
}, 600_000)
