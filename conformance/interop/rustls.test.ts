import { rustls } from './implementations/programs.ts'
import { matrix } from './matrix.ts'

await matrix(rustls)
