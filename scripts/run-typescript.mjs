import { runnerImport } from 'vite'

/**
 * Runs the `main` of a program in TypeScript with the arguments of this process, on any supported Node: Vite loads it, which
 * Node 20 cannot do by itself.
 * @param {URL} program exports `main`: from arguments to an exit code
 */
export async function runTypeScript(program) {
  const { module } = await runnerImport(program.pathname, {
    configFile: false,
    logLevel: 'error',
    environments: {
      inline: { resolve: { conditions: ['handfast-source', 'node', 'import', 'default'] } },
    },
  })
  process.exitCode = await module.main(process.argv.slice(2))
}
