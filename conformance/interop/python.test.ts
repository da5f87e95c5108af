import { python } from './implementations/programs.ts'
import { matrix } from './matrix.ts'

await matrix(python)
