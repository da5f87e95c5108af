import { jsseNewest, jsseSystem } from './implementations/programs.ts'
import { matrix } from './matrix.ts'

await matrix(jsseSystem)
await matrix(jsseNewest)
