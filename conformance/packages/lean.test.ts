/**
 * The lean build, chosen as its users do, by its condition: it does what the full one does, and fails as that does; it only
 * does not speak of it.
 */
import { createRequire } from 'node:module'
import { createAuthority } from '@handfast/ca'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type {
  ClientConfig,
  Connection,
  ConnectionEvent,
  ServerConfig,
  TlsError,
  TraceEvent,
} from 'handfast'
import { toJson } from 'handfast/trace'
import { parseAst } from 'vite'
import { beforeAll, describe, expect, it } from 'vitest'
import { build as buildPackages } from '../../scripts/build.mjs'
import { type Build, bundle, client as clientProgram, everything, load } from './bundles.ts'

const authority = await createAuthority()
const stranger = await createAuthority()
const issued = await authority.issue({ names: ['server.test'] })
const issuedToClient = await authority.issue({ names: ['client.test'], client: true })
const now = Date.now()

const schema = createRequire(import.meta.url)('handfast/trace/schema.json')
const isTraceEvent = new Ajv2020().compile(schema)

let builds: Readonly<Record<'full' | 'lean', Build>>
beforeAll(async () => {
  if (!(await buildPackages())) throw new Error('the packages do not compile')
  const made = [bundle(everything, { lean: false }), bundle(everything, { lean: true })]
  const [full, lean] = await Promise.all((await Promise.all(made)).map(load))
  builds = { full: full!, lean: lean! }
})

type Change = (record: Uint8Array, index: number) => readonly Uint8Array[]

interface Scenario {
  readonly client?: (build: Build) => Partial<ClientConfig> | Promise<Partial<ClientConfig>>
  readonly server?: (build: Build) => Partial<ServerConfig> | Promise<Partial<ServerConfig>>
  /** What becomes of the records on their way, counted from 0. */
  readonly fromClient?: Change
  readonly fromServer?: Change
  /** When nothing moves any more. */
  readonly after?: (client: Connection, server: Connection) => void
  /** The code that each end fails with, if it does. */
  readonly fails?: readonly [client: string | undefined, server: string | undefined]
}

const flipped = (record: Uint8Array, at: number) => {
  const changed = record.slice()
  changed[at < 0 ? changed.length + at : at]! ^= 1
  return [changed]
}
const at =
  (wanted: number, change: (record: Uint8Array) => readonly Uint8Array[]): Change =>
  (record, index) =>
    index === wanted ? change(record) : [record]
const text = (words: string) => new TextEncoder().encode(words)

const scenarios: Readonly<Record<string, Scenario>> = {
  'data both ways, and new keys': {
    after: (client, server) => {
      client.write(text('from the client'))
      client.updateKeys({ requestPeer: true })
      client.write(text('under new keys'))
      server.write(text('from the server'))
      server.close()
    },
  },
  'TLS 1.2': { client: ({ ProtocolVersion }) => ({ versions: [ProtocolVersion.TLS12] }) },
  'another group is asked for': {
    client: ({ NamedGroup }) => ({ keyShares: [NamedGroup.x25519] }),
    server: ({ NamedGroup }) => ({ groups: [NamedGroup.secp256r1] }),
  },
  'a client certificate': {
    client: async (build) => ({ identity: await identityOf(build, issuedToClient) }),
    server: (build) => ({
      clientAuthentication: { mode: 'require', verifyCertificate: verifierOf(build) },
    }),
  },
  'no client certificate': {
    server: (build) => ({
      clientAuthentication: { mode: 'require', verifyCertificate: verifierOf(build) },
    }),
    fails: ['ERR_ALERT_RECEIVED', 'ERR_CERTIFICATE_REQUIRED'],
  },
  'an authority that is not trusted': {
    client: (build) => ({ verifyCertificate: verifierOf(build, stranger) }),
    fails: ['ERR_CERTIFICATE_REFUSED', 'ERR_ALERT_RECEIVED'],
  },
  'another name': {
    client: () => ({ serverName: 'other.test' }),
    fails: ['ERR_CERTIFICATE_REFUSED', 'ERR_ALERT_RECEIVED'],
  },
  'an expired certificate': {
    client: () => ({ clock: () => now + 5000 * 86_400_000 }),
    fails: ['ERR_CERTIFICATE_REFUSED', 'ERR_ALERT_RECEIVED'],
  },
  'no version in common': {
    client: ({ ProtocolVersion }) => ({ versions: [ProtocolVersion.TLS12] }),
    server: ({ ProtocolVersion }) => ({ versions: [ProtocolVersion.TLS13] }),
    fails: ['ERR_ALERT_RECEIVED', 'ERR_NO_COMMON_VERSION'],
  },
  'no group in common': {
    client: ({ NamedGroup }) => ({ groups: [NamedGroup.x25519] }),
    server: ({ NamedGroup }) => ({ groups: [NamedGroup.secp256r1] }),
    fails: ['ERR_ALERT_RECEIVED', 'ERR_NO_COMMON_GROUP'],
  },
  'no protocol in common': {
    client: () => ({ alpnProtocols: ['a'] }),
    server: () => ({ alpnProtocols: ['b'] }),
    fails: ['ERR_ALERT_RECEIVED', 'ERR_NO_COMMON_PROTOCOL'],
  },
  'a group that the provider lacks': {
    client: () => ({ groups: [0x7777] }),
    fails: ['ERR_CONFIGURATION', 'ERR_ALERT_RECEIVED'],
  },
  'a ServerHello of another version': {
    fromServer: at(0, (record) => flipped(record, 10)),
    fails: ['ERR_ILLEGAL_PARAMETER', 'ERR_ALERT_RECEIVED'],
  },
  'a ServerHello whose session id is too long': {
    fromServer: at(0, (record) => flipped(record, 43)),
    fails: ['ERR_DECODE', 'ERR_ALERT_RECEIVED'],
  },
  'a record that was changed': {
    fromServer: at(2, (record) => flipped(record, -1)),
    fails: ['ERR_BAD_RECORD_MAC', 'ERR_ALERT_RECEIVED'],
  },
  'a record that is too long': {
    fromServer: at(2, () => [Uint8Array.of(23, 3, 3, 255, 255)]),
    fails: ['ERR_RECORD_OVERFLOW', 'ERR_ALERT_RECEIVED'],
  },
  'a ClientHello that comes twice': {
    fromClient: at(0, (record) => [record, record]),
    fails: ['ERR_ALERT_RECEIVED', 'ERR_UNEXPECTED_MESSAGE'],
  },
  'something else than TLS': {
    fromClient: at(0, () => [text('GET / HTTP/1.1\r\n\r\n')]),
    fails: [undefined, 'ERR_NOT_TLS'],
  },
  'an alert': {
    fromServer: at(0, () => [Uint8Array.of(21, 3, 3, 0, 2, 2, 112)]),
    fails: ['ERR_ALERT_RECEIVED', undefined],
  },
  'a transport that ends': {
    after: (client) => client.receiveEnd(),
    fails: ['ERR_TRUNCATED', undefined],
  },
}

function verifierOf(build: Build, trusted = authority) {
  const trust = build.x509.createTrustStore([trusted.certificateDer])
  return build.certificateVerifier({ crypto: build.nobleProvider, trust })
}

async function identityOf({ nobleProvider }: Build, of: typeof issued) {
  const signingKey = await nobleProvider.importPrivateKey(of.keyDer)
  return { certificateChain: [...of.chainDer], signingKey }
}

/** What an end came to, as far as a program acts on it. */
function outcomeOf(
  connection: Connection,
  events: readonly ConnectionEvent[],
  trace: TraceEvent[],
) {
  const { error, info } = connection
  return {
    version: info?.version,
    cipherSuite: info?.cipherSuiteName,
    group: info?.groupName,
    events: events.map((event) => (event.type === 'data' ? String(event.data) : event.type)),
    trace: trace
      .filter(({ type }) => type !== 'decision' && type !== 'check')
      .map(({ type }) => type),
    failure: error && {
      ...{ code: error.code, blame: error.blame, alert: error.alert, section: error.section },
      ...{ received: error.received, step: error.step },
      certificate: error.verdict?.failures.map(({ code, section, depth }) => ({
        code,
        section,
        depth,
      })),
    },
  }
}

async function run(clients: Build, servers: Build, scenario: Scenario) {
  const traces: TraceEvent[][] = [[], []]
  const client = clients.clientConnection({
    crypto: clients.nobleProvider,
    clock: () => now,
    serverName: 'server.test',
    verifyCertificate: verifierOf(clients),
    trace: (event) => traces[0]!.push(event),
    ...(await scenario.client?.(clients)),
  })
  const server = servers.serverConnection({
    crypto: servers.nobleProvider,
    clock: () => now,
    identity: await identityOf(servers, issued),
    trace: (event) => traces[1]!.push(event),
    ...(await scenario.server?.(servers)),
  })
  const ends = [
    { connection: client, change: scenario.fromClient, events: [] as ConnectionEvent[], count: 0 },
    { connection: server, change: scenario.fromServer, events: [] as ConnectionEvent[], count: 0 },
  ]
  const exchange = () => {
    for (let moved = true; moved; ) {
      moved = false
      for (const [i, end] of ends.entries()) {
        for (let event = end.connection.nextEvent(); event; event = end.connection.nextEvent())
          end.events.push(event)
        for (const record of end.connection.takeOutput()) {
          moved = true
          for (const bytes of end.change?.(record, end.count++) ?? [record])
            ends[1 - i]!.connection.receive(bytes)
        }
      }
    }
  }
  exchange()
  scenario.after?.(client, server)
  exchange()
  for (const event of traces.flat())
    expect(isTraceEvent(toJson(event)), JSON.stringify(isTraceEvent.errors)).toBe(true)
  return {
    errors: [client.error, server.error],
    outcomes: ends.map(({ connection, events }, i) => outcomeOf(connection, events, traces[i]!)),
  }
}

/** Three words in a row, as the build looks for them. */
const sentence = /[a-z'’]+,? [a-z'’]+,? [a-z'’]+/i

describe.each(Object.entries(scenarios))('%s', (_, scenario) => {
  it('comes to the same with each build', async () => {
    const { full, lean } = builds
    const expected = await run(full, full, scenario)
    expect(expected.errors.map((error) => error?.code)).toEqual(
      scenario.fails ?? [undefined, undefined],
    )
    for (const error of expected.errors) if (error) expect(error.message).toMatch(/\w \w/)
    for (const [clients, servers] of [
      [lean, full],
      [full, lean],
      [lean, lean],
    ] as const) {
      const { errors, outcomes } = await run(clients, servers, scenario)
      expect(outcomes).toEqual(expected.outcomes)
      const ofLean = errors.filter(
        (error, i): error is TlsError => !!error && [clients, servers][i] === lean,
      )
      for (const { message, help, code } of ofLean) {
        expect(message).not.toBe('')
        expect(message.includes(code) || !message.includes(' '), message).toBe(true)
        expect(message).not.toMatch(sentence)
        expect(help).toBe('')
      }
    }
  })
})

describe('certificates', () => {
  const chain = issued.chainDer.map((der) => new Uint8Array(der))
  const [leaf, ...intermediates] = chain as [Uint8Array, ...Uint8Array[]]

  /** What a build finds, as far as a program acts on it. */
  function judged({ x509, nobleProvider }: Build, certificate: Uint8Array, name: string) {
    const verdict = x509.verifyCertificate({
      ...{ certificate, intermediates, name, time: now, usage: 'serverAuth' },
      trust: [authority.certificateDer],
      verifiers: nobleProvider.signatureVerifiers,
    })
    if ('then' in verdict) throw new Error('a verdict that comes later')
    const told = ({ code, section, depth }: (typeof verdict.failures)[number]) => ({
      code,
      section,
      depth,
    })
    return {
      valid: verdict.valid,
      failures: verdict.failures.map(told),
      attempts: verdict.attempts.map(({ failure }) => told(failure)),
      checks: verdict.checks.map(({ what, result, section, depth }) => ({
        what,
        result,
        section,
        depth,
      })),
    }
  }

  function read({ x509 }: Build, der: Uint8Array) {
    try {
      return x509.formatName(x509.parseCertificate(der).subject)
    } catch (error) {
      const { code, field, offset } = error as InstanceType<Build['x509']['X509Error']>
      return { code, field, offset }
    }
  }

  it('are judged alike', () => {
    const { full, lean } = builds
    for (const name of ['server.test', 'other.test', 'not a name']) {
      const expected = judged(full, leaf, name)
      expect(expected.valid).toBe(name === 'server.test')
      expect(judged(lean, leaf, name)).toEqual(expected)
    }
  })

  it('are read and judged alike with any byte changed', () => {
    const { full, lean } = builds
    let malformed = 0
    for (let i = 0; i < leaf.length; i++) {
      const changed = leaf.slice()
      changed[i]! ^= 1 << (i % 8)
      const expected = judged(full, changed, 'server.test')
      expect(expected.valid).toBe(false)
      expect(judged(lean, changed, 'server.test'), `byte ${i}`).toEqual(expected)
      const found = read(full, changed)
      expect(read(lean, changed), `byte ${i}`).toEqual(found)
      if (typeof found !== 'string') malformed++
    }
    expect(malformed).toBeGreaterThan(20)
  })
})

describe('its words', () => {
  function sentencesIn(code: string): string[] {
    const found: string[] = []
    JSON.stringify(parseAst(code), (_, node) => {
      if (node?.type === 'Literal' && sentence.test(node.value)) found.push(node.value)
      if (node?.type === 'TemplateElement' && sentence.test(node.value.raw))
        found.push(node.value.raw)
      return typeof node === 'bigint' ? String(node) : node
    })
    return [...new Set(found)].sort()
  }

  it('are gone from a client, but for the names of steps and labels, and errors that have no code', async () => {
    const full = sentencesIn(await bundle(clientProgram, { lean: false }))
    const lean = sentencesIn(await bundle(clientProgram, { lean: true }))
    expect(full.length).toBeGreaterThan(250)
    expect(lean).toEqual([
      ...[' bytes do not fit a length of ', ' takes a key of ', ': the key was destroyed'],
      'a label, its context or the length wanted does not fit an HkdfLabel',
      ...['agreeing on the secret', 'c ap traffic', 'c e traffic', 'c hs traffic'],
      ...[
        'choosing a client certificate',
        'closed by the peer',
        'e exp master',
        'extended key usage',
      ],
      ...['generating a key share', 'generating a key share for ', 'hashing the ClientHello'],
      ...['hashing the transcript', 'making the ClientHello', 's ap traffic', 's hs traffic'],
    ])
  })
})
