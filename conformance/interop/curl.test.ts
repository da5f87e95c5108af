import { curl } from './implementations/curl.ts'
import { matrix } from './matrix.ts'
import { notInstalled, systemProgram, unpackedProgram } from './paths.ts'

await matrix(curl('curl (system)', systemProgram('curl'), notInstalled('curl')))
await matrix(
  curl('curl (newer)', unpackedProgram('unstable', 'curl'), notInstalled('the newer curl')),
)
