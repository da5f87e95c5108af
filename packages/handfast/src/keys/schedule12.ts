/**
 * From the premaster secret to the keys, up to TLS 1.2 (RFC 5246 §6.3, §8.1; RFC 7627 §4; RFC 5705 §4).
 *
 * ```
 *   premaster secret ──► master secret ──► key block: MAC keys, keys, IVs
 *                             ├──► verify_data of both Finished
 *                             └──► keying material of the application
 * ```
 */
import { type Steps, settle } from '@handfast/x509'
import { concat } from '../codec/bytes.ts'
import { encode, opaque } from '../codec/wire.ts'
import type { HashFunction } from '../crypto/provider.ts'
import type { Role } from '../trace/events.ts'
import type { NamedSecret, ScheduleTrace } from './schedule.ts'
import type { Transcript } from './transcript.ts'

/** A pseudorandom function, with the hash that the suite names for it. @param length bytes */
export type Prf = (
  hash: HashFunction,
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
) => Steps<Uint8Array>

/** What every step needs. */
export interface ClassicContext {
  readonly prf: Prf
  readonly hash: HashFunction
  readonly clientRandom: Uint8Array
  readonly serverRandom: Uint8Array
  readonly trace: ScheduleTrace | undefined
  /** What a trace calls the function. Default: PRF. */
  readonly operation?: 'SSL 3.0'
}

/** Of the master secret, in bytes (RFC 5246 §8.1). */
const masterSecretLength = 48
/** Of verify_data, in bytes (RFC 5246 §7.4.9). */
const verifyDataLength = 12

function* derive(
  context: ClassicContext,
  name: string,
  from: NamedSecret,
  label: string,
  seed: Uint8Array,
  length: number,
  transcript?: { readonly names: readonly string[]; readonly hash: Uint8Array },
): Steps<NamedSecret> {
  const value = yield* context.prf(context.hash, from.value, label, seed, length)
  context.trace?.({
    ...{ name, operation: context.operation ?? 'PRF', hash: context.hash.name },
    ...{ from: [from.name], label, length, value },
    ...(transcript && { transcript: transcript.names, transcriptHash: transcript.hash }),
  })
  return { name, value }
}

/**
 * The master secret; the premaster secret is wiped.
 * @param sessionHash the transcript up to ClientKeyExchange, where extended_master_secret was agreed
 */
export function* masterSecret(
  context: ClassicContext,
  premaster: Uint8Array,
  sessionHash: Transcript | undefined,
): Steps<NamedSecret> {
  const from = { name: 'premaster_secret', value: premaster }
  const { clientRandom, serverRandom } = context
  const name = 'master_secret'
  let secret: NamedSecret
  if (sessionHash === undefined) {
    const seed = concat(clientRandom, serverRandom)
    secret = yield* derive(context, name, from, 'master secret', seed, masterSecretLength)
  } else {
    const hash = yield* settle(sessionHash.hash(context.hash))
    const transcript = { names: sessionHash.names, hash }
    const label = 'extended master secret'
    secret = yield* derive(context, name, from, label, hash, masterSecretLength, transcript)
  }
  premaster.fill(0)
  return secret
}

/** The keys of one direction, of the lengths that the suite wants. They are the caller's to wipe. */
export interface WriteKeys {
  readonly macKey: Uint8Array
  readonly key: Uint8Array
  readonly iv: Uint8Array
}

/** In bytes. */
export interface KeyLengths {
  readonly macKey: number
  readonly key: number
  readonly iv: number
}

/** RFC 5246 §6.3: the block is cut into the MAC keys, the keys and the IVs, the client's before the server's each time. */
export function* keyBlock(
  context: ClassicContext,
  master: NamedSecret,
  lengths: KeyLengths,
): Steps<Readonly<Record<Role, WriteKeys>>> {
  const seed = concat(context.serverRandom, context.clientRandom)
  const length = 2 * (lengths.macKey + lengths.key + lengths.iv)
  const block = yield* derive(context, 'key_block', master, 'key expansion', seed, length)
  let at = 0
  const cut = (name: string, size: number): Uint8Array => {
    const value = block.value.slice(at, at + size)
    at += size
    if (size > 0)
      context.trace?.({
        ...{ name, operation: 'partition', hash: context.hash.name, from: ['key_block'] },
        ...{ length: size, value },
      })
    return value
  }
  const pair = (name: string, size: number) => ({
    client: cut(`client_write_${name}`, size),
    server: cut(`server_write_${name}`, size),
  })
  const macKeys = pair('MAC_key', lengths.macKey)
  const keys = pair('key', lengths.key)
  const ivs = pair('iv', lengths.iv)
  block.value.fill(0)
  return {
    client: { macKey: macKeys.client, key: keys.client, iv: ivs.client },
    server: { macKey: macKeys.server, key: keys.server, iv: ivs.server },
  }
}

/** RFC 5246 §7.4.9. @param sender whose Finished it is. @param transcript all messages before it */
export function* verifyData12(
  context: ClassicContext,
  master: NamedSecret,
  sender: Role,
  transcript: Transcript,
): Steps<Uint8Array> {
  const hash = yield* settle(transcript.hash(context.hash))
  const label = `${sender} finished`
  const names = { names: transcript.names, hash }
  return (yield* derive(context, 'verify_data', master, label, hash, verifyDataLength, names)).value
}

const ContextValue = opaque(0, 65_535)

/** RFC 5705 §4. @param contextValue undefined is another thing than no bytes. @param length bytes */
export function exportKeyingMaterial12(
  context: ClassicContext,
  master: NamedSecret,
  label: string,
  contextValue: Uint8Array | undefined,
  length: number,
): Steps<Uint8Array> {
  const { clientRandom, serverRandom } = context
  const tail = contextValue === undefined ? new Uint8Array(0) : encode(ContextValue, contextValue)
  const seed = concat(clientRandom, serverRandom, tail)
  return context.prf(context.hash, master.value, label, seed, length)
}
