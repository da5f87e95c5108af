/** Runs the cases between handfast and one peer, as vitest tests, and keeps the results for the table. */

import { afterAll, describe, expect, test } from 'vitest'
import { type Case, casesFor, type Direction } from './cases.ts'
import { type Identities, identities } from './identities.ts'
import { handfast } from './implementations/handfast.ts'
import type {
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

/** The two that talk to each other, and what is known about them. */
interface Pair {
  readonly subject: Peer
  readonly subjectProbe: Probe
  readonly peer: Peer
  readonly probe: Probe
  readonly ids: Identities
}

/**
 * Declares the tests of one peer; where it is absent, one skipped test that says why.
 * @param subject handfast, or handfast with another crypto provider
 */
export async function matrix(peer: Peer, subject: Peer = handfast): Promise<void> {
  const name = subject === handfast ? peer.name : `${peer.name} (${subject.name})`
  const pair = await meet(peer, subject)
  if (typeof pair === 'string') {
    writeResult({ peer: name, version: '', source: '', absent: pair, cases: [] })
    test.skip(`${name} is absent: ${pair}`, () => {})
    return
  }
  const { version, source, abilities } = pair.probe
  const cases: CaseResult[] = []
  const titles = {
    server: `${subject.name} → ${peer.name} ${version}`,
    client: `${peer.name} ${version} → ${subject.name}`,
  }
  for (const role of ['server', 'client'] as const) {
    if (abilities[role] === undefined) continue
    describe(titles[role], () => declare(pair, role, cases))
  }
  afterAll(() => writeResult({ peer: name, version, source, cases }))
}

/** Finds out what both can do; a text says why they cannot meet. */
async function meet(peer: Peer, subject: Peer): Promise<Pair | string> {
  const ids = await identities().catch(
    (error: Error) => `openssl cannot make the certificates: ${error.message}`,
  )
  if (typeof ids === 'string') return ids
  const [probe, subjectProbe] = [await peer.probe(), await subject.probe()]
  if (typeof probe === 'string') return probe
  if (typeof subjectProbe === 'string') return subjectProbe
  return { subject, subjectProbe, peer, probe, ids }
}

const otherRole = { client: 'server', server: 'client' } as const

/** What a side can do as one role, in the version of the case. */
function abilitiesOf({ abilities, tls12 }: Probe, role: Role, { version }: Case) {
  return (version === 'TLS 1.2' ? tls12 : abilities)?.[role]
}

/** Why a case cannot be run; undefined where it can. */
function obstacle(one: Case, role: Role, { probe, subjectProbe }: Pair): string | undefined {
  const { needs, version } = one
  const { reasons, source } = probe
  if (version === 'TLS 1.2') {
    if (abilitiesOf(probe, role, one) === undefined) return reasons?.['TLS 1.2'] ?? source
    if (subjectProbe.tls12 === undefined) return subjectProbe.source
  }
  if (needs === undefined) return undefined
  const able = (of: Probe, as: Role): readonly string[] =>
    abilitiesOf(of, as, one)?.[needs.kind] ?? []
  if (!able(probe, role).includes(needs.name))
    return reasons?.[`${role} ${needs.name}`] ?? reasons?.[needs.name] ?? source
  // What features need of handfast, it has, whatever its provider.
  if (needs.kind === 'features') return undefined
  return able(subjectProbe, otherRole[role]).includes(needs.name) ? undefined : subjectProbe.source
}

/** @param role of the peer */
function declare(pair: Pair, role: Role, results: CaseResult[]): void {
  const direction: Direction = role === 'server' ? 'handfast → peer' : 'peer → handfast'
  const pool = new ServerPool()
  afterAll(() => pool.stop(), caseLimit)
  for (const [index, one] of casesFor(direction, pair.ids).entries()) {
    const { axis, value, version } = one
    const note = (outcome: CaseResult['outcome'], reason?: string) =>
      results.push({
        ...{ direction, index, axis, value, outcome },
        ...(version && { version }),
        ...(reason && { reason }),
      })
    const reason = obstacle(one, role, pair)
    if (reason !== undefined) {
      note('not supported', reason)
      continue
    }
    test(`${version ? `${version}: ` : ''}${axis} ${value}`, { timeout: caseLimit }, async () => {
      try {
        if (role === 'server') await asClient(pair, one, pool)
        else await asServer(pair, one)
        note('passed')
      } catch (error) {
        note('failed', String(error).split('\n')[0])
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
    await Promise.all(
      [...this.#servers.values()].map(async (server) =>
        (await server.catch(() => undefined))?.stop(),
      ),
    )
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
  { subject, peer, probe, ids }: Pair,
  one: Case,
  pool: ServerPool,
): Promise<void> {
  const { server: serverOptions, client, narrow } = optionsOf(one, ids)
  const abilities = abilitiesOf(probe, 'server', one)
  // Some servers have more groups and suites than they use by themselves.
  const server = await pool.get(peer, {
    ...serverOptions,
    ...(one.axis === 'group' && abilities && { groups: abilities.groups }),
    ...(one.axis === 'suite' && abilities && { suites: abilities.suites }),
  })
  const before = server.connections().length
  const { answers, port, filesFolder, trigger, largestPayload = Infinity } = server
  const { connections } = await subject.runClient({
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
  const scheme = one.axis === 'signature scheme' ? { signatureScheme: schemeOf(one) } : {}
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
async function asServer({ subject, peer, ids }: Pair, one: Case): Promise<void> {
  const { server: serverOptions, client, narrow } = optionsOf(one, ids)
  const scheme = one.axis === 'signature scheme' ? one.value : undefined
  const server = await subject.startServer({
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

/** In TLS 1.2 a hash says nothing of the curve: a server may use any that the client offers with its ECDSA key. */
function schemeOf({ value, version }: Case): string {
  if (version === undefined || !value.startsWith('ecdsa')) return value
  return expect.stringMatching(/^ecdsa_/) as unknown as string
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
