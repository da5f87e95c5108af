import { runTypeScript } from '../../scripts/run-typescript.mjs'

await runTypeScript(new URL('./main.ts', import.meta.url))
