/** A server's half of the key exchange: ServerKeyExchange, if there is one, and ClientKeyExchange (RFC 5246 §7.4.3, §7.4.7). */
import type { Steps } from '@handfast/x509'
import { concat, padLeft } from '../codec/bytes.ts'
import {
  ClientKeyExchangeDHE,
  ClientKeyExchangeECDHE,
  ClientKeyExchangeECDHE_PSK,
  ClientKeyExchangePSK,
  type DigitallySigned,
  ServerDHParams,
  ServerECDHParams,
  ServerKeyExchangeECDHE_PSK,
  ServerKeyExchangePSK,
} from '../codec/messages12.ts'
import { HandshakeType } from '../codec/registry.ts'
import { encode } from '../codec/wire.ts'
import type { ServerConfig } from '../config.ts'
import { ffdhe2048Parameters, ffdhe3072Parameters } from '../crypto/ffdhe.ts'
import type { KeyExchangeGroup, KeyPair } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'
import type { HandshakeContext, HandshakeSteps } from './context.ts'
import { pskPremaster, withoutLeadingZeros } from './premaster12.ts'
import { serverKey } from './preSharedKeys.ts'
import type { Chosen12 } from './serverChoices12.ts'
import { type ClassicSignatures, serverKeyExchangeSignature } from './signature12.ts'
import type { ClassicVersion } from './version12.ts'

const none = new Uint8Array(0)

/** Sends ServerKeyExchange where the suite has one. @returns our ephemeral key, where there is one */
export function* sendServerKeyExchange(
  hs: HandshakeContext,
  { forms, signatures }: ClassicVersion,
  config: ServerConfig,
  chosen: Chosen12,
  serverRandom: Uint8Array,
): Steps<KeyPair | undefined> {
  const { suite, group } = chosen
  const type = HandshakeType.server_key_exchange
  const pskIdentityHint = config.pskIdentityHint ?? none
  if (group === undefined) {
    if (suite.keyExchange === 'PSK' && pskIdentityHint.length > 0)
      hs.send(type, ServerKeyExchangePSK, { pskIdentityHint })
    return undefined
  }
  const pair = yield* hs.settle('generating our ephemeral key', group.generate())
  if (suite.keyExchange === 'DHE') {
    const params = fieldParams(config, group, pair.share)
    const bytes = encode(ServerDHParams, params)
    const signedParams = yield* signParams(hs, signatures, chosen, serverRandom, bytes)
    hs.send(type, forms.ServerKeyExchangeDHE, { params, signedParams })
    return pair
  }
  const params = { curveType: 3, namedCurve: group.id, public: pair.share }
  if (suite.keyExchange === 'ECDHE_PSK')
    hs.send(type, ServerKeyExchangeECDHE_PSK, { pskIdentityHint, params })
  else {
    const bytes = encode(ServerECDHParams, params)
    const signedParams = yield* signParams(hs, signatures, chosen, serverRandom, bytes)
    hs.send(type, forms.ServerKeyExchangeECDHE, { params, signedParams })
  }
  return pair
}

/** The groups of RFC 7919 by their numbers: a client that knows them recognizes them. */
function fieldParams(
  { finiteField }: ServerConfig,
  group: KeyExchangeGroup,
  share: Uint8Array,
): ServerDHParams {
  if (group.id === 0 && finiteField !== undefined)
    return { dhP: finiteField.prime, dhG: finiteField.generator, dhYs: share }
  const known = [ffdhe2048Parameters, ffdhe3072Parameters].find(({ id }) => id === group.id)
  if (known === undefined) throw new TypeError(`${group.name} is not a finite field of RFC 7919`)
  const digits = known.primeHex.match(/../g) ?? []
  const dhP = Uint8Array.from(digits, (digit) => Number.parseInt(digit, 16))
  return { dhP, dhG: Uint8Array.of(2), dhYs: share }
}

/** RFC 5246 §7.4.3: over both randoms and the parameters. */
function* signParams(
  hs: HandshakeContext,
  signatures: ClassicSignatures,
  { identity, scheme }: Chosen12,
  serverRandom: Uint8Array,
  params: Uint8Array,
): Steps<DigitallySigned> {
  if (identity === undefined || scheme === undefined) throw new TypeError('Nothing to sign with')
  const content = concat(hs.clientRandom, serverRandom, params)
  return yield* signatures.sign(hs, identity, scheme, serverKeyExchangeSignature, content)
}

/** What a ClientKeyExchange brought. */
interface ClientExchange {
  readonly premaster: Uint8Array
  /** Of the pre-shared key that the client named. */
  readonly pskIdentity?: Uint8Array
}

/** @param clientVersion the legacy_version of the ClientHello. @returns what came of it; the secret is the caller's to wipe */
export function* receiveClientKeyExchange(
  hs: HandshakeContext,
  { forms }: ClassicVersion,
  config: ServerConfig,
  { suite, group, identity }: Chosen12,
  pair: KeyPair | undefined,
  clientVersion: number,
): HandshakeSteps<ClientExchange> {
  const message = yield* hs.receive(HandshakeType.client_key_exchange)
  switch (suite.keyExchange) {
    case 'ECDHE': {
      const { ecdhYc } = hs.read(message, ClientKeyExchangeECDHE)
      return { premaster: yield* agree(hs, group, pair, ecdhYc) }
    }
    case 'DHE': {
      const { dhYc } = hs.read(message, ClientKeyExchangeDHE)
      const length = group?.clientShareLength ?? 0
      // Longer than the prime it is no number below it; the leading zeros may be missing.
      const share = dhYc.length > length ? dhYc : padLeft(dhYc, length)
      return { premaster: withoutLeadingZeros(yield* agree(hs, group, pair, share)) }
    }
    case 'RSA': {
      const { encryptedPreMasterSecret } = hs.read(message, forms.ClientKeyExchangeRSA)
      // Whatever comes of it, the handshake goes on, and a bad one fails at Finished, like every other (RFC 5246 §7.4.7.1).
      const otherwise = config.crypto.random(48)
      const decrypt = identity?.signingKey.decryptPremaster
      if (identity === undefined || decrypt === undefined) throw new TypeError('Nothing decrypts')
      const premaster = yield* hs.settle(
        'decrypting the premaster secret',
        decrypt.call(identity.signingKey, encryptedPreMasterSecret, clientVersion, otherwise),
      )
      // A copy: a keeper of keys may answer `otherwise` itself.
      const secret = premaster.slice()
      otherwise.fill(0)
      return { premaster: secret }
    }
    case 'PSK': {
      const { pskIdentity } = hs.read(message, ClientKeyExchangePSK)
      return { premaster: pskPremaster(yield* findKey(hs, config, pskIdentity)), pskIdentity }
    }
    case 'ECDHE_PSK': {
      const { pskIdentity, ecdhYc } = hs.read(message, ClientKeyExchangeECDHE_PSK)
      const key = yield* findKey(hs, config, pskIdentity)
      return { premaster: pskPremaster(key, yield* agree(hs, group, pair, ecdhYc)), pskIdentity }
    }
  }
}

function* agree(
  hs: HandshakeContext,
  group: KeyExchangeGroup | undefined,
  pair: KeyPair | undefined,
  share: Uint8Array,
): Steps<Uint8Array> {
  if (group === undefined || pair === undefined) throw new TypeError('No group was agreed on')
  const secret = yield* hs.settle('agreeing on the secret', pair.decapsulate(share))
  pair.destroy()
  if (secret === undefined)
    throw new TlsError(
      'ERR_BAD_KEY_SHARE',
      `The client's public key is not a valid one of ${group.name}`,
      { section: 'RFC 8422 §5.11' },
    )
  hs.checked('key share', `the rules of ${group.name}`, 'RFC 8422 §5.11')
  return secret
}

function* findKey(
  hs: HandshakeContext,
  config: ServerConfig,
  identity: Uint8Array,
): Steps<Uint8Array> {
  const found = yield* serverKey(hs, config, identity)
  // What was imported is for TLS 1.3 (RFC 9258 §5.1).
  if (found === undefined || found.imported === true)
    throw new TlsError(
      'ERR_UNKNOWN_PSK_IDENTITY',
      'The client names a pre-shared key that is not known',
    )
  return found.key
}
