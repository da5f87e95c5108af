// ML-KEM of @noble takes 15 ms to load: seven files are opened, and tables made, wherever it is imported. From Node 24.7 on
// the platform has its own, and many programs use none. So what is joined for Node has it as the body of a function that is
// called when ML-KEM is first used: nothing else is synchronous, in one file, and understood by every bundler.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

export const mlKemModule = '@noble/post-quantum/ml-kem.js'
const id = `\0${mlKemModule}`

/** A plugin for what imports it: `ml_kem768` and `ml_kem1024` with the three calls of a KEM. */
export const lazyMlKem = {
  name: 'ML-KEM when it is first used',
  enforce: 'pre',
  resolveId: (source) => (source === mlKemModule ? id : undefined),
  load: (found) => (found === id ? code() : undefined),
}

async function code() {
  const [{ output }] = await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      minify: false,
      target: 'node20',
      lib: { entry: pathOf(mlKemModule), formats: ['iife'], name: 'noble' },
    },
  })
  return `/*! What follows is @noble/post-quantum, with what it needs of @noble/hashes and @noble/curves:

${licenseOf('post-quantum')}*/
let loaded
function load() {
${output[0].code}
return noble
}
function lazily(name) {
  const kem = () => (loaded ??= load())[name]
  return {
    keygen: () => kem().keygen(),
    encapsulate: (publicKey) => kem().encapsulate(publicKey),
    decapsulate: (cipherText, secretKey) => kem().decapsulate(cipherText, secretKey),
  }
}
export const ml_kem768 = /* @__PURE__ */ lazily('ml_kem768')
export const ml_kem1024 = /* @__PURE__ */ lazily('ml_kem1024')
`
}

const pathOf = (specifier) => fileURLToPath(import.meta.resolve(specifier))

/** The three packages are under the same one, which has to go with their code. */
const licenseOf = (name) =>
  readFileSync(new URL(`../node_modules/@noble/${name}/LICENSE`, import.meta.url), 'utf8')
