/** The engine with the provider of @noble, bundled from what is published: as it is, and by the condition `handfast-lean`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, defaultClientConditions, type Rollup } from 'vite'
import { cache } from '../../scripts/workspace.mjs'

export type Build = typeof import('handfast') &
  typeof import('handfast/crypto/noble') & { readonly x509: typeof import('@handfast/x509') }

export const everything = `export * from 'handfast'
export * from 'handfast/crypto/noble'
export * as x509 from '@handfast/x509'`

/** What RFC 8446 §9.1 demands of a client, and no more. */
export const client = `export { certificateVerifierOf, clientConnectionOf, tls13ClientOf } from 'handfast'
export { ecdsaP256, ecdsaVerifier, equalBytes, random, rsaVerifiers, secp256r1, sha256, TLS_AES_128_GCM_SHA256 } from 'handfast/crypto/noble'`

/** @returns the text of a program's bundle, without @noble. @param lean whether it is built with the condition */
export async function bundle(program: string, { lean }: { lean: boolean }): Promise<string> {
  const entry = '\0program'
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: [...(lean ? ['handfast-lean'] : []), ...defaultClientConditions] },
    plugins: [
      {
        name: 'program',
        resolveId(id, importer) {
          if (id === entry) return id
          return importer === entry ? this.resolve(id, import.meta.filename) : null
        },
        load: (id) => (id === entry ? program : undefined),
      },
    ],
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      rollupOptions: { input: entry, external: /^@noble\//, preserveEntrySignatures: 'strict' },
    },
  })
  const { output } = (Array.isArray(result) ? result[0] : result) as Rollup.RollupOutput
  return output[0].code
}

/** Runs a bundle of `everything`. */
export async function load(code: string): Promise<Build> {
  mkdirSync(cache, { recursive: true })
  // Where @noble is found.
  const folder = mkdtempSync(join(cache, 'bundle-'))
  try {
    const file = join(folder, 'bundle.mjs')
    writeFileSync(file, code)
    return await import(pathToFileURL(file).href)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
