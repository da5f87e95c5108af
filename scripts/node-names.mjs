/**
 * Lists what Node documents of tls, and of what its sockets inherit from net: names only, for the test that holds
 * docs/node-compat.md against them.
 *
 *   node scripts/node-names.mjs <folder with tls.md, net.md and errors.md> <version of Node>
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder, version] = process.argv.slice(2)
if (folder === undefined || version === undefined) {
  console.error('usage: node scripts/node-names.mjs <folder of the documentation> <version>')
  process.exit(2)
}
const read = (name) => readFileSync(join(folder, name), 'utf8')

/** Parts of a document, each below its heading. */
const partsOf = (text) =>
  [...text.matchAll(/^(#{2,5}) (.+)\n([\s\S]*?)(?=^#{2,5} |(?![\s\S]))/gm)].map(
    ([, level, heading, body]) => ({ level: level.length, heading, body }),
  )

const bare = (code) => code.replace(/\(.*/, '').replace(/^new /, '')
const names = new Set()
let owner = ''

function addMembers(text, only = () => true) {
  for (const { level, heading, body } of partsOf(text)) {
    const code = /`([^`]+)`/.exec(heading)?.[1]
    if (level === 2) owner = /^Class:/.test(heading) ? code : ''
    if (!only(owner) || code === undefined) continue
    if (/^Class:/.test(heading)) names.add(code)
    else if (/^Event:/.test(heading)) names.add(`${owner}: ${code.replaceAll("'", '')}`)
    else names.add(bare(code))
    if (/^(new )?tls\.|^socket\.connect\(options/.test(code)) addOptions(bare(code), body)
  }
}

/** `* `name` {type}`: the parameters and options of a function. */
function addOptions(name, body) {
  if (name === 'tls.createSecurePair') return
  // Those of a function stand below its parameter `options`; those of net are in lists of their own.
  const item = name === 'socket.connect' ? /^\* `(\w+)/gm : /^ +\* `(\w+)(?:\(.*?\))?`/gm
  for (const [, option] of body.matchAll(item)) names.add(`${name}: ${option}`)
}

addMembers(read('tls.md'))
addMembers(read('net.md'), (of) => of === 'net.Socket')
const codes = partsOf(read('tls.md')).find(({ heading }) => /error codes/.test(heading)).body
for (const [, code] of codes.matchAll(/^\* `'([A-Z0-9_]+)'`/gm)) names.add(code)
for (const [, code] of read('errors.md').matchAll(/^### `(ERR_TLS_\w+)`/gm)) names.add(code)

/** Documented by later versions than the one whose documentation is read, with the first that has each. */
const later = {
  'socket.getTypeOfService': '24.15.0',
  'socket.server': '26',
  'socket.setTypeOfService': '24.15.0',
  'tls.createSecureContext: certificateCompression': '24.19.0',
  'tls.getCACertificates': '22.15.0',
  'tls.getCertificateCompressionAlgorithms': '24.19.0',
  'tls.setDefaultCACertificates': '22.19.0',
}
for (const name of Object.keys(later)) names.add(name)

const list = {
  source: 'doc/api/tls.md, net.md and errors.md of Node.js: the names that stand in them',
  version,
  later,
  licence: 'MIT, https://github.com/nodejs/node/blob/main/LICENSE',
  names: [...names].sort(),
}
writeFileSync(
  new URL('../packages/handfast/test/node/documentedNames.json', import.meta.url),
  `${JSON.stringify(list, null, 2)}\n`,
)
console.log(`${list.names.length} names of Node ${version}`)
