/**
 * The shim as one file and a program. Thousands of processes start it, so that nothing is resolved at run time, and what
 * is not there is told by the shell, before Node has started.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import { missingByFlag } from './shim/flags.ts'
import { missingLog, unimplementedCode } from './shim/settings.ts'

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
  writeFileSync(program, launcher(join(folder, 'shim.mjs')))
  chmodSync(program, 0o755)
  return program
}

function launcher(bundle: string): string {
  const missing = [...missingByFlag].map(
    ([flag, reason]) => `    ${flag}) missing ${quoted(reason)} ;;`,
  )
  return `#!/bin/sh
missing() {
  echo "$1"
  [ -z "$${missingLog}" ] || echo "$1" >> "$${missingLog}"
  exit ${unimplementedCode}
}
for argument; do
  case $argument in
${missing.join('\n')}
  esac
done
exec ${quoted(process.execPath)} ${quoted(bundle)} "$@"
`
}

/** For the shell: nothing in it has a meaning. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
