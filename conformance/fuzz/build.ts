/** The targets as CommonJS, whose modules Jazzer.js instruments as they are loaded, and the seeds that they begin with. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type UserConfig } from 'vite'

const here = import.meta.dirname
const targetsFolder = join(here, 'targets')

export const targetNames: readonly string[] = readdirSync(targetsFolder)
  .map((file) => file.replace(/\.ts$/, ''))
  .sort()

const common: UserConfig = {
  configFile: false,
  logLevel: 'error',
  ssr: {
    noExternal: true,
    resolve: { conditions: ['handfast-source', 'node', 'import', 'default'] },
  },
} as UserConfig

/** @param folder gets `TARGET.cjs` for each target, `seeds/TARGET/` and `identities.json` */
export async function buildTargets(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await build({
    ...common,
    build: {
      ssr: true,
      outDir: folder,
      emptyOutDir: false,
      target: 'node20',
      minify: false,
      rollupOptions: {
        input: Object.fromEntries(
          targetNames.map((name) => [name, join(targetsFolder, `${name}.ts`)]),
        ),
        output: {
          format: 'cjs',
          entryFileNames: '[name].cjs',
          chunkFileNames: '[name].cjs',
          // What is not ours is not instrumented: see main.ts.
          manualChunks: (id) => (id.includes('node_modules/@noble') ? 'noble' : undefined),
        },
      },
    },
  })
  const [seeds, madeBy] = [join(folder, 'seeds'), join(folder, 'seeds-made-by')]
  if (existsSync(seeds) && existsSync(madeBy) && readFileSync(madeBy, 'utf8') === maker()) return
  rmSync(seeds, { recursive: true, force: true })
  await build({
    ...common,
    build: {
      ssr: join(here, 'seeds.ts'),
      outDir: folder,
      emptyOutDir: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'seeds.mjs', chunkFileNames: '[name].mjs' } },
    },
  })
  const { status, stderr } = spawnSync(process.execPath, [join(folder, 'seeds.mjs'), folder], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`The seeds could not be made: ${stderr}`)
  writeFileSync(madeBy, maker())
}

/** Stands for the programs by which seeds are made and read. */
function maker(): string {
  const hash = createHash('sha256')
  for (const file of readdirSync(here).sort())
    if (file.endsWith('.ts')) hash.update(readFileSync(join(here, file)))
  return hash.digest('hex')
}
