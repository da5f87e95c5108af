/** The certificates that are trusted by default. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as nodeTls from 'node:tls'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { authority } from './certificates.ts'

const { getCACertificates } = nodeTls as { getCACertificates?: (type: string) => string[] }

beforeEach(() => {
  vi.resetModules()
  vi.stubEnv('NODE_EXTRA_CA_CERTS', undefined)
})
afterEach(() => {
  vi.unstubAllEnvs()
})

it('are those of Node', async () => {
  const { defaultRootCertificates } = await import('../../src/node/roots.ts')
  const handfast = await import('../../src/node/index.ts')
  const expected = getCACertificates?.('default') ?? nodeTls.rootCertificates
  expect(defaultRootCertificates()).toEqual([...expected])
  expect(handfast.rootCertificates).toEqual(nodeTls.rootCertificates)
})

it('can all be read', async () => {
  const { defaultTrustStore } = await import('../../src/node/roots.ts')
  const store = defaultTrustStore()
  expect(store.rejected).toEqual([])
  expect(store.anchors.length).toBeGreaterThan(100)
})

it('are indexed once, however many contexts there are', async () => {
  const handfast = await import('../../src/node/index.ts')
  expect(handfast.createSecureContext().trust).toBe(handfast.createSecureContext({}).trust)
})

// Where Node lists them itself, it has read the variable when it started.
it.runIf(getCACertificates === undefined)(
  'have those of NODE_EXTRA_CA_CERTS beside them',
  async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'handfast-')), 'extra.pem')
    const { root, rootDer } = await authority()
    writeFileSync(file, `a comment\n${root}`)
    vi.stubEnv('NODE_EXTRA_CA_CERTS', file)
    const { defaultTrustStore } = await import('../../src/node/roots.ts')
    const ders = defaultTrustStore().anchors.map(({ certificate }) => certificate?.der)
    expect(ders.some((der) => der !== undefined && Buffer.compare(der, rootDer) === 0)).toBe(true)
  },
)

it.runIf(getCACertificates === undefined)(
  'go on without a file that cannot be read, with a warning',
  async () => {
    vi.stubEnv('NODE_EXTRA_CA_CERTS', '/nowhere/at/all.pem')
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const { defaultTrustStore } = await import('../../src/node/roots.ts')
    expect(defaultTrustStore().anchors.length).toBeGreaterThan(100)
    expect(String(warn.mock.calls[0]?.[0])).toContain('NODE_EXTRA_CA_CERTS')
    warn.mockRestore()
  },
)

it('can be read as Node lists them, and replaced', async () => {
  const {
    getCACertificates: get,
    setDefaultCACertificates,
    createSecureContext,
  } = await import('../../src/node/index.ts')
  expect(get('bundled')).toEqual([...nodeTls.rootCertificates])
  expect(get().length).toBeGreaterThan(100)
  const { root } = await authority()
  setDefaultCACertificates([root])
  expect(get()).toEqual([root.trimEnd()])
  expect(createSecureContext().trust.anchors.length).toBe(1)
  expect(() => setDefaultCACertificates('x' as never)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
  )
})
