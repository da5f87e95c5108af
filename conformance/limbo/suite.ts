/** The format of x509-limbo's files (https://x509-limbo.com), as far as this runner reads it. */
import { decodePem } from '../../packages/x509/src/index.ts'

export interface LimboFile {
  readonly version: number
  readonly testcases: readonly LimboCase[]
}

export interface LimboCase {
  readonly id: string
  readonly features?: readonly string[] | null
  readonly validation_kind: 'SERVER' | 'CLIENT'
  /** PEM */
  readonly trusted_certs: readonly string[]
  readonly untrusted_intermediates: readonly string[]
  readonly peer_certificate: string
  /** ISO 8601; null is the present */
  readonly validation_time: string | null
  readonly signature_algorithms?: readonly string[] | null
  readonly key_usage?: readonly string[] | null
  readonly extended_key_usage?: readonly string[] | null
  readonly expected_result: 'SUCCESS' | 'FAILURE'
  readonly expected_peer_name: LimboName | null
  readonly expected_peer_names?: readonly LimboName[] | null
  readonly max_chain_depth: number | null
  readonly crls?: readonly string[] | null
}

export interface LimboName {
  readonly kind: 'DNS' | 'IP' | 'RFC822'
  readonly value: string
}

/** DER of the first block of a PEM text. */
export function fromPem(pem: string): Uint8Array {
  const [block] = decodePem(pem)
  if (block === undefined) throw new Error('the suite has a text that is not PEM')
  return block.der
}
