import { gnutls } from './implementations/gnutls.ts'
import { matrix } from './matrix.ts'
import { notInstalled, systemProgram, unpackedProgram } from './paths.ts'

await matrix(
  gnutls(
    'GnuTLS 3.7',
    systemProgram('gnutls-cli'),
    systemProgram('gnutls-serv'),
    notInstalled('GnuTLS'),
  ),
)
await matrix(
  gnutls(
    'GnuTLS 3.8',
    unpackedProgram('unstable', 'gnutls-cli'),
    unpackedProgram('unstable', 'gnutls-serv'),
    notInstalled('GnuTLS 3.8'),
  ),
)
