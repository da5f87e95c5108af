/**
 * The shim as one file and a program. Thousands of processes start it, so that nothing is resolved at run time, and what
 * is not there is told by the shell, before Node has started.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import { missingByFlag } from './shim/flags.ts'
import { missingLog, unimplementedCode } from './shim/settings.ts'

const source = new URL('./shim/main.ts', import.meta.url).pathname

export interface Shim {
  /** The path of an executable. */
  readonly program: string
  /** Ends the processes that wait for tests. */
  readonly stop: () => void
}

/**
 * @param folder where the program and its bundle are put
 * @param servers processes that run one test after another for it; with none each test has a process of its own
 */
export async function buildShim(folder: string, servers = 0, environment = {}): Promise<Shim> {
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
  const bundle = join(folder, 'shim.mjs')
  const started = await Promise.all(
    Array.from({ length: servers }, () => serve(bundle, environment)),
  )
  const ports = started.map(({ port }) => port)
  writeFileSync(program, launcher(ports.length === 0 ? ownProcess(bundle) : handOver(ports)))
  chmodSync(program, 0o755)
  return {
    program,
    stop: () => {
      for (const { child } of started) child.kill()
    },
  }
}

async function serve(bundle: string, environment: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [bundle, '--serve'], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, port: Number(port) }
}

function ownProcess(bundle: string): string {
  return `exec ${quoted(process.execPath)} ${quoted(bundle)} "$@"`
}

/** To one of the servers; what it answers is told in `shim/main.ts`. */
function handOver(ports: readonly number[]): string {
  return `ports=(${ports.join(' ')})
exec 3<> "/dev/tcp/127.0.0.1/\${ports[$$ % \${#ports[@]}]}"
printf '%s\\0' "$#" "$@" >&3
read -r code stream <&3
[ "$stream" = 0 ] || cat <&3 >&"\${stream:-2}"
exit "\${code:-1}"`
}

function launcher(run: string): string {
  const missing = [...missingByFlag].map(
    ([flag, reason]) => `    ${flag}) missing ${quoted(reason)} ;;`,
  )
  return `#!/usr/bin/env bash
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
${run}
`
}

/** For the shell: nothing in it has a meaning. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
