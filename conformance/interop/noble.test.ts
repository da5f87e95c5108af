/** handfast with the provider that is JavaScript alone, against one peer that has everything. */

import { handfastWithNoble } from './implementations/handfast.ts'
import { openssl } from './implementations/openssl.ts'
import { matrix } from './matrix.ts'
import { notInstalled, unpackedProgram } from './paths.ts'

const peer = openssl(
  'OpenSSL 3.6',
  unpackedProgram('unstable', 'openssl'),
  notInstalled('OpenSSL 3.6'),
)
await matrix(peer, handfastWithNoble)
