// Where the bytes are in the bundles that size-limit watches (`.size-limit.mjs`). Build first.
//
//   node scripts/sizes.mjs [PART OF A NAME [--files]]
//
// Of each room (a folder, or a package of others) or file: by how many bytes the compressed bundle would be smaller without
// it, and how long its minified text is. Rooms compress one another, so that the sum is less than the whole.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import bundles from '../.size-limit.mjs'
import { bin, root } from './workspace.mjs'

const [wanted = '', ...flags] = process.argv.slice(2)

for (const entry of bundles) {
  if (!entry.name.includes(wanted)) continue
  const files = bundled(entry)
  const whole = compressed(files)
  process.stdout.write(`${entry.name}: ${whole}\n`)
  const rows = [...new Set(files.map(({ room }) => room))].map((room) => {
    const length = files.reduce((sum, file) => sum + (file.room === room ? file.text.length : 0), 0)
    return { room, length, less: whole - compressed(files.filter((file) => file.room !== room)) }
  })
  for (const { room, length, less } of rows.sort((a, b) => b.less - a.less))
    process.stdout.write(`${String(less).padStart(8)}${String(length).padStart(8)}  ${room}\n`)
}

/** The minified text of each file in the bundle. */
function bundled({ path, import: imports = { [path]: '*' }, modifyEsbuildConfig }) {
  const program = Object.entries(imports).map(
    ([file, names]) => `export ${names} from ${JSON.stringify(join(root, file))}`,
  )
  const options = ['--bundle', '--format=esm', '--minify-syntax', '--minify-identifiers']
  const { conditions = [] } = modifyEsbuildConfig?.({}) ?? {}
  options.push('--legal-comments=none', ...conditions.map((name) => `--conditions=${name}`))
  const text = esbuild(program.join('\n'), options)
  // Before each file stands its name; at the end, what the program exports, by names that stand in other files.
  const parts = text.replace(/\nexport \{[^}]*\};\s*$/, '\n').split(/^\/\/ (?=\S+\.js$)/m)
  return parts.slice(1).map((part) => {
    const end = part.indexOf('\n')
    const file = part.slice(0, end)
    return { room: roomOf(file), text: esbuild(part.slice(end), ['--minify-whitespace']) }
  })
}

function roomOf(file) {
  const others = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]
  const ours = file.replace(/^packages\/(.*?)dist\//, '$1')
  if (flags.includes('--files')) return ours
  return others ?? ours.replace(/[^/]*$/, '')
}

function esbuild(input, options) {
  const { status, stdout, stderr } = spawnSync(bin('esbuild', 'esbuild'), options, {
    cwd: root,
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  if (status !== 0) throw new Error(stderr)
  return stdout
}

function compressed(files) {
  return gzipSync(files.map(({ text }) => text).join(''), { level: 9 }).length
}
