/** Thousands of clients, most of them bad: each kind does its own, until it is told to let go. */
import { readFileSync } from 'node:fs'
import { connect as connectPlainly, type Socket } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { answering } from './answering.ts'

const { ca } = JSON.parse(readFileSync(process.argv[2]!, 'utf8'))
const sockets = new Set<Socket>()
const timers = new Set<NodeJS.Timeout>()
let session: Buffer | undefined

// A ClientHello's header and beginning: more of it is promised than comes.
const hello = Uint8Array.of(22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, ...new Uint8Array(120))

function plain(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connectPlainly(port, '127.0.0.1')
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => {
      sockets.delete(socket)
      resolve(socket)
    })
    socket.once('connect', () => resolve(socket))
  })
}

function secure(port: number): Promise<TLSSocket> {
  return new Promise((resolve) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca,
      ...(session && { session }),
    })
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('session', (fresh) => {
      session ??= fresh
    })
    socket.once('close', () => {
      sockets.delete(socket)
      resolve(socket)
    })
    socket.once('secureConnect', () => resolve(socket))
  })
}

function every(milliseconds: number, act: () => void): void {
  timers.add(setInterval(act, milliseconds))
}

let flooded = 0
/** One client of each kind, when it has done what it does at once. */
const kinds: Readonly<Record<string, (port: number) => Promise<unknown>>> = {
  async silent(port) {
    await plain(port)
  },
  async stopping(port) {
    ;(await plain(port)).write(hello)
  },
  async dripping(port) {
    const socket = await plain(port)
    let at = 0
    every(1000, () => {
      if (!socket.destroyed && at < hello.length) socket.write(hello.subarray(at, ++at))
    })
  },
  async halfClosing(port) {
    ;(await plain(port)).end(hello)
  },
  async resetting(port) {
    const socket = await plain(port)
    socket.write(hello, () => socket.resetAndDestroy())
  },
  /** Sends what is no TLS, for as long as it may. */
  async flooding(port) {
    const socket = await plain(port)
    const noise = Buffer.alloc(16_384, 22)
    const more = () => {
      while (!socket.destroyed && socket.write(noise));
    }
    socket.on('drain', more)
    more()
  },
  /** Sends data that nobody reads. */
  async filling(port) {
    const socket = await secure(port)
    socket.write('!')
    const data = Buffer.alloc(16_384, 'x')
    const more = () => {
      while (!socket.destroyed && socket.write(data)) flooded += data.length
    }
    socket.on('drain', () => {
      flooded += data.length
      more()
    })
    more()
  },
  async good(port) {
    const socket = await secure(port)
    await new Promise((resolve) => {
      socket.once('data', resolve)
      socket.once('close', resolve)
      socket.write('hello')
    })
    socket.resume()
  },
}

/** Milliseconds that an answer takes, over one connection and with a new one each time. */
async function probe(port: number, times: number) {
  const socket = await secure(port)
  const echoes: number[] = []
  const handshakes: number[] = []
  const exchange = (over: Socket) =>
    new Promise<void>((resolve) => {
      const done = () => {
        over.removeListener('data', done)
        over.removeListener('close', done)
        resolve()
      }
      over.on('data', done)
      over.on('close', done)
      over.write('ping')
    })
  for (let i = 0; i < times; i++) {
    let started = performance.now()
    await exchange(socket)
    echoes.push(performance.now() - started)
    started = performance.now()
    const fresh = await secure(port)
    await exchange(fresh)
    handshakes.push(performance.now() - started)
    fresh.destroy()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  socket.destroy()
  const at = (values: number[], part: number) =>
    values.sort((a, b) => a - b)[Math.floor(part * values.length)] ?? Number.NaN
  return {
    echo: at(echoes, 0.5),
    echoWorst: at(echoes, 0.95),
    handshake: at(handshakes, 0.5),
    handshakeWorst: at(handshakes, 0.95),
  }
}

answering({
  async come({ port, crowd }: { port: number; crowd: Record<string, number> }) {
    const queue = Object.entries(crowd).flatMap(([kind, count]) => Array<string>(count).fill(kind))
    // All kinds at once, a hundred under way at a time.
    const mixed = queue.map((kind, i) => ({ kind, order: (i * 7919) % queue.length }))
    mixed.sort((a, b) => a.order - b.order)
    let next = 0
    const work = async () => {
      while (next < mixed.length) await kinds[mixed[next++]!.kind]!(port)
    }
    await Promise.all(Array.from({ length: 100 }, work))
    return { open: sockets.size }
  },
  probe: ({ port, times }: { port: number; times: number }) => probe(port, times),
  look: () => ({ open: sockets.size, flooded }),
  async leave() {
    for (const timer of timers) clearInterval(timer)
    for (const socket of sockets) socket.destroy()
    while (sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 10))
  },
})
