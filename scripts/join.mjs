// Makes of a package's compiled files: those that Node loads, joined into a few; and those for bundles that have to be small,
// without words (lean.mjs).
//
// Node takes longer to find and open each of some hundred small files than to read what is in them. Bundlers are better off with
// the small ones, since what is not used falls out as whole files: so the lean ones stay apart.
//
// The entries are those that package.json has the condition for. What the joined ones share is in chunks beside them, so that it
// is there once. Other packages stay what they are, but for ML-KEM in what is joined (lazyMlKem.mjs).

import { readFileSync } from 'node:fs'
import { isAbsolute, join, relative } from 'node:path'
import { build } from 'vite'
import { lazyMlKem, mlKemModule } from './lazyMlKem.mjs'
import { withoutWords } from './lean.mjs'
import { manifest } from './workspace.mjs'

/** @param folder of the package. @param dist where its compiled files are, and `joined/` will be */
export async function joinFiles(folder, dist) {
  await remake(folder, dist, 'node', 'joined', {
    target: 'node20',
    plugins: [lazyMlKem, toSources],
    own: [mlKemModule],
    // Bytes: to open another file takes as long as to read so many.
    output: { chunkFileNames: 'chunk-[hash].js', experimentalMinChunkSize: 100_000 },
  })
}

/** @param folder of the package. @param dist where its compiled files are, and `lean/` will be */
export async function leanFiles(folder, dist) {
  await remake(folder, dist, 'handfast-lean', 'lean', {
    target: 'esnext',
    plugins: [toSources, withoutWords],
    output: { preserveModules: true, preserveModulesRoot: dist },
  })
}

/** @param how `own` names modules of others that are made a part of it */
async function remake(folder, dist, condition, to, { target, plugins, own = [], output }) {
  const entries = Object.values(manifest(folder).exports ?? {}).filter((paths) => paths[condition])
  if (entries.length === 0) return
  const nameOf = (path) => relative(join('dist', to), path).replace(/\.js$/, '')
  const input = Object.fromEntries(
    entries.map((paths) => [nameOf(paths[condition]), join(dist, relative('dist', paths.default))]),
  )
  await build({
    configFile: false,
    logLevel: 'warn',
    root: folder,
    plugins,
    build: {
      ssr: true,
      outDir: join(dist, to),
      minify: false,
      sourcemap: true,
      target,
      rollupOptions: {
        input,
        external: (id) => !own.includes(id) && !/^[.\0]/.test(id) && !isAbsolute(id),
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: '[name].js', ...output },
      },
    },
  })
}

/** The maps that the compiler made, so that those of what is made of its files lead to the sources too. */
const toSources = {
  name: 'maps to the sources',
  load(id) {
    if (!id.endsWith('.js')) return undefined
    return { code: readFileSync(id, 'utf8'), map: readFileSync(`${id}.map`, 'utf8') }
  },
}
