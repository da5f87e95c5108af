/** The hostile peers against the lean build: its code is made of the sources as scripts/join.mjs makes it of what is compiled. */
import { parseAst } from 'vite'
import { defineConfig, mergeConfig } from 'vitest/config'
import { withoutWords } from '../../scripts/lean.mjs'
import base from '../../vitest.config.ts'

const published = /packages\/(x509|handfast)\/src\/(?!node|trace|legacy|crypto\/node).*\.ts$/

export default mergeConfig(
  { ...base, test: { ...base.test, include: [] } },
  defineConfig({
    plugins: [
      {
        name: 'lean sources',
        enforce: 'post',
        transform(code, file) {
          const error = (why: string) => this.error(`${file}: ${why}`)
          if (!published.test(file)) return undefined
          return withoutWords.transform.call(
            { parse: parseAst, error },
            code,
            file.replace(/ts$/, 'js'),
          )
        },
      },
    ],
    test: {
      include: ['packages/handfast/test/engine/hostile.test.ts'],
      env: { HANDFAST_LEAN: '1' },
    },
  }),
)
