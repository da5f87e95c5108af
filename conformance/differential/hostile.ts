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
  NamedGroup,
  type ServerConfig,
  serverConnectionOf,
  tls12Client,
  tls12Server,
  tls13Client,
  tls13Server,
} from '../../packages/handfast/src/index.ts'
import { clientIdentity, serverIdentity, trust } from '../../packages/handfast/test/engine/pair.ts'
import { shapeMessages } from '../../packages/handfast/test/engine/shape.ts'
import type { Case, Configuration, Role } from './cases.ts'

const verifyCertificate = certificateVerifier({ crypto: nodeProvider, trust })

/** What both ends of a configuration have, as far as every implementation can be told. */
export function clientConfigOf({ version, requireCert, alpn }: Configuration): ClientConfig {
  return {
    crypto: nodeProvider,
    clock: Date.now,
    serverName: 'server.test',
    verifyCertificate,
    versions: [version],
    groups: [NamedGroup.x25519, NamedGroup.secp256r1],
    keyShares: [NamedGroup.x25519],
    grease: false,
    ...(requireCert && { identity: clientIdentity }),
    ...(alpn && { alpnProtocols: ['h2', 'x'] }),
  }
}

export function serverConfigOf({ version, requireCert, alpn, retry }: Configuration): ServerConfig {
  return {
    crypto: nodeProvider,
    clock: Date.now,
    identity: serverIdentity,
    versions: [version],
    groups: retry ? [NamedGroup.secp256r1] : [NamedGroup.x25519, NamedGroup.secp256r1],
    ...(alpn && { alpnProtocols: ['h2'] }),
    ...(requireCert && { clientAuthentication: { mode: 'require', verifyCertificate } }),
  }
}

/** An honest end, by our engine. */
export function honestEnd(role: Role, configuration: Configuration): Connection {
  return role === 'client'
    ? clientConnectionOf(
        [tls13Client, tls12Client].filter(({ version }) => version === configuration.version),
        clientConfigOf(configuration),
      )
    : serverConnectionOf(
        [tls13Server, tls12Server].filter(({ version }) => version === configuration.version),
        serverConfigOf(configuration),
      )
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
  #messages = 0
  #records = 0
  #heard: Buffer = Buffer.alloc(0)

  constructor(aCase: Case) {
    this.#case = aCase
    const { victim, configuration } = aCase
    const is = ({ version }: { version: number }) => version === configuration.version
    if (victim === 'server') {
      const [protocol] = [tls13Client, tls12Client].filter(is)
      this.connection = clientConnectionOf(
        [
          {
            ...protocol!,
            handshake: (hs, ...rest) => this.#shaped(hs, () => protocol!.handshake(hs, ...rest)),
          },
        ],
        clientConfigOf(configuration),
      )
      // The ClientHello is sent before there is a protocol, and is changed on its way.
      this.#messages = 1
    } else {
      const [protocol] = [tls13Server, tls12Server].filter(is)
      this.connection = serverConnectionOf(
        [
          {
            ...protocol!,
            handshake: (hs, ...rest) => this.#shaped(hs, () => protocol!.handshake(hs, ...rest)),
          },
        ],
        serverConfigOf(configuration),
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
      if (event.type === 'data') this.gotData = true
      // A server says that it accepted by giving this back.
      if (event.type === 'handshakeComplete' && this.#case.victim === 'server')
        this.connection.write(Uint8Array.of(120))
    }
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
