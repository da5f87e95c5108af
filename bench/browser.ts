/**
 * The engine in a browser: handshakes and bulk over the providers that a page can have, both ends in the page's memory,
 * TLS 1.3 with an ECDSA P-256 certificate whose chain is verified.
 *
 *   node bench/run.mjs browser [--browser chromium] [--seconds S] [--only TEXT] [--json OUT]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { createAuthority } from '@handfast/ca'
import type { Figure, Task } from './browser/page.ts'
import { tell, writeJson } from './support/measure.ts'

const { values } = parseArgs({
  options: {
    browser: { type: 'string', default: 'chromium' },
    seconds: { type: 'string', default: '1' },
    json: { type: 'string' },
    only: { type: 'string', default: '' },
  },
})

const serverName = 'server.test'
const authority = await createAuthority()
const issued = await authority.issue({ names: [serverName] })
const task: Task = {
  chain: issued.chainDer.map((der) => [...der]),
  key: [...issued.keyDer],
  root: [...authority.certificateDer],
  serverName,
  seconds: Number(values.seconds),
  only: values.only,
}

/** The page's program, for a browser: made of the sources, as any page would be. */
async function program(): Promise<string> {
  // Of this repository's tools: a static import would be bundled with this file, which is run elsewhere.
  const tools = createRequire(join(process.cwd(), 'package.json'))
  const { build }: typeof import('vite') = await import(pathToFileURL(tools.resolve('vite')).href)
  const made = await build({
    configFile: false,
    logLevel: 'warn',
    resolve: { conditions: ['handfast-source', 'browser', 'import'] },
    build: {
      lib: { entry: join(process.cwd(), 'bench/browser/page.ts'), formats: ['es'] },
      target: 'es2022',
      write: false,
    },
  })
  const [{ output }] = made as unknown as readonly [{ output: readonly [{ code: string }] }]
  return output[0].code
}

const page = `<!doctype html><script type="module">
  import { measure } from '/page.js'
  const tell = (result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) })
  measure(${JSON.stringify(task)}).then((figures) => tell({ figures }), (error) => tell({ error: error.stack }))
</script>`

interface Result {
  readonly figures?: readonly Figure[]
  readonly error?: string
}

const script = await program()
let told: (result: Result) => void = () => {}
const result = new Promise<Result>((resolve) => {
  told = resolve
})
const server = createServer(async (request, response) => {
  if (request.url === '/result') {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    response.end()
    told(JSON.parse(Buffer.concat(chunks).toString()))
    return
  }
  const isScript = request.url === '/page.js'
  response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html')
  response.end(isScript ? script : page)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo
const profile = mkdtempSync(join(tmpdir(), 'handfast-browser-'))
const browser = spawn(
  values.browser,
  [
    ...['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-sync'],
    ...['--disable-background-networking', '--disable-component-update', '--disable-extensions'],
    // WebCrypto is for secure contexts, which localhost is.
    ...[`--user-data-dir=${profile}`, `http://localhost:${port}/`],
  ],
  { stdio: 'ignore' },
)
const failed = once(browser, 'error').then(([error]): Result => ({ error: String(error) }))
const ended = once(browser, 'exit').then((): Result => ({ error: 'the browser ended' }))
try {
  const { figures, error } = await Promise.race([result, failed, ended])
  if (figures === undefined) throw new Error(error)
  const measures = figures.map(({ figure, ...rest }) => ({
    ...rest,
    handfast: figure >= 100 ? Math.round(figure) : Math.round(figure * 100) / 100,
    peers: {},
    ratios: {},
  }))
  for (const measure of measures) tell(measure)
  writeJson(values.json, measures)
} finally {
  browser.kill()
  server.close()
  server.closeAllConnections()
  if (browser.exitCode === null && browser.signalCode === null) await ended
  // Chromium writes for a while after its end.
  rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 300 })
}
