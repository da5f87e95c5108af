/** Revocation lists, OCSP responses and lists of timestamps, read and then believed: their signatures always verify. */
import { nodeProvider } from '../../../packages/handfast/src/crypto/node/index.ts'
import { parseTimestampList } from '../../../packages/x509/src/extensions/timestamps.ts'
import {
  checkRevocation,
  parseCertificateRevocationList,
  parseOcspResponse,
  verifyCertificate,
  X509Error,
} from '../../../packages/x509/src/index.ts'
import { agreeableVerifiers } from '../agreeable.ts'
import { readIdentities } from '../identities.ts'

const { root, server } = readIdentities(process.env.FUZZ_FOLDER ?? '.')
const [certificate, ...intermediates] = server[0]!.certificateChain
const { sha256, sha1 } = nodeProvider.hashes
const digests = { sha256: sha256.digest, ...(sha1 && { sha1: sha1.digest }) }
const read = [parseCertificateRevocationList, parseOcspResponse, parseTimestampList]

export function fuzz(input: Uint8Array): void {
  const kind = (input[0] ?? 0) % read.length
  const der = input.subarray(1)
  try {
    read[kind]!(der)
  } catch (error) {
    if (!(error instanceof X509Error)) throw error
  }
  verifyCertificate({
    certificate: certificate!,
    intermediates,
    trust: [root],
    time: Date.now(),
    name: 'server.test',
    usage: 'serverAuth',
    verifiers: agreeableVerifiers,
    additionalChecks: [
      checkRevocation({
        policy: 'require',
        digests,
        ...(kind === 0 ? { crls: [der] } : { stapledOcspResponse: der }),
      }),
    ],
  })
}
