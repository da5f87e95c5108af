// Fails unless the installed package in the folder given as argument is whole: a licence, a
// readme, and for each compiled file its types and a source map whose sources are there.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const folder = process.argv[2]
const missing = ['LICENSE', 'README.md'].filter((name) => !existsSync(join(folder, name)))
const scripts = readdirSync(join(folder, 'dist'), { recursive: true }).filter((name) =>
  name.endsWith('.js'),
)
if (scripts.length === 0) missing.push('dist/*.js')
for (const script of scripts) {
  const path = join(folder, 'dist', script)
  // What is joined for Node, and what is lean, has the types of the files that it is made of.
  const types = join(folder, 'dist', script.replace(/^lean\W/, '').replace(/\.js$/, '.d.ts'))
  if (!script.startsWith('joined') && !existsSync(types)) missing.push(`types of dist/${script}`)
  const { sources } = JSON.parse(readFileSync(`${path}.map`, 'utf8'))
  for (const source of sources) {
    if (!existsSync(resolve(dirname(path), source))) missing.push(`${source} of dist/${script}`)
  }
}
if (missing.length > 0) {
  console.error(`${folder} lacks ${missing.join(', ')}`)
  process.exitCode = 1
}
