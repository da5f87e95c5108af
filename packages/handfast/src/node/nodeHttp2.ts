/** Node's own HTTP/2, loaded when somebody speaks it: it takes four milliseconds, and most programs never do. */
type NodeHttp2 = Pick<typeof import('node:http2'), 'connect' | 'createServer'>

let loaded: NodeHttp2 | undefined

/** Its functions, as they were when they were first asked for: `handfast/register` asks before it replaces them. */
export function nodeHttp2(): NodeHttp2 {
  if (loaded === undefined) {
    const { connect, createServer } = process.getBuiltinModule('node:http2')
    loaded = { connect, createServer }
  }
  return loaded
}
