/**
 * The key schedule of TLS 1.3 (RFC 8446 §7.1), one type for each phase. A phase is used up by the next: its secret is
 * wiped when that exists.
 *
 * ```
 *   Early Secret ── Derive-Secret("derived") ──► Handshake Secret ── Derive-Secret("derived") ──► Master Secret
 *    └ binder keys,                               └ handshake traffic secrets                      └ application traffic,
 *      early traffic and exporter secrets                                                            exporter and resumption secrets
 * ```
 */
import { type Settled, type Steps, settle, whenKnown } from '@handfast/x509'
import type { Aead, AeadKey, HashFunction, MaybePromise } from '../crypto/provider.ts'
import { ConfigurationError } from '../errors.ts'
import type { KeyScheduleEvent } from '../trace/events.ts'
import { hkdfExpandLabel, hkdfExtract } from './hkdf.ts'
import type { Transcript } from './transcript.ts'

/** Hears of every step; the connection takes the values out unless the caller asked for secrets. */
export type ScheduleTrace = (event: Omit<KeyScheduleEvent, 'time' | 'role' | 'type'>) => void

/** What every step needs. */
export interface ScheduleContext {
  readonly hash: HashFunction
  readonly trace: ScheduleTrace | undefined
}

/** A secret with its name, `client_handshake_traffic_secret`. */
export interface NamedSecret {
  readonly name: string
  readonly value: Uint8Array
}

const empty = new Uint8Array(0)

function extract(
  context: ScheduleContext,
  name: string,
  salt: NamedSecret,
  input: NamedSecret,
): Settled<NamedSecret> {
  const extracted = whenKnown(hkdfExtract(context.hash, salt.value, input.value), (value) => {
    context.trace?.({
      name,
      operation: 'HKDF-Extract',
      hash: context.hash.name,
      from: [salt.name, input.name],
      length: value.length,
      value,
    })
    return { name, value }
  })
  return settle(extracted)
}

/** HKDF-Expand-Label without a transcript: keys, IVs, the next secret. */
export function expandLabel(
  context: ScheduleContext,
  name: string,
  secret: NamedSecret,
  label: string,
  length: number,
  input: Uint8Array = empty,
): Settled<NamedSecret> {
  const later = hkdfExpandLabel(context.hash, secret.value, label, input, length)
  const expanded = whenKnown(later, (value) => {
    context.trace?.({
      name,
      operation: 'HKDF-Expand-Label',
      hash: context.hash.name,
      from: [secret.name],
      label,
      length,
      value,
    })
    return { name, value }
  })
  return settle(expanded)
}

const digestsOfNothing = new WeakMap<HashFunction, Uint8Array>()

/** The answer is shared: it is only to be read. */
function digestOfNothing(hash: HashFunction): MaybePromise<Uint8Array> {
  const known = digestsOfNothing.get(hash)
  if (known !== undefined) return known
  const digest = hash.digest(empty)
  if (digest instanceof Uint8Array) digestsOfNothing.set(hash, digest)
  return digest
}

/** Derive-Secret (RFC 8446 §7.1). @param transcript undefined for the hash of no messages */
export function deriveSecret(
  context: ScheduleContext,
  name: string,
  secret: NamedSecret,
  label: string,
  transcript: Transcript | undefined,
): Settled<NamedSecret> {
  const { hash } = context
  const digest = transcript?.hash(hash) ?? digestOfNothing(hash)
  const derived = whenKnown(digest, (transcriptHash) => {
    const later = hkdfExpandLabel(hash, secret.value, label, transcriptHash, hash.outputLength)
    return whenKnown(later, (value) => {
      context.trace?.({
        name,
        operation: 'Derive-Secret',
        hash: hash.name,
        from: [secret.name],
        label,
        transcript: transcript?.names ?? [],
        transcriptHash,
        length: value.length,
        value,
      })
      return { name, value }
    })
  })
  return settle(derived)
}

function zeros(context: ScheduleContext): NamedSecret {
  return { name: '0', value: new Uint8Array(context.hash.outputLength) }
}

function derived(context: ScheduleContext, secret: NamedSecret): Settled<NamedSecret> {
  return deriveSecret(context, 'derived', secret, 'derived', undefined)
}

/** What comes of the Early Secret without a PSK, by hash: it is made of zeros only, and no secret. */
const saltsWithoutPsk = new WeakMap<HashFunction, Uint8Array>()

/** The Handshake Secret where there is no PSK. @param sharedSecret of the key exchange; it is wiped */
export function* handshakeSecretWithoutPsk(
  context: ScheduleContext,
  sharedSecret: Uint8Array,
): Steps<HandshakeSecret> {
  const { hash, trace } = context
  const known = saltsWithoutPsk.get(hash)
  // A trace tells every step.
  if (known !== undefined && trace === undefined)
    return yield* handshakeSecretOf(
      context,
      { name: 'derived', value: known.slice() },
      sharedSecret,
    )
  const early = yield* EarlySecret.extract(context)
  return yield* early.handshakeSecret(sharedSecret, (salt) =>
    saltsWithoutPsk.set(hash, salt.slice()),
  )
}

/** @param salt and sharedSecret are wiped */
function* handshakeSecretOf(
  context: ScheduleContext,
  salt: NamedSecret,
  sharedSecret: Uint8Array,
): Steps<HandshakeSecret> {
  const input = { name: '(EC)DHE', value: sharedSecret }
  const secret = yield* extract(context, 'Handshake Secret', salt, input)
  sharedSecret.fill(0)
  salt.value.fill(0)
  return new HandshakeSecret(context, secret)
}

export class EarlySecret {
  readonly context: ScheduleContext
  readonly #secret: NamedSecret

  constructor(context: ScheduleContext, secret: NamedSecret) {
    this.context = context
    this.#secret = secret
  }

  /** @param psk the pre-shared key; zeros where there is none */
  static *extract(context: ScheduleContext, psk?: Uint8Array): Steps<EarlySecret> {
    const zero = zeros(context)
    const input = psk === undefined ? zero : { name: 'PSK', value: psk }
    return new EarlySecret(context, yield* extract(context, 'Early Secret', zero, input))
  }

  /** RFC 8446 §4.2.11.2, RFC 9258 §5.2: the key of a binder's HMAC. */
  binderKey(label: 'res binder' | 'ext binder' | 'imp binder'): Settled<NamedSecret> {
    return deriveSecret(this.context, 'binder_key', this.#secret, label, undefined)
  }

  /** Of the client, for its early data. @param transcript ClientHello */
  trafficSecret(transcript: Transcript): Settled<NamedSecret> {
    const name = 'client_early_traffic_secret'
    return deriveSecret(this.context, name, this.#secret, 'c e traffic', transcript)
  }

  /** For keying material that belongs to early data. @param transcript ClientHello */
  exporterSecret(transcript: Transcript): Settled<NamedSecret> {
    const name = 'early_exporter_master_secret'
    return deriveSecret(this.context, name, this.#secret, 'e exp master', transcript)
  }

  /** For a key that is not taken. */
  forget(): void {
    this.#secret.value.fill(0)
  }

  /** @param sharedSecret of the key exchange; it is wiped. @param keep sees the salt that was derived */
  *handshakeSecret(
    sharedSecret: Uint8Array,
    keep?: (salt: Uint8Array) => void,
  ): Steps<HandshakeSecret> {
    const salt = yield* derived(this.context, this.#secret)
    this.#secret.value.fill(0)
    keep?.(salt.value)
    return yield* handshakeSecretOf(this.context, salt, sharedSecret)
  }
}

export class HandshakeSecret {
  readonly context: ScheduleContext
  readonly #secret: NamedSecret

  constructor(context: ScheduleContext, secret: NamedSecret) {
    this.context = context
    this.#secret = secret
  }

  /** For a handshake that does not come to its end. */
  forget(): void {
    this.#secret.value.fill(0)
  }

  /** @param transcript ClientHello…ServerHello */
  trafficSecret(role: 'client' | 'server', transcript: Transcript): Settled<NamedSecret> {
    const name = `${role}_handshake_traffic_secret`
    const label = role === 'client' ? 'c hs traffic' : 's hs traffic'
    return deriveSecret(this.context, name, this.#secret, label, transcript)
  }

  *masterSecret(): Steps<MasterSecret> {
    const salt = yield* derived(this.context, this.#secret)
    this.#secret.value.fill(0)
    const secret = yield* extract(this.context, 'Master Secret', salt, zeros(this.context))
    salt.value.fill(0)
    return new MasterSecret(this.context, secret)
  }
}

export class MasterSecret {
  readonly context: ScheduleContext
  readonly #secret: NamedSecret

  constructor(context: ScheduleContext, secret: NamedSecret) {
    this.context = context
    this.#secret = secret
  }

  /** For a handshake that does not come to its end. */
  forget(): void {
    this.#secret.value.fill(0)
  }

  /** @param transcript ClientHello…server Finished */
  trafficSecret(role: 'client' | 'server', transcript: Transcript): Settled<NamedSecret> {
    const name = `${role}_application_traffic_secret_0`
    const label = role === 'client' ? 'c ap traffic' : 's ap traffic'
    return deriveSecret(this.context, name, this.#secret, label, transcript)
  }

  /** @param transcript ClientHello…server Finished */
  exporterSecret(transcript: Transcript): Settled<NamedSecret> {
    const name = 'exporter_master_secret'
    return deriveSecret(this.context, name, this.#secret, 'exp master', transcript)
  }

  /** The last that is taken. @param transcript ClientHello…client Finished */
  *resumptionSecret(transcript: Transcript): Steps<NamedSecret> {
    const name = 'resumption_master_secret'
    const secret = yield* deriveSecret(this.context, name, this.#secret, 'res master', transcript)
    this.#secret.value.fill(0)
    return secret
  }
}

/** The key and IV of one direction (RFC 8446 §7.3). */
export interface TrafficKeys {
  readonly key: AeadKey
  readonly iv: Uint8Array
}

/** @param owner `client` or `server`: whose writing the keys protect */
export function* trafficKeys(
  context: ScheduleContext,
  owner: 'client' | 'server',
  secret: NamedSecret,
  aead: Aead,
): Steps<TrafficKeys> {
  const key = yield* expandLabel(context, `${owner}_write_key`, secret, 'key', aead.keyLength)
  const iv = yield* expandLabel(context, `${owner}_write_iv`, secret, 'iv', aead.nonceLength)
  const imported = yield* settle(aead.importKey(key.value))
  key.value.fill(0)
  return { key: imported, iv: iv.value }
}

/** RFC 8446 §7.2: the secret after a KeyUpdate; the old one is wiped. */
export function* nextTrafficSecret(
  context: ScheduleContext,
  secret: NamedSecret,
): Steps<NamedSecret> {
  const name = secret.name.replace(/\d+$/, (generation) => String(Number(generation) + 1))
  const next = yield* expandLabel(context, name, secret, 'traffic upd', context.hash.outputLength)
  secret.value.fill(0)
  return next
}

/** verify_data of a Finished, and the value of a binder (RFC 8446 §4.4.4). @param base the secret that authenticates */
export function* verifyData(
  context: ScheduleContext,
  base: NamedSecret,
  transcriptHash: Uint8Array,
): Steps<Uint8Array> {
  const { hash } = context
  const key = yield* expandLabel(context, 'finished_key', base, 'finished', hash.outputLength)
  const data = yield* settle(hash.hmac(key.value, transcriptHash))
  key.value.fill(0)
  return data
}

/**
 * RFC 8446 §7.5: keying material for the application. @param length bytes
 * @throws ConfigurationError `ERR_BAD_EXPORT` for a length or a label that HKDF cannot have
 */
export function* exportKeyingMaterial(
  context: ScheduleContext,
  exporterSecret: NamedSecret,
  label: string,
  contextValue: Uint8Array | undefined,
  length: number,
): Steps<Uint8Array> {
  const { hash } = context
  const longest = 255 * hash.outputLength
  // RFC 5869 §2.3; a label stands in at the most 255 bytes, behind "tls13 ".
  if (!Number.isInteger(length) || length < 1 || length > longest)
    throw new ConfigurationError(
      'ERR_BAD_EXPORT',
      `1 to ${longest} bytes can be exported, not ${length}`,
    )
  if (label.length < 1 || label.length > 249)
    throw new ConfigurationError('ERR_BAD_EXPORT', 'A label has 1 to 249 bytes')
  // The connection may end, and wipe its secrets, while this waits for an answer.
  const master = exporterSecret.value.slice()
  const emptyHash = yield* settle(hash.digest(empty))
  const secret = yield* settle(hkdfExpandLabel(hash, master, label, emptyHash, hash.outputLength))
  master.fill(0)
  const contextHash = yield* settle(hash.digest(contextValue ?? empty))
  const material = yield* settle(hkdfExpandLabel(hash, secret, 'exporter', contextHash, length))
  secret.fill(0)
  return material
}

/** RFC 8446 §4.6.1: the PSK that goes with a ticket. */
export function resumptionPsk(
  context: ScheduleContext,
  resumptionSecret: NamedSecret,
  ticketNonce: Uint8Array,
): Settled<NamedSecret> {
  return expandLabel(
    context,
    'PSK',
    resumptionSecret,
    'resumption',
    context.hash.outputLength,
    ticketNonce,
  )
}
