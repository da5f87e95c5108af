import { openssl } from './implementations/openssl.ts'
import { matrix } from './matrix.ts'
import { notInstalled, systemProgram, unpackedProgram } from './paths.ts'

await matrix(openssl('OpenSSL 3.0', systemProgram('openssl'), notInstalled('openssl')))
await matrix(
  openssl('OpenSSL 3.6', unpackedProgram('unstable', 'openssl'), notInstalled('OpenSSL 3.6')),
)
await matrix(
  openssl('OpenSSL 4.0', unpackedProgram('experimental', 'openssl'), notInstalled('OpenSSL 4.0')),
)
