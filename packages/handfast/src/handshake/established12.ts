/** What an established connection up to TLS 1.2 keeps, and what may still come (RFC 5246 §7.4.1.1). */
import type { Steps } from '@handfast/x509'
import { AlertDescription, HandshakeType } from '../codec/registry.ts'
import type { ConnectionInfo } from '../config.ts'
import { TlsError } from '../errors.ts'
import { exportKeyingMaterial12 } from '../keys/schedule12.ts'
import type { Established, HandshakeContext } from './context.ts'
import type { ClassicKeys } from './finished12.ts'

export class Established12 implements Established {
  readonly info: ConnectionInfo
  /** Nothing before TLS 1.3 changes keys without a new handshake: where its AEAD has a limit, the connection ends there. */
  readonly keyUpdateAfterRecords: number
  readonly tlsUnique: Uint8Array
  readonly #hs: HandshakeContext
  readonly #keys: ClassicKeys
  #refused = 0

  /** @param firstFinished the verify_data of the first Finished of the handshake (RFC 5929 §3.1) */
  constructor(
    hs: HandshakeContext,
    keys: ClassicKeys,
    info: ConnectionInfo,
    firstFinished: Uint8Array,
  ) {
    this.#hs = hs
    this.#keys = keys
    this.info = info
    this.tlsUnique = firstFinished.slice()
    const { protection } = keys.suite
    this.keyUpdateAfterRecords =
      protection.kind === 'aead' ? protection.aead.confidentialityLimit : Number.POSITIVE_INFINITY
  }

  refuseMoreRecords(): never {
    throw new TlsError(
      'ERR_KEYS_EXHAUSTED',
      `The keys have protected ${this.keyUpdateAfterRecords} records, and this version cannot change them`,
    )
  }

  exportKeyingMaterial(
    label: string,
    context: Uint8Array | undefined,
    length: number,
  ): Steps<Uint8Array> {
    const { context: schedule, master } = this.#keys
    return exportKeyingMaterial12(schedule, master, label, context, length)
  }

  /** A request for renegotiation. */
  get laterTypes(): readonly number[] {
    return [this.#hs.role === 'client' ? HandshakeType.hello_request : HandshakeType.client_hello]
  }

  begin(): undefined {
    this.#hs.transcript.clear()
  }

  /** Renegotiation is refused, with a warning, by both sides (RFC 5246 §7.2.2); the connection goes on. */
  onMessage(): undefined {
    const hs = this.#hs
    if (++this.#refused > hs.limits.warningAlerts)
      throw new TlsError(
        'ERR_TOO_MUCH',
        `The peer asked for renegotiation more than ${hs.limits.warningAlerts} times`,
      )
    hs.decide(() => ({
      what: 'renegotiation',
      by: hs.role,
      offered: ['a new handshake', 'no renegotiation'],
      chosen: 'no renegotiation',
      why: 'A new handshake within a connection is always refused here.',
      section: 'RFC 5246 §7.4.1.1',
    }))
    hs.warn(AlertDescription.no_renegotiation)
  }

  destroy(): void {
    this.#keys.master.value.fill(0)
    this.tlsUnique.fill(0)
  }
}
