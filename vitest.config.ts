import { defineConfig } from 'vitest/config'

// Tests run against the sources: the condition `handfast-source` in each package's exports names them.
export default defineConfig({
  resolve: { conditions: ['handfast-source'] },
  ssr: { resolve: { conditions: ['handfast-source', 'node', 'import'] } },
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'conformance/**/*.test.ts',
      'bench/**/*.test.ts',
      'examples/**/*.test.ts',
    ],
    testTimeout: 30_000,
  },
})
