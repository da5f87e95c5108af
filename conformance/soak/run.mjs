// Starts main.ts on any supported Node: Vite loads the TypeScript, which Node 20 cannot do by itself.
import { runnerImport } from 'vite'

const { module } = await runnerImport(new URL('./main.ts', import.meta.url).pathname, {
  configFile: false,
  logLevel: 'error',
})
process.exitCode = await module.main(process.argv.slice(2))
