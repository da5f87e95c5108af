import { botan } from './implementations/botan.ts'
import { matrix } from './matrix.ts'
import { notInstalled, unpackedProgram } from './paths.ts'

await matrix(botan('Botan', unpackedProgram('unstable', 'botan'), notInstalled('Botan')))
