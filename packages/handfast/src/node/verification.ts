/**
 * Who is the peer? The verifier that the adapter gives to the engine: x509's verdict, in Node's words, with
 * `checkServerIdentity` and `rejectUnauthorized` as node:tls has them.
 */
import {
  type MaybePromise,
  parseCertificate,
  runSteps,
  type Steps,
  settle,
  type Verdict,
} from '@handfast/x509'
import type { PeerCertificate } from '../config.ts'
import { checkServerIdentity, type LegacyCertificate } from './identity.ts'
import { detailedCertificate } from './peerCertificate.ts'
import { rememberedVerdict, rememberVerdict } from './rememberedVerdicts.ts'
import type { SecureContext } from './secureContext.ts'
import { verifyError } from './verifyErrors.ts'

/** Decides about the server's name; an error refuses it. node:tls has the same shape, without the promise. */
export type IdentityCheck = (
  hostname: string,
  cert: LegacyCertificate,
) => MaybePromise<Error | undefined>

export interface VerificationOptions {
  readonly context: SecureContext
  /** False accepts whoever it is, and only remembers what was found. */
  readonly rejectUnauthorized: boolean
  /** Client: the name that the certificate must be for. */
  readonly hostname?: string | undefined
  /** Client: Node's option. */
  readonly checkServerIdentity?: IdentityCheck | undefined
}

/** One connection's judgement of its peer. */
export class Verification {
  readonly #options: VerificationOptions
  /** What was found at last, whether or not it was enforced. One that accepts may be of an earlier connection. */
  verdict: Verdict | undefined
  /** Why the peer is not authorized; undefined where it is, or has shown nothing. */
  error: Error | undefined

  /** Whose trusted certificates count: the server may learn it from the ClientHello. */
  #context: SecureContext

  constructor(options: VerificationOptions) {
    this.#options = options
    this.#context = options.context
  }

  useContext(context: SecureContext): void {
    this.#context = context
  }

  verify(peer: PeerCertificate): MaybePromise<Verdict> {
    return runSteps(this.#steps(peer))
  }

  *#steps(peer: PeerCertificate): Steps<Verdict> {
    const { hostname, rejectUnauthorized } = this.#options
    const context = this.#context
    const custom = this.#customCheck()
    const question = {
      time: peer.time,
      usage: peer.role === 'server' ? 'serverAuth' : 'clientAuth',
      name: hostname === undefined || custom !== undefined ? undefined : hostname,
    } as const
    // What more is demanded may depend on what is not in the chain.
    const plain = context.demands === undefined
    let found = plain ? rememberedVerdict(context.trust, question, peer.chain) : undefined
    if (found === undefined) {
      const chain = [...peer.chain, ...context.intermediates]
      found = yield* settle(context.verify({ ...peer, chain, serverName: question.name }))
      if (plain && found.path[0]?.tlsFeature === undefined)
        rememberVerdict(context.trust, question, peer.chain, found)
    }
    this.verdict = found
    this.error = verifyError(found, context.intermediates)
    if (this.error === undefined && hostname !== undefined) {
      if (custom !== undefined) {
        this.error = yield* ask(custom, hostname, detailedCertificate(peer.chain, found))
      } else if (!found.valid)
        this.error = checkServerIdentity(hostname, detailedCertificate(peer.chain, found))
    }
    // The engine lets in whom the verdict calls valid; what was really found stays here.
    if (!rejectUnauthorized) return found.valid ? found : letIn(found, peer)
    return this.error === undefined || !found.valid ? found : refused(found, this.error)
  }

  /** The check that the program brings; its own name for ours means ours. */
  #customCheck(): IdentityCheck | undefined {
    const check = this.#options.checkServerIdentity
    return check === checkServerIdentity ? undefined : check
  }
}

/** Asks the program; whatever it throws or answers refuses, but for nothing. */
function* ask(
  check: IdentityCheck,
  hostname: string,
  cert: LegacyCertificate,
): Steps<Error | undefined> {
  let answer: unknown
  try {
    answer = yield* settle(check(hostname, cert))
  } catch (thrown) {
    answer = thrown ?? new Error('checkServerIdentity threw nothing')
  }
  if (answer === undefined || answer === null || answer === false) return undefined
  return answer instanceof Error ? answer : new Error(String(answer))
}

/** Where not even the names of a certificate can be read, its key may be. @throws X509Error where it is no certificate */
function letIn(found: Verdict, { chain: [leaf] }: PeerCertificate): Verdict {
  const path = leaf && found.path.length === 0 ? [parseCertificate(leaf)] : found.path
  return { ...found, valid: true, path }
}

/** The engine speaks of a refusal by a verdict: this one says that the program refused. */
function refused(verdict: Verdict, error: Error): Verdict {
  return {
    ...verdict,
    valid: false,
    failures: [
      {
        code: 'name-mismatch',
        message: `checkServerIdentity refused the certificate: ${error.message}`,
        help: 'The program that connects decides this, by its option checkServerIdentity.',
        section: 'RFC 9525 §6',
      },
    ],
  }
}
