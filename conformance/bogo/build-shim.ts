/** The shim as one file and a program: thousands of processes start it, so that nothing may be resolved at run time. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'

const source = new URL('./shim/main.ts', import.meta.url).pathname

/** @returns the path of an executable. @param folder where it and its bundle are put */
export async function buildShim(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true })
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: {
      noExternal: true,
      resolve: { conditions: ['handfast-source', 'node', 'import', 'default'] },
    },
    build: {
      ssr: source,
      outDir: folder,
      emptyOutDir: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'shim.mjs', inlineDynamicImports: true } },
    },
  })
  const program = join(folder, 'shim')
  const quoted = (path: string) => `'${path.replaceAll("'", "'\\''")}'`
  writeFileSync(
    program,
    `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(join(folder, 'shim.mjs'))} "$@"\n`,
  )
  chmodSync(program, 0o755)
  return program
}
