/** The hostile end of a case, over whatever carries its bytes: our own handshake, with one thing of it changed. */

import {
  alertDescriptions,
  ContentType,
  nameOf,
} from '../../packages/handfast/src/codec/registry.ts'
import type { Connection } from '../../packages/handfast/src/connection.ts'
import { nodeProvider } from '../../packages/handfast/src/crypto/node/index.ts'
import {
  type HandshakeContext,
  messageName,
} from '../../packages/handfast/src/handshake/context.ts'
import {
  type ClientConfig,
  certificateVerifier,
  clientConnectionOf,
  memoryReplayGuard,
  NamedGroup,
  type ReplayGuard,
  type ServerConfig,
  type Session,
  serverConnectionOf,
  statelessTickets,
  type TicketService,
  tls12Client,
  tls12Server,
  tls13Client,
  tls13Server,
} from '../../packages/handfast/src/index.ts'
import { trust } from '../../packages/handfast/test/engine/pair.ts'
import { shapeMessages } from '../../packages/handfast/test/engine/shape.ts'
import { allSuites, type Case, type Configuration, type Role } from './cases.ts'
import { clientCredential, externalKey, serverCredential } from './credentials.ts'

const verifyCertificate = certificateVerifier({ crypto: nodeProvider, trust })

/** What one end keeps over the connections of a case. */
export interface Memory {
  readonly tickets: TicketService
  readonly replayGuard: ReplayGuard
  /** Of the client, from the connection before. */
  session?: Session
}

export function newMemory(): Memory {
  return {
    tickets: statelessTickets({
      crypto: nodeProvider,
      aead: nodeProvider.cipherSuites[0]!.aead,
      clock: Date.now,
    }),
    replayGuard: memoryReplayGuard({ clock: Date.now }),
  }
}

/** Groups of the victims. */
export const groups: readonly number[] = [NamedGroup.x25519, NamedGroup.secp256r1]
const identity = Buffer.from(externalKey.identity)
const { key } = externalKey

/** What both roles have, as far as every implementation can be told. */
function commonConfig({ flaw, version, suite, group }: Configuration, hostile: boolean) {
  if (!hostile) return { groups, versions: [version], cipherSuites: allSuites(version) }
  if (flaw === 'no version in common') return { versions: [version ^ 7], groups }
  if (flaw === 'no group in common') return { versions: [version], groups: [NamedGroup.secp384r1] }
  return {
    versions: [version],
    cipherSuites: [suite],
    groups: [...groups].sort((a, b) => Number(b === group) - Number(a === group)),
  }
}

function clientConfigOf(
  configuration: Configuration,
  hostile: boolean,
  memory: Memory,
): ClientConfig {
  const { alpn, earlyData, flaw, psk } = configuration
  const mine = commonConfig(configuration, hostile)
  const credential = clientCredential(configuration, hostile ? flaw : undefined)
  const { session } = memory
  return {
    crypto: nodeProvider,
    clock: Date.now,
    serverName: 'server.test',
    verifyCertificate,
    grease: false,
    ...mine,
    keyShares: mine.groups.slice(0, 1),
    ...(credential && { identity: credential.identity }),
    ...(alpn && {
      alpnProtocols: hostile && flaw === 'no protocol in common' ? ['y'] : ['h2', 'x'],
    }),
    ...(psk !== 'none' && {
      preSharedKey: () =>
        !hostile || psk === 'known'
          ? { identity, key }
          : psk === 'another name'
            ? { identity: Buffer.from('somebody'), key }
            : { identity, key: new Uint8Array(32) },
    }),
    ...(session && { session }),
    ...(session?.maxEarlyData && earlyData && { earlyData: Buffer.from('early') }),
  }
}

function serverConfigOf(
  configuration: Configuration,
  hostile: boolean,
  memory: Memory,
): ServerConfig {
  const { alpn, clientAuth, earlyData, flaw, psk, resumes, retry } = configuration
  const credential = serverCredential(configuration, hostile ? flaw : undefined)
  const found = psk === 'another key' && hostile ? new Uint8Array(32) : key
  return {
    crypto: nodeProvider,
    clock: Date.now,
    ...commonConfig(configuration, hostile),
    identity: credential.identity,
    ...(retry && { groups: [NamedGroup.secp256r1] }),
    ...(alpn && { alpnProtocols: ['h2'] }),
    ...(clientAuth !== 'none' && { clientAuthentication: { mode: clientAuth, verifyCertificate } }),
    ...(resumes && { tickets: memory.tickets }),
    ...(earlyData && { earlyData: { maxBytes: 1000, replayGuard: memory.replayGuard } }),
    ...(psk !== 'none' && {
      findPreSharedKey: (name) =>
        (psk === 'another name' && hostile) || !identity.equals(name) ? undefined : found,
    }),
  }
}

const clientProtocols = (versions: readonly number[]) =>
  [tls13Client, tls12Client].filter(({ version }) => versions.includes(version))
const serverProtocols = (versions: readonly number[]) =>
  [tls13Server, tls12Server].filter(({ version }) => versions.includes(version))

/** An honest end, by our engine. */
export function honestEnd(role: Role, configuration: Configuration, memory: Memory): Connection {
  const { version } = configuration
  return role === 'client'
    ? clientConnectionOf(clientProtocols([version]), clientConfigOf(configuration, false, memory))
    : serverConnectionOf(serverProtocols([version]), serverConfigOf(configuration, false, memory))
}

export class HostileEnd {
  readonly connection: Connection
  /** The message that was changed, by name; undefined where it never came to that. */
  changed: string | undefined
  /** Types of the records that the victim sent, and an alert in the clear. */
  firstRecord: number | undefined
  plainAlert: number | undefined
  gotData = false
  readonly #case: Case
  readonly #memory: Memory
  #messages = 0
  #records = 0
  #heard: Buffer = Buffer.alloc(0)

  /** @param memory what this end keeps from the connection before, and for the next */
  constructor(aCase: Case, memory: Memory) {
    this.#case = aCase
    this.#memory = memory
    const { victim, configuration } = aCase
    if (victim === 'server') {
      const config = clientConfigOf(configuration, true, memory)
      this.connection = clientConnectionOf(
        clientProtocols(config.versions!).map((protocol) => ({
          ...protocol,
          handshake: (hs, ...rest) => this.#shaped(hs, () => protocol.handshake(hs, ...rest)),
        })),
        config,
      )
      // The ClientHello is sent before there is a protocol, and is changed on its way.
      this.#messages = 1
    } else {
      const config = serverConfigOf(configuration, true, memory)
      this.connection = serverConnectionOf(
        serverProtocols(config.versions!).map((protocol) => ({
          ...protocol,
          handshake: (hs, ...rest) => this.#shaped(hs, () => protocol.handshake(hs, ...rest)),
        })),
        config,
      )
    }
  }

  #shaped<T>(hs: HandshakeContext, handshake: () => T): T {
    const { mutation } = this.#case
    if (mutation.where === 'message')
      shapeMessages(hs, (bytes) => {
        if (this.#messages++ !== mutation.nth) return [bytes]
        this.changed = messageName({ type: bytes[0]!, bytes })
        return mutation.apply(bytes)
      })
    return handshake()
  }

  /** True where the ClientHello itself is what is changed: the hostile end cannot go on from there. */
  get changesHello(): boolean {
    return (
      this.#case.victim === 'server' &&
      this.#case.mutation.nth === 0 &&
      this.#case.mutation.where !== 'none'
    )
  }

  /** What goes to the victim. */
  output(): Uint8Array[] {
    const { mutation, victim } = this.#case
    this.#collect()
    return this.connection.takeOutput().flatMap((record) => {
      const nth = this.#records++
      if (mutation.where === 'record' && nth === mutation.nth) {
        this.changed = `record of type ${record[0]}`
        return mutation.apply(record)
      }
      if (mutation.where === 'message' && victim === 'server' && nth === 0 && mutation.nth === 0) {
        this.changed = 'ClientHello'
        return mutation.apply(record.subarray(5)).map((message) => {
          const { length } = message
          return Uint8Array.of(22, 3, 1, length >> 8, length & 255, ...message)
        })
      }
      return [record]
    })
  }

  /** What comes from the victim. */
  input(bytes: Uint8Array): void {
    if (this.firstRecord === undefined) {
      this.#heard = Buffer.concat([this.#heard, bytes])
      if (this.#heard.length >= 7) {
        this.firstRecord = this.#heard[0]!
        if (this.firstRecord === 21 && this.#heard.readUInt16BE(3) === 2)
          this.plainAlert = this.#heard[6]!
      }
    }
    this.connection.receive(bytes)
    this.#collect()
  }

  #collect(): void {
    for (let event = this.connection.nextEvent(); event; event = this.connection.nextEvent()) {
      if (event.type === 'data') this.#gotData()
      if (event.type === 'session') this.#memory.session = event.session
      // A server says that it accepted by giving this back.
      if (event.type === 'handshakeComplete' && this.#case.victim === 'server')
        this.connection.write(Uint8Array.of(120))
    }
  }

  /** A client hears an answer: with it come the tickets that it waits for. */
  #gotData(): void {
    this.gotData = true
    if (this.#case.victim === 'client') this.connection.write(Uint8Array.of(120))
  }

  /** How the victim met it. @param closed the victim ended the transport */
  outcome(closed: boolean): string {
    if (this.plainAlert !== undefined) return nameOf(alertDescriptions, this.plainAlert)
    // The hostile end cannot go on from there: what counts is whether the hello was taken.
    if (this.changesHello && this.firstRecord === ContentType.handshake) return 'answered'
    const { error } = this.connection
    // What came behind the handshake may be refused later.
    if (this.gotData) return 'accepted'
    if (error?.received !== undefined) return error.received
    // The victim did its part otherwise, and the hostile end does not want that.
    if (error?.alert !== undefined && error.blame !== 'peer') return 'turned away'
    // The two ends do not have the same keys any more: what it says cannot be read.
    if (error !== undefined && error.blame === 'peer') return 'unreadable'
    if (closed) return 'closed'
    return 'waits'
  }
}
