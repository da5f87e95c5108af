/**
 * A folder as a web site: GET and HEAD, index.html, a listing where there is none, ranges (RFC 9110 §14), conditional
 * requests by date. Nothing outside of the folder is reached: neither by `..`, nor by a link, nor by a hidden name.
 */
import { createReadStream, type Stats } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { pipeline } from 'node:stream'
import { contentTypeOf } from './contentTypes.ts'
import type { Handler, Reply } from './http.ts'

interface Found {
  readonly path: string
  readonly stats: Stats
}

/** @param folder an existing folder, as `realpath` gives it */
export function directoryHandler(folder: string): Handler {
  return (request, reply) => {
    answer(folder, request.method ?? '', request.url ?? '/', request.headers, reply).catch(() => {
      say(reply, 500, 'The server failed to read this.')
    })
  }
}

async function answer(
  folder: string,
  method: string,
  url: string,
  headers: NodeJS.Dict<string | string[]>,
  reply: Reply,
): Promise<void> {
  if (method !== 'GET' && method !== 'HEAD') {
    reply.setHeader('Allow', 'GET, HEAD')
    return say(reply, 405, 'Only GET and HEAD are served here.')
  }
  const names = namesIn(url)
  if (names === undefined) return say(reply, 400, 'This path cannot be.')
  const wanted = join(folder, ...names)
  const found = await find(folder, wanted)
  if (found === undefined) return say(reply, 404, 'There is no such file.')
  if (found.stats.isFile()) return sendFile(found, method, headers, reply)
  const [path = '/', query] = url.split('?', 2)
  if (!path.endsWith('/')) {
    // Relative links of a page count from its last slash. A path of ours begins with one slash: no other host is meant.
    const location = `/${names.map(encodeURIComponent).join('/')}/${query === undefined ? '' : `?${query}`}`
    reply.setHeader('Location', location)
    return say(reply, 301, 'It is a folder.')
  }
  const index = await find(folder, join(wanted, 'index.html'))
  if (index?.stats.isFile()) return sendFile(index, method, headers, reply)
  return sendListing(found.path, names, method, reply)
}

/** The parts of a path; undefined for one that would lead elsewhere or to something hidden. */
function namesIn(url: string): readonly string[] | undefined {
  let path: string
  try {
    path = decodeURIComponent(url.split(/[?#]/, 1)[0] ?? '')
  } catch {
    return undefined
  }
  if (!path.startsWith('/') || path.includes('\0') || path.includes('\\')) return undefined
  const names = path.split('/').filter((name) => name !== '' && name !== '.')
  return names.some((name) => name.startsWith('.') && name !== '.well-known') ? undefined : names
}

/** Looks a path up; a link that leaves the folder is not there. */
async function find(folder: string, wanted: string): Promise<Found | undefined> {
  try {
    const path = await realpath(wanted)
    if (path !== folder && !path.startsWith(folder.endsWith(sep) ? folder : folder + sep))
      return undefined
    const stats = await stat(path)
    // A pipe or a device would never end.
    return stats.isFile() || stats.isDirectory() ? { path, stats } : undefined
  } catch {
    return undefined
  }
}

function sendFile(
  { path, stats }: Found,
  method: string,
  headers: NodeJS.Dict<string | string[]>,
  reply: Reply,
): void {
  const modified = new Date(Math.floor(stats.mtimeMs / 1000) * 1000)
  reply.setHeader('Last-Modified', modified.toUTCString())
  reply.setHeader('Accept-Ranges', 'bytes')
  const since = headers['if-modified-since']
  if (typeof since === 'string' && modified.getTime() <= Date.parse(since)) {
    reply.writeHead(304)
    reply.end()
    return
  }
  reply.setHeader('Content-Type', contentTypeOf(path))
  const range = headers['if-range'] === undefined ? rangeOf(headers.range, stats.size) : 'all'
  if (range === 'unsatisfiable') {
    reply.setHeader('Content-Range', `bytes */${stats.size}`)
    say(reply, 416, 'The file has no such range.')
    return
  }
  const { start, end } = range === 'all' ? { start: 0, end: stats.size } : range
  reply.setHeader('Content-Length', end - start)
  if (range !== 'all') reply.setHeader('Content-Range', `bytes ${start}-${end - 1}/${stats.size}`)
  reply.writeHead(range === 'all' ? 200 : 206)
  if (method === 'HEAD' || end === start) {
    reply.end()
    return
  }
  pipeline(createReadStream(path, { start, end: end - 1 }), reply, () => {})
}

type Range = { readonly start: number; readonly end: number } | 'all' | 'unsatisfiable'

/** One range of RFC 9110 §14.1.2; several, or another unit, are answered with the whole. */
function rangeOf(header: string | string[] | undefined, size: number): Range {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(String(header ?? '')) ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return 'all'
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1)
  return start < end ? { start, end } : 'unsatisfiable'
}

async function sendListing(
  path: string,
  names: readonly string[],
  method: string,
  reply: Reply,
): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true })
  const shown = entries
    .filter(({ name }) => !name.startsWith('.'))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .sort()
  const title = escapeHtml(`/${names.join('/')}`)
  const items = [...(names.length > 0 ? ['../'] : []), ...shown].map(
    (name) =>
      `<li><a href="${escapeHtml(encodeURI(name).replace(/[?#]/g, encodeURIComponent))}">${escapeHtml(name)}</a></li>`,
  )
  const page = `<!doctype html><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><ul>${items.join('')}</ul>\n`
  send(reply, 200, 'text/html; charset=utf-8', page, method === 'HEAD')
}

function escapeHtml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

function say(reply: Reply, status: number, text: string): void {
  if (reply.headersSent) reply.destroy()
  else send(reply, status, 'text/plain; charset=utf-8', `${text}\n`)
}

function send(reply: Reply, status: number, type: string, body: string, headOnly = false): void {
  reply.setHeader('Content-Type', type)
  reply.setHeader('Content-Length', Buffer.byteLength(body))
  reply.writeHead(status)
  reply.end(headOnly ? undefined : body)
}
