/**
 * The protocol as a model: a client and a server of random configurations, a network that cuts, delays and joins, and
 * commands in any order. Whatever happens, both ends agree, data comes in order and whole or a failure is told, and
 * everything comes to an end. `MODEL_RUNS` makes more of them, `HANDFAST_SEED` others.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  clientConnectionOf,
  memoryReplayGuard,
  memoryStore,
  type Session,
  serverConnectionOf,
  sessionCache,
  statelessTickets,
  TlsError,
  tls12Client,
  tls12Server,
  tls13Client,
  tls13Server,
} from '../../packages/handfast/src/index.ts'
import { legacy } from '../../packages/handfast/src/legacy/index.ts'
import type { TraceEvent } from '../../packages/handfast/src/trace/events.ts'
import { LateAnswers } from '../../packages/handfast/test/engine/late.ts'
import { interposeClassic } from '../../packages/handfast/test/tls12/late12.ts'
import { tellFigures } from '../assurance/results.ts'
import {
  type Choices,
  choices,
  clientConfigOf,
  crypto,
  earlyDataOf,
  type Kept,
  outcomeOf,
  serverConfigOf,
} from './configurations.ts'
import { Network, otherOf, type Party, type Role } from './network.ts'

const numRuns = Number(process.env.MODEL_RUNS ?? 400)
const timeout = Math.max(600_000, 500 * numRuns)

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
  /** Names of handshake messages, where certificates may be compressed. */
  readonly messages: ReadonlySet<string>
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

/** What a side's program wants the other's to get: its writes, and before them early data that was not taken, where it said so. */
function toBeReceived({ network, doings: { choices } }: World, from: Role): Buffer {
  const { sent, connection } = network.parties[from]
  const early = from === 'client' && choices.client.resendEarlyData && earlyDataOf(choices)
  if (!early || connection.info === undefined || connection.info.earlyData === 'accepted')
    return sent
  return Buffer.concat([early, sent])
}

/** What holds at every moment. */
function expectSound(world: World, role: Role): void {
  const { network, doings } = world
  const party = network.parties[role]
  // In order, and nothing that was not sent.
  const sent = toBeReceived(world, otherOf(role))
  expect(party.received.equals(sent.subarray(0, party.received.length))).toBe(true)
  const early = earlyDataOf(doings.choices) ?? new Uint8Array(0)
  expect(party.early.equals(early.subarray(0, party.early.length))).toBe(true)
  const { error } = party.connection
  if (error === undefined || doings.destroyed[role]) return
  expect(error.blame, error.message).not.toBe('library')
  // Who has another key than the peer is no honest end.
  if (doings.choices.key?.server === 'has another') return
  // Between honest ends nobody breaks the protocol, whatever the network does.
  expect(error.blame, `${error.code} ${error.message}`).not.toBe('peer')
}

function connect(choice: Choices, session: Session | undefined, kept: Kept, begin = start): World {
  const answers = choice.late ? new LateAnswers(choice.seed) : undefined
  const provider =
    answers === undefined
      ? crypto
      : interposeClassic(answers.provider(crypto), (operation) => answers.later(operation))
  const messages = new Set<string>()
  const trace =
    choice.server.certificateCompression &&
    ((event: TraceEvent) => event.type === 'message' && messages.add(event.name))
  const network = new Network({
    start: begin,
    seed: choice.seed,
    answers,
    connections: (clock) => ({
      client: clientConnectionOf(
        [tls13Client, tls12Client, ...legacy.client].filter(({ version }) =>
          choice.client.versions.includes(version),
        ),
        clientConfigOf(choice, provider, clock, session),
      ),
      server: serverConnectionOf(
        [tls13Server, tls12Server, ...legacy.server].filter(({ version }) =>
          choice.server.versions.includes(version),
        ),
        { ...serverConfigOf(choice, provider, clock, kept), ...(trace && { trace }) },
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
  return { network, doings, messages }
}

function newKept(): Kept {
  const clock = () => start
  return {
    tickets: statelessTickets({ crypto, aead: crypto.cipherSuites[0]!.aead, clock }),
    sessionIds: sessionCache({ crypto, clock, store: memoryStore() }),
    replayGuard: memoryReplayGuard({ clock }),
  }
}

/** A session of an undisturbed connection of the same two ends. */
async function earlierSession(choice: Choices, kept: Kept): Promise<Session | undefined> {
  if (!choice.resume || !outcomeOf(choice).complete) return undefined
  const { network } = connect({ ...choice, late: false }, undefined, kept, start - hour)
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
      // With DHE a server names numbers, and not a group.
      group: info.cipherSuiteName.includes('_DHE_') ? undefined : info.group,
      alpnProtocol: info.alpnProtocol,
      // A server of SSL 3.0 reads no extensions.
      serverName: info.version === 0x0300 ? undefined : info.serverName,
      resumed: info.resumed,
      helloRetried: info.helloRetried,
      pskIdentity: info.pskIdentity,
    })
    expect(agreed(mine)).toEqual(agreed(theirs))
    expect(outcome).toMatchObject({
      complete: true,
      version: mine.version,
      alpn: mine.alpnProtocol,
      byKey: mine.pskIdentity !== undefined,
    })
    expectEarlyData(world, offered)
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
    expect(party.connection.error).toBeUndefined()
    expect(party.complete, `the ${role} waits at: ${party.connection.step}`).toBe(true)
    expect(party.received.length, `data to the ${role}`).toBe(
      toBeReceived(world, otherOf(role)).length,
    )
    const ends = party.events.filter(({ type }) => type === 'closeNotify').length
    expect(ends).toBe(doings.closed[otherOf(role)] ? 1 : 0)
  }
  const certificates = server.events.filter(({ type }) => type === 'clientCertificate').length
  if (!doings.closed.client) expect(certificates).toBe(doings.requests)
  else expect(certificates).toBeLessThanOrEqual(doings.requests)
  // RFC 8446 §4.2.11: with the same PSK hash, and with the same suite before TLS 1.3, a session that was offered is taken.
  expect(mine?.resumed).toBe(offered !== undefined)
  // RFC 6101 gives applications no keys.
  if (mine?.version !== 0x0300 && !(doings.closed.client && doings.closed.server)) {
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
  return [
    mine?.version.toString(16),
    ...(mine?.resumed ? ['resumed'] : []),
    ...(mine?.helloRetried ? ['retried'] : []),
    ...(mine?.pskIdentity ? ['by key'] : []),
    ...(mine?.earlyData === 'accepted' ? ['early'] : []),
    ...(world.messages.has('CompressedCertificate') ? ['compressed'] : []),
  ].join(' ')
}

/** RFC 8446 §4.2.10: taken where the session allows as much and nothing was asked again; otherwise no program saw it. */
function expectEarlyData({ network, doings }: World, session: Session | undefined): void {
  const { client, server } = network.parties
  const early = earlyDataOf(doings.choices)
  const { version, helloRetried } = server.connection.info!
  const isOffered =
    early !== undefined && version === 0x0304 && early.length <= (session?.maxEarlyData || -1)
  const status = !isOffered ? 'not offered' : helloRetried ? 'refused' : 'accepted'
  const told = version === 0x0304 && early !== undefined
  expect(client.connection.info?.earlyData).toBe(told ? status : undefined)
  expect(server.connection.info?.earlyData).toBe(isOffered ? status : undefined)
  // It comes before the handshake is complete, and so it all came.
  expect(server.early.length).toBe(status === 'accepted' ? early?.length : 0)
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

it('two ends agree, or say why not, whatever the network does', { timeout }, async () => {
  const ends = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(
      choices,
      fc.oneof(
        { arbitrary: fc.commands(commands, { maxCommands: 40 }), weight: 2 },
        { arbitrary: fc.commands([...commands, ...disturbances], { maxCommands: 40 }), weight: 1 },
      ),
      async (choice, plan) => {
        const kept = newKept()
        const session = await earlierSession(choice, kept)
        const world = connect(choice, session, kept)
        await fc.asyncModelRun(
          () => ({ model: world.doings, real: world }),
          plan as Iterable<Command>,
        )
        await world.network.settle()
        const end = await expectAgreement(world, session)
        ends.set(end, (ends.get(end) ?? 0) + 1)
      },
    ),
    { numRuns, endOnFailure: process.env.CI !== undefined },
  )
  tellFigures(numRuns <= 400 ? 'model' : 'model-long', {
    connections: numRuns,
    'of which complete': [...ends].reduce(
      (sum, [end, n]) => sum + (end.startsWith('30') ? n : 0),
      0,
    ),
    'of which disturbed': ends.get('disturbed') ?? 0,
  })
  // The runs were of every kind, where they are always the same.
  if (process.env.HANDFAST_SEED !== undefined || numRuns < 400) return
  for (const end of [
    '304',
    '303',
    '304 resumed',
    '303 resumed',
    '304 retried',
    '302',
    '301',
    '300',
    '302 resumed',
    '304 by key',
    '303 by key',
    '304 resumed early',
    '304 compressed',
    'disturbed',
    'ERR_NO_COMMON_VERSION',
    'ERR_BAD_BINDER',
  ])
    expect(ends.get(end) ?? 0, `${end} among ${JSON.stringify([...ends])}`).toBeGreaterThan(0)
})
