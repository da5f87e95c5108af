// Joins the files of a package for Node, which takes longer to find and open each of some hundred small files than to read
// what is in them. Bundlers are better off with the small ones: what is not used falls out as whole files.
//
// The entries are those that package.json has a condition `node` for; what they share is in chunks beside them, so that it
// is there once. Other packages stay what they are, but for ML-KEM (lazyMlKem.mjs).

import { readFileSync } from 'node:fs'
import { isAbsolute, join, relative } from 'node:path'
import { build } from 'vite'
import { lazyMlKem, mlKemModule } from './lazyMlKem.mjs'
import { manifest } from './workspace.mjs'

/** @param folder of the package. @param dist where its compiled files are, and `joined/` will be */
export async function joinFiles(folder, dist) {
  const entries = Object.values(manifest(folder).exports ?? {}).filter((paths) => paths.node)
  if (entries.length === 0) return
  const joined = (path) => relative('dist/joined', path).replace(/\.js$/, '')
  const input = Object.fromEntries(
    entries.map((paths) => [joined(paths.node), join(dist, relative('dist', paths.default))]),
  )
  await build({
    configFile: false,
    logLevel: 'warn',
    root: folder,
    plugins: [lazyMlKem, toSources],
    build: {
      ssr: true,
      outDir: join(dist, 'joined'),
      minify: false,
      sourcemap: true,
      target: 'node20',
      rollupOptions: {
        input,
        external: (id) => id !== mlKemModule && !/^[.\0]/.test(id) && !isAbsolute(id),
        preserveEntrySignatures: 'strict',
        output: {
          entryFileNames: '[name].js',
          chunkFileNames: 'chunk-[hash].js',
          // Bytes: to open another file takes as long as to read so many.
          experimentalMinChunkSize: 100_000,
        },
      },
    },
  })
}

/** The maps that the compiler made, so that those of what is joined lead to the sources too. */
const toSources = {
  name: 'maps to the sources',
  load(id) {
    if (!id.endsWith('.js')) return undefined
    return { code: readFileSync(id, 'utf8'), map: readFileSync(`${id}.map`, 'utf8') }
  },
}
