/**
 * What SSL 3.0 made of MD5 and SHA-1 before HMAC was there (RFC 6101): a secret stands before and behind what is hashed, with a
 * padding of one byte, again and again.
 */
import { type Steps, settle } from '@handfast/x509'
import { concat, fromText } from '../codec/bytes.ts'
import { sha1 } from '../crypto/node/hash.ts'
import { md5 } from '../crypto/node/legacy.ts'
import type { HashFunction } from '../crypto/provider.ts'
import { ConfigurationError } from '../errors.ts'
import type { NamedSecret } from '../keys/schedule.ts'
import type { ClassicContext } from '../keys/schedule12.ts'
import type { Transcript } from '../keys/transcript.ts'
import type { Role } from '../trace/events.ts'

/** RFC 6101 §5.2.3.1: 48 bytes for MD5, 40 for SHA-1. */
const paddingLength = (hash: HashFunction) => (hash === md5 ? 48 : 40)

/** hash(secret_before + pad_2 + hash(before + secret + pad_1 + content)), of which each MAC and each Finished is a case. */
function* nested(
  hash: HashFunction,
  inner: readonly [before: Uint8Array, after: Uint8Array],
  secret: Uint8Array,
): Steps<Uint8Array> {
  const length = paddingLength(hash)
  const pad = (byte: number) => new Uint8Array(length).fill(byte)
  const input = concat(inner[0], secret, pad(0x36), inner[1])
  const digest = yield* settle(hash.digest(input))
  return yield* settle(hash.digest(concat(secret, pad(0x5c), digest)))
}

const none = new Uint8Array(0)

/** RFC 6101 §5.2.3.1. @param data seq_num and what else is authenticated */
export function recordMac(
  hash: HashFunction,
  secret: Uint8Array,
  data: Uint8Array,
  content: Uint8Array,
): Steps<Uint8Array> {
  return nested(hash, [none, concat(data, content)], secret)
}

const senders: Readonly<Record<Role, Uint8Array>> = {
  client: fromText('CLNT'),
  server: fromText('SRVR'),
}

/** RFC 6101 §5.6.8, §5.6.9: both digests, 36 bytes. @param sender of a Finished; none for CertificateVerify */
function* transcriptDigests(
  master: NamedSecret,
  transcript: Transcript,
  sender: Uint8Array,
): Steps<Uint8Array> {
  const before = concat(transcript.content, sender)
  const ofMd5 = yield* nested(md5, [before, none], master.value)
  return concat(ofMd5, yield* nested(sha1, [before, none], master.value))
}

/** Of Finished. */
export function* verifyDataSSL3(
  context: ClassicContext,
  master: NamedSecret,
  sender: Role,
  transcript: Transcript,
): Steps<Uint8Array> {
  const value = yield* transcriptDigests(master, transcript, senders[sender])
  context.trace?.({
    ...{ name: 'verify_data', operation: 'SSL 3.0', hash: context.hash.name, from: [master.name] },
    ...{ length: value.length, value, transcript: transcript.names.slice() },
  })
  return value
}

/** Of CertificateVerify. */
export function certificateVerifyDigests(
  master: NamedSecret,
  transcript: Transcript,
): Steps<Uint8Array> {
  return transcriptDigests(master, transcript, none)
}

/**
 * RFC 6101 §6.1, §6.2.2: MD5(secret + SHA('A' + secret + seed)) + MD5(secret + SHA('BB' + secret + seed)) + … It stands in the
 * place of the PRF of TLS, and knows no labels: of two uses the order of the randoms tells which.
 * @throws ConfigurationError for any other use: SSL 3.0 gives applications no keys
 */
export function* prfSSL3(
  _hash: HashFunction,
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Steps<Uint8Array> {
  if (label !== 'master secret' && label !== 'key expansion')
    throw new ConfigurationError('ERR_NO_EXPORTER', 'SSL 3.0 has no keying material to give away')
  const output = new Uint8Array(length)
  for (let at = 0, turn = 1; at < length; at += md5.outputLength, turn++) {
    const letters = new Uint8Array(turn).fill(0x40 + turn)
    const inner = yield* settle(sha1.digest(concat(letters, secret, seed)))
    const block = yield* settle(md5.digest(concat(secret, inner)))
    output.set(block.subarray(0, length - at), at)
  }
  return output
}
