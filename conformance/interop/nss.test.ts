import { nss } from './implementations/nss.ts'
import { matrix } from './matrix.ts'
import { notInstalled, unpackedProgram } from './paths.ts'

const [tstclnt, selfserv, certutil, pk12util] = ['tstclnt', 'selfserv', 'certutil', 'pk12util'].map(
  (name) => unpackedProgram('unstable', name),
)
const programs =
  tstclnt && selfserv && certutil && pk12util
    ? { tstclnt, selfserv, certutil, pk12util }
    : undefined

await matrix(nss('NSS', programs, notInstalled('NSS')))
