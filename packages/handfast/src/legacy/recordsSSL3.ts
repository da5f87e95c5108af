/**
 * Records of SSL 3.0 (RFC 6101 §5.2.3). Their padding may hold any bytes, and the MAC does not cover it: only its length can be
 * checked. Who can make a client send the same secret again and again, and change records on their way, learns it byte by byte
 * (POODLE). Nothing that is done here helps against that: it is the reason why SSL 3.0 is dead.
 */
import { runSteps } from '@handfast/x509'
import { type BlockRules, less } from '../record/blockProtection12.ts'
import { recordMac } from './digestsSSL3.ts'

export const rulesSSL3: BlockRules = {
  mac(hash, secret, data, content) {
    // seq_num, type and length: without the version, which TLS has between the last two.
    const shorter = new Uint8Array(11)
    shorter.set(data.subarray(0, 9))
    shorter.set(data.subarray(11), 9)
    return runSteps(recordMac(hash, secret, shorter, content))
  },
  // Secret and padding of SHA-1, and the 11 bytes above.
  hashedBefore: 20 + 40 + 11,
  readPadding(plaintext, behind, blockLength) {
    const last = plaintext.length - 1
    const value = plaintext[last]!
    const good = ~less(last - behind, value) & less(value, blockLength)
    return { good, length: last - (value & good) }
  },
}
