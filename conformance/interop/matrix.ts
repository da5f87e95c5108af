/** Runs the cases between handfast and one peer, as vitest tests, and keeps the results for the table. */

import { afterAll, describe, expect, test } from 'vitest'
import { type Case, casesFor, type Direction } from './cases.ts'
import { type Identities, identities } from './identities.ts'
import { handfast } from './implementations/handfast.ts'
import type {
  Abilities,
  ClientOptions,
  ConnectionReport,
  Peer,
  Probe,
  Role,
  RunningServer,
  ServerOptions,
} from './peer.ts'
import { defaultPayloadBytes } from './peer.ts'
import { type CaseResult, writeResult } from './results.ts'

/** Milliseconds for one case: two connections of a JVM on a busy machine. */
const caseLimit = 60_000

/** Declares the tests of one peer; where it is absent, one skipped test that says why. */
export async function matrix(peer: Peer): Promise<void> {
  const ids = await identities().catch((error: Error) => String(error).split('\n')[0])
  const probe =
    ids === undefined || typeof ids === 'string'
      ? `openssl cannot make the certificates: ${ids}`
      : await peer.probe()
  if (typeof probe === 'string' || typeof ids !== 'object') {
    const why = String(probe)
    writeResult({ peer: peer.name, version: '', source: '', absent: why, cases: [] })
    test.skip(`${peer.name} is absent: ${why}`, () => {})
    return
  }
  const results: CaseResult[] = []
  for (const [role, direction] of [
    ['server', 'handfast → peer'],
    ['client', 'peer → handfast'],
  ] as const) {
    if (probe.abilities[role] === undefined) continue
    describe(`${direction.replace('peer', `${peer.name} ${probe.version}`)}`, () => {
      declare(peer, probe, role, direction, ids, results)
    })
  }
  afterAll(() => {
    writeResult({ peer: peer.name, version: probe.version, source: probe.source, cases: results })
  })
}

function declare(
  peer: Peer,
  probe: Probe,
  role: Role,
  direction: Direction,
  ids: Identities,
  results: CaseResult[],
): void {
  const abilities = probe.abilities[role]
  if (abilities === undefined) return
  const pool = new ServerPool()
  afterAll(() => pool.stop())
  for (const [index, one] of casesFor(direction, ids).entries()) {
    const { axis, value, needs } = one
    const reason = probe.reasons?.[`${role} ${needs?.name}`] ?? probe.reasons?.[`${needs?.name}`]
    const able: readonly string[] = needs ? abilities[needs.kind] : []
    if (needs && !able.includes(needs.name)) {
      results.push({
        direction,
        index,
        axis,
        value,
        outcome: 'not supported',
        reason: reason ?? probe.source,
      })
      continue
    }
    test(`${axis} ${value}`, { timeout: caseLimit }, async () => {
      try {
        if (role === 'server') await asClient(peer, abilities, one, ids, pool)
        else await asServer(peer, one, ids)
        results.push({ direction, index, axis, value, outcome: 'passed' })
      } catch (error) {
        results.push({
          direction,
          index,
          axis,
          value,
          outcome: 'failed',
          reason: String(error).split('\n')[0] ?? '',
        })
        throw error
      }
    })
  }
}

/** One server process for each configuration, which many cases share. */
class ServerPool {
  readonly #servers = new Map<string, Promise<RunningServer>>()

  get(peer: Peer, options: ServerOptions): Promise<RunningServer> {
    const key = JSON.stringify(options)
    let server = this.#servers.get(key)
    if (server === undefined) {
      server = peer.startServer(options)
      this.#servers.set(key, server)
    }
    return server
  }

  async stop(): Promise<void> {
    for (const server of this.#servers.values()) await (await server.catch(() => undefined))?.stop()
  }
}

/** Options of the two ends for one case; `narrow` goes to handfast's end and, where it can, the peer's client. */
function optionsOf(
  one: Case,
  ids: Identities,
): {
  server: ServerOptions
  client: Omit<ClientOptions, 'port' | 'answers'>
  narrow: Pick<ServerOptions, 'suites' | 'groups' | 'signatureSchemes'>
} {
  const { key = 'p256', ...server } = one.server
  const { clientKey, ...client } = one.client
  return {
    server: { ...server, identity: ids.server[key] },
    client: {
      serverName: 'localhost',
      authorities: ids.root,
      bytes: one.bytes ?? defaultPayloadBytes,
      ...client,
      ...(clientKey && { identity: ids.client[clientKey] }),
    },
    narrow: {
      ...(one.axis === 'suite' && { suites: [one.value] }),
      ...(one.axis === 'group' && { groups: [one.value] }),
    },
  }
}

/** handfast is the client. */
async function asClient(
  peer: Peer,
  abilities: Abilities,
  one: Case,
  ids: Identities,
  pool: ServerPool,
): Promise<void> {
  const { server: serverOptions, client, narrow } = optionsOf(one, ids)
  // Some servers have more groups and suites than they use by themselves.
  const server = await pool.get(peer, {
    ...serverOptions,
    ...(one.axis === 'group' && { groups: abilities.groups }),
    ...(one.axis === 'suite' && { suites: abilities.suites }),
  })
  const before = server.connections().length
  const { answers, port, filesFolder, trigger, largestPayload = Infinity } = server
  const { connections } = await handfast.runClient({
    ...client,
    bytes: Math.min(client.bytes ?? defaultPayloadBytes, largestPayload),
    ...narrow,
    port,
    answers,
    ...(filesFolder && { filesFolder }),
    ...(trigger && { trigger }),
  })
  const ours = connections.at(-1) ?? {}
  expect(ours.error, "handfast's end").toBeUndefined()
  const scheme = one.axis === 'signature scheme' ? { signatureScheme: one.value } : {}
  expect(ours, "handfast's report").toMatchObject(
    nameWithin({ ...exact(one), ...scheme, ...one.ours }),
  )
  if (one.value.startsWith('KeyUpdate'))
    expect(ours.keyUpdatesReceived, 'KeyUpdates received').toBeGreaterThan(0)
  const theirs = (await server.waitForConnections(before + connections.length)).at(-1) ?? {}
  expectAgreement(
    theirs,
    {
      ...one.expected,
      ...(one.client.clientKey && { peerSubject: `client-${one.client.clientKey}` }),
    },
    'client',
  )
}

/** The peer is the client. */
async function asServer(peer: Peer, one: Case, ids: Identities): Promise<void> {
  const { server: serverOptions, client, narrow } = optionsOf(one, ids)
  const scheme = one.axis === 'signature scheme' ? one.value : undefined
  const server = await handfast.startServer({
    ...serverOptions,
    ...narrow,
    ...(scheme && { signatureSchemes: [scheme] }),
  })
  try {
    const { connections, log } = await peer.runClient({
      ...client,
      ...narrow,
      port: server.port,
      answers: peer.clientStyle ?? 'echo',
    })
    const reports = await server.waitForConnections(client.resume ? 2 : 1)
    const ours = reports.at(-1) ?? {}
    expect(ours.error, `handfast's report; the client said:\n${log.slice(-2000)}`).toBeUndefined()
    expect(ours, "handfast's report").toMatchObject(
      nameWithin({
        ...exact(one),
        ...(scheme && { ownSignatureScheme: scheme }),
        ...one.ours,
      }),
    )
    expectAgreement(
      connections.at(-1) ?? {},
      { ...one.expected, ...(scheme && { signatureScheme: scheme }) },
      'server',
    )
  } finally {
    await server.stop()
  }
}

/** What handfast's report must say in any case: what was expected of both ends, but for what only one end sees. */
function exact({ expected }: Case): ConnectionReport {
  const { ocspStapled: _, peerSubject: __, ...rest } = expected
  return rest
}

/** A subject is written in many orders: it must contain the common name. */
function nameWithin(expected: ConnectionReport): ConnectionReport {
  const { peerSubject, ...rest } = expected
  return peerSubject === undefined
    ? rest
    : { ...rest, peerSubject: expect.stringContaining(peerSubject) as unknown as string }
}

/** The peer's report must not contradict what is expected; fields that it lacks say nothing. */
function expectAgreement(report: ConnectionReport, expected: ConnectionReport, of: Role): void {
  const { peerSubject, ...fields } = expected
  const told = Object.fromEntries(
    Object.entries(fields).filter(([key]) => report[key as keyof ConnectionReport] !== undefined),
  )
  expect(report.error, "the peer's report").toBeUndefined()
  expect(report, "the peer's report").toMatchObject(told)
  if (peerSubject?.startsWith(of) && report.peerSubject !== undefined) {
    expect(report.peerSubject, "the peer's report").toContain(peerSubject)
  }
}
