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
    // Node marks a module with a default export by one more name, for tools that compile to CommonJS.
    require: Object.keys(require(specifier))
      .filter((name) => name !== '__esModule')
      .sort(),
  }
}
console.log(JSON.stringify(found))
