import { configDefaults, defineConfig } from 'vitest/config'

// Tests run against the sources: the condition `handfast-source` in each package's exports names them.
export default defineConfig({
  resolve: { conditions: ['handfast-source'] },
  ssr: { resolve: { conditions: ['handfast-source', 'node'] } },
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'conformance/**/*.test.ts',
      'bench/**/*.test.ts',
      'examples/**/*.test.ts',
    ],
    // Tests of what would be published: they need a build, and `npm test` runs them after it.
    exclude: [...configDefaults.exclude, 'conformance/packages/**'],
    globalSetup: 'scripts/temporary.mjs',
    setupFiles: 'scripts/seed.mjs',
    // Generous: what hangs is found as well, and a machine with other work is no failure.
    testTimeout: 120_000,
  },
})
