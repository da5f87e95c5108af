/** What is not named is not in a program: its bundle is made, and the files that something is left of are looked at. */
import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Rollup } from 'vite'
import { expect, it } from 'vitest'

const source = fileURLToPath(new URL('../../src/', import.meta.url))
const x509 = fileURLToPath(new URL('../../../x509/src/', import.meta.url))
const entry = 'virtual:program'

/**
 * The files that code of is left in a program's bundle: of this package below `src`, of `@handfast/x509` as `x509/…`, of
 * others none.
 */
async function filesOf(program: string): Promise<string[]> {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['handfast-source'] },
    plugins: [
      {
        name: 'program',
        resolveId: (id) => (id === entry ? `\0${entry}` : undefined),
        load: (id) => (id === `\0${entry}` ? program : undefined),
      },
    ],
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      rollupOptions: { input: entry, external: /^node:/, preserveEntrySignatures: 'strict' },
    },
  })
  const { output } = (Array.isArray(result) ? result[0] : result) as Rollup.RollupOutput
  return output
    .flatMap((chunk) => (chunk.type === 'chunk' ? Object.entries(chunk.modules) : []))
    .filter(([, { renderedLength }]) => renderedLength > 0)
    .map(([file]) => file.replace(source, '').replace(x509, 'x509/'))
    .filter((file) => !isAbsolute(file))
    .sort()
}

const from = (file: string) => JSON.stringify(source + file)
const isLegacy = (file: string) => /^legacy\/|SSL3|10\.ts$|\/legacy\.ts$/.test(file)
const isServer = (file: string) =>
  /^handshake\/server(?!Name|Hello13)|session\/tickets|replayGuard/.test(file)
const isClassic = (file: string) => /12\.ts$|lassicCipherSuites/.test(file)

it('nothing of the legacy door is in a program of TLS 1.3 and TLS 1.2', async () => {
  const files = await filesOf(
    `export { clientConnection, serverConnection } from ${from('index.ts')}
     export { nodeProvider } from ${from('crypto/node/index.ts')}`,
  )
  expect(files).toContain('handshake/client12.ts')
  expect(files.filter(isLegacy)).toEqual([])
})

it('nor in one of handfast/node', async () => {
  const files = await filesOf(`export * from ${from('node/index.ts')}`)
  expect(files).toContain('handshake/server12.ts')
  expect(files.filter(isLegacy)).toEqual([])
})

it('nothing of a part that a client of TLS 1.3 does not name', async () => {
  const files = await filesOf(
    `export { clientConnectionOf, tls13ClientOf } from ${from('index.ts')}`,
  )
  expect(files).toContain('handshake/client13.ts')
  const parts = /Psk|PreSharedKeys|preSharedKeys|EarlyData|Tickets|compressedCertificate/
  expect(files.filter((file) => parts.test(file))).toEqual([])
})

it('nothing of TLS 1.2 is in a client of TLS 1.3 alone', async () => {
  const files = await filesOf(`export { clientConnectionOf, tls13Client } from ${from('index.ts')}`)
  expect(files).toContain('handshake/client13.ts')
  expect(files.filter((file) => isClassic(file) || isLegacy(file))).toEqual([])
  // The engine asks a verifier; what a certificate is, it does not know. These are not of certificates.
  expect(files.filter((file) => file.startsWith('x509/'))).toEqual([
    'x509/errors.ts',
    'x509/steps.ts',
  ])
  expect(files.filter((file) => isServer(file) || file.startsWith('verifier/'))).toEqual([])
})

it('nothing but path validation is in a verifier that names no part', async () => {
  const files = await filesOf(`export { certificateVerifierOf } from ${from('index.ts')}`)
  expect(files).toContain('x509/verify.ts')
  expect(files.filter((file) => /revocation|transparency|tlsa|ocsp|profiles/.test(file))).toEqual(
    [],
  )
})

it('nor in such a server', async () => {
  const files = await filesOf(`export { serverConnectionOf, tls13Server } from ${from('index.ts')}`)
  expect(files).toContain('handshake/server13.ts')
  expect(files.filter((file) => isClassic(file) || isLegacy(file))).toEqual([])
})

it('it is in one that names it', async () => {
  const files = await filesOf(`export { legacy } from ${from('legacy/index.ts')}`)
  expect(files.filter(isLegacy)).toContain('legacy/ssl30.ts')
})
