/**
 * Verdicts that accepted a chain, remembered by the very bytes of it: clients meet the same servers again and again. To
 * look one up costs a comparison, and all connections to a server share the one verdict, which would be the greater part
 * of what an idle connection holds.
 *
 * A verdict depends on the chain, on who is trusted (whose table this is), on the name and the use that are asked for, and
 * on the time, of which nothing counts here but the validity of the path. So none is kept that a program's own checks had a
 * part in. Refusals are judged anew each time.
 */
import type { TrustStore, Verdict, VerifyInput } from '@handfast/x509'
import { toText } from '../codec/bytes.ts'

/** How many are remembered for a trust store; the oldest goes first. */
const capacity = 256
/** Bytes of a certificate's end that tell it from others in the table: of its signature. */
const tailLength = 32

interface Remembered {
  readonly chain: readonly Uint8Array[]
  readonly verdict: Verdict
  /** Milliseconds since 1970. */
  readonly notBefore: number
  readonly notAfter: number
}

type Question = Pick<VerifyInput, 'time' | 'usage'> & { readonly name: string | undefined }

const tables = new WeakMap<TrustStore, Map<string, Remembered>>()

/** @param chain as the peer sent it, DER */
export function rememberedVerdict(
  trust: TrustStore,
  question: Question,
  chain: readonly Uint8Array[],
): Verdict | undefined {
  const found = tables.get(trust)?.get(nameOf(question, chain))
  if (found === undefined) return undefined
  const isNow = question.time >= found.notBefore && question.time <= found.notAfter
  const isSame =
    chain.length === found.chain.length &&
    chain.every((der, i) => Buffer.compare(der, found.chain[i]!) === 0)
  return isNow && isSame ? found.verdict : undefined
}

/** Keeps a verdict that accepts. */
export function rememberVerdict(
  trust: TrustStore,
  question: Question,
  chain: readonly Uint8Array[],
  verdict: Verdict,
): void {
  if (!verdict.valid) return
  let table = tables.get(trust)
  if (table === undefined) {
    table = new Map()
    tables.set(trust, table)
  }
  // A Map keeps the order of insertion.
  const [oldest] = table.keys()
  if (oldest !== undefined && table.size >= capacity) table.delete(oldest)
  table.set(nameOf(question, chain), {
    chain: chain.map((der) => der.slice()),
    verdict,
    notBefore: Math.max(...verdict.path.map(({ notBefore }) => notBefore)),
    notAfter: Math.min(...verdict.path.map(({ notAfter }) => notAfter)),
  })
}

function nameOf({ name = '', usage }: Question, [leaf]: readonly Uint8Array[]): string {
  return `${usage} ${name} ${leaf === undefined ? '' : toText(leaf.subarray(-tailLength))}`
}
