// Prints what each specifier given as argument exports, to `import` and to `require()`.

import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const found = {}
for (const specifier of process.argv.slice(2)) {
  const imported = specifier.endsWith('.json')
    ? (await import(specifier, { with: { type: 'json' } })).default
    : await import(specifier)
  found[specifier] = {
    import: Object.keys(imported).sort(),
    require: Object.keys(require(specifier)).sort(),
  }
}
console.log(JSON.stringify(found))
