// Starts main.ts on any supported Node: Vite loads the TypeScript, which Node 20 cannot do by itself.
import { runnerImport } from 'vite'

const { module } = await runnerImport(new URL('./main.ts', import.meta.url).pathname, {
  configFile: false,
  logLevel: 'error',
  environments: {
    inline: { resolve: { conditions: ['handfast-source', 'node', 'import', 'default'] } },
  },
})
process.exitCode = await module.main(process.argv.slice(2))
