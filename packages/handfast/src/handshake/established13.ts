/** What an established TLS 1.3 connection keeps, and can do (RFC 8446 §4.6, §7.2, §7.5). */
import type { Steps } from '@handfast/x509'
import { encodeMessage, type HandshakeMessage, KeyUpdate } from '../codec/messages.ts'
import { HandshakeType, KeyUpdateRequest } from '../codec/registry.ts'
import type { ConnectionInfo } from '../config.ts'
import type { CipherSuite } from '../crypto/provider.ts'
import {
  exportKeyingMaterial,
  type NamedSecret,
  nextTrafficSecret,
  type ScheduleContext,
} from '../keys/schedule.ts'
import type { Role } from '../trace/events.ts'
import type { Established, HandshakeContext, HandshakeSteps } from './context.ts'

/** Records before the AEAD's limit at which new keys are taken: an alert and a KeyUpdate must still fit. */
const keyUpdateMargin = 64

/** What may come after the handshake, and what is done then. */
export type AfterHandshake = Pick<Established, 'laterTypes' | 'begin' | 'onMessage'>

export interface Secrets13 {
  readonly context: ScheduleContext
  readonly suite: CipherSuite
  /** The time after the handshake, in one role. */
  readonly after: (hs: HandshakeContext, established: Established13) => AfterHandshake
  readonly keyUpdateAfterRecords: number | undefined
  readonly writeSecret: NamedSecret
  readonly readSecret: NamedSecret
  readonly exporterSecret: NamedSecret
  readonly resumptionSecret: NamedSecret
  readonly info: ConnectionInfo
  /** The client's hello carried post_handshake_auth. */
  readonly peerOffersAuthentication?: boolean
  /** The client's hello says that it can resume by psk_dhe_ke. */
  readonly peerResumes?: boolean
}

export class Established13 implements Established {
  readonly context: ScheduleContext
  readonly suite: CipherSuite
  readonly info: ConnectionInfo
  readonly keyUpdateAfterRecords: number
  readonly peerOffersAuthentication: boolean
  readonly peerResumes: boolean
  /** Set by a server whose client can be asked for a certificate later. */
  requestClientCertificate?: () => void
  /** KeyUpdates that we asked the peer for and that have not come. */
  keyUpdatesAsked = 0
  /** The peer asked for ours: however often it did, one before our next data is the answer (RFC 8446 §4.6.3). */
  keyUpdateOwed = false
  /** Of writing, reading, exporting and resuming, one behind the other: an array for each would be several times its bytes. */
  readonly #secrets: Uint8Array
  readonly #hs: HandshakeContext
  readonly #after: AfterHandshake
  #writeGeneration = 0
  #readGeneration = 0

  constructor(hs: HandshakeContext, secrets: Secrets13) {
    this.#hs = hs
    this.context = secrets.context
    this.suite = secrets.suite
    this.info = secrets.info
    this.peerOffersAuthentication = secrets.peerOffersAuthentication === true
    this.peerResumes = secrets.peerResumes === true
    const { writeSecret, readSecret, exporterSecret, resumptionSecret } = secrets
    this.#secrets = new Uint8Array(4 * secrets.context.hash.outputLength)
    this.#keep(0, writeSecret)
    this.#keep(1, readSecret)
    this.#keep(2, exporterSecret)
    this.#keep(3, resumptionSecret)
    this.keyUpdateAfterRecords = Math.min(
      secrets.keyUpdateAfterRecords ?? Number.POSITIVE_INFINITY,
      secrets.suite.aead.confidentialityLimit - keyUpdateMargin,
    )
    this.#after = secrets.after(hs, this)
  }

  /** @param secret is wiped */
  #keep(place: number, { value }: NamedSecret): void {
    this.#secrets.set(value, place * value.length)
    value.fill(0)
  }

  /** A view: what wipes it, wipes ours. */
  #secret(place: number, name: string): NamedSecret {
    const { outputLength } = this.context.hash
    const at = place * outputLength
    return { name, value: this.#secrets.subarray(at, at + outputLength) }
  }

  get writeSecret(): NamedSecret {
    return this.#secret(0, `${this.#hs.role}_application_traffic_secret_${this.#writeGeneration}`)
  }

  get readSecret(): NamedSecret {
    return this.#secret(1, `${this.#peer}_application_traffic_secret_${this.#readGeneration}`)
  }

  get #exporterSecret(): NamedSecret {
    return this.#secret(2, 'exporter_master_secret')
  }

  get resumptionSecret(): NamedSecret {
    return this.#secret(3, 'resumption_master_secret')
  }

  get #peer(): Role {
    return this.#hs.role === 'client' ? 'server' : 'client'
  }

  get laterTypes(): readonly number[] {
    return this.#after.laterTypes
  }

  begin(): Steps<void> | undefined {
    return this.#after.begin()
  }

  onMessage(message: HandshakeMessage): HandshakeSteps<void> | undefined {
    return this.#after.onMessage(message)
  }

  /** KeyUpdate goes out under the old keys, and nothing else after it (RFC 8446 §4.6.3). */
  *updateKeys(requestPeer: boolean): Steps<void> {
    const hs = this.#hs
    this.#keep(0, yield* nextTrafficSecret(this.context, this.writeSecret))
    const generation = ++this.#writeGeneration
    this.keyUpdateOwed = false
    if (requestPeer) this.keyUpdatesAsked++
    const requestUpdate = requestPeer
      ? KeyUpdateRequest.update_requested
      : KeyUpdateRequest.update_not_requested
    const message = encodeMessage(HandshakeType.key_update, KeyUpdate, { requestUpdate })
    // Within setKeys the message is flushed before the keys change, and nothing can come between.
    const send = () => hs.sendMessage(message)
    const { context, suite, writeSecret } = this
    yield* hs.setKeys(context, suite, hs.role, writeSecret, 'application', generation, send)
  }

  *updateReadKeys(): Steps<void> {
    this.#keep(1, yield* nextTrafficSecret(this.context, this.readSecret))
    const generation = ++this.#readGeneration
    const { context, suite, readSecret } = this
    yield* this.#hs.setKeys(context, suite, this.#peer, readSecret, 'application', generation)
  }

  exportKeyingMaterial(
    label: string,
    context: Uint8Array | undefined,
    length: number,
  ): Steps<Uint8Array> {
    return exportKeyingMaterial(this.context, this.#exporterSecret, label, context, length)
  }

  destroy(): void {
    this.#secrets.fill(0)
  }
}
