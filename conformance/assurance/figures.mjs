// Writes the figures of the last runs into docs/assurance.md, between its two marks. A row whose run told nothing on this
// machine stays: what a long run told is not lost by the short ones of another day.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/workspace.mjs'

const folder = join(root, 'conformance', '.cache', 'assurance')
const document = join(root, 'docs', 'assurance.md')
const [begin, end] = ['<!-- figures -->', '<!-- end of figures -->']

const titles = {
  model: 'Model of the protocol',
  fuzz: 'Fuzzing',
  'differential-openssl': 'Differences from OpenSSL',
  'differential-go': 'Differences from Go',
  'differential-rustls': 'Differences from rustls',
  'bogo-node-20': 'BoGo, on Node 20',
  'bogo-node-24': 'BoGo, on Node 24',
  load: 'Load',
  'transfer-TLSv1.3': 'Transfer, TLS 1.3',
  'transfer-TLSv1.2': 'Transfer, TLS 1.2',
  soak: 'Soak',
  secrets: 'Secrets',
}
const all = Object.entries(titles).flatMap(([name, title]) => [
  [name, title],
  [`${name}-long`, `${title}, the long run`],
])

const text = readFileSync(document, 'utf8')
const rowOf = (title) => text.split('\n').filter((line) => line.startsWith(`| ${title} | `))
const files = new Set(readdirSync(folder))
const rows = all.flatMap(([name, title]) => {
  if (!files.has(`${name}.json`)) return rowOf(title)
  const { node, date, figures } = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))
  const said = Object.entries(figures).map(([what, figure]) => `${what}: ${figure}`)
  return [`| ${title} | ${said.join('<br>')} | ${node}, ${date} |`]
})
const table = ['| run | figures | Node, day |', '|---|---|---|', ...rows].join('\n')

const [before, rest] = text.split(begin)
const after = rest?.split(end)[1]
if (after === undefined) throw new Error(`docs/assurance.md lacks ${begin} or ${end}`)
writeFileSync(document, `${before}${begin}\n\n${table}\n\n${end}${after}`)
console.log(`docs/assurance.md holds the figures of ${rows.length} runs`)
