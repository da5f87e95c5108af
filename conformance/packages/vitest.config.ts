import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['conformance/packages/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 600_000, // the first run fetches four releases of Node
  },
})
