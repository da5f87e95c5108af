/** Programs of others that a connection talks to over loopback. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type Socket } from 'node:net'
import { afterAll } from 'vitest'
import type { Connection } from '../../src/connection.ts'
import type { Session } from '../../src/session/session.ts'

/** Runs a connection over a socket until both sides have said what they have to say. */
export function run(connection: Connection, socket: Socket, said: string, wanted: RegExp) {
  return new Promise<{ text: string; sessions: Session[] }>((resolve, reject) => {
    let text = ''
    const sessions: Session[] = []
    const step = () => {
      for (let event = connection.nextEvent(); event; event = connection.nextEvent()) {
        if (event.type === 'handshakeComplete') connection.write(Buffer.from(said))
        if (event.type === 'data') text += Buffer.from(event.data).toString()
        if (event.type === 'session') sessions.push(event.session)
        if (event.type === 'failed') reject(event.error)
      }
      if (wanted.test(text)) connection.close()
      for (const record of connection.takeOutput()) socket.write(record)
      if (wanted.test(text)) {
        socket.end()
        resolve({ text, sessions })
      }
    }
    socket.on('data', (bytes) => {
      connection.receive(bytes)
      step()
    })
    socket.on('error', reject)
    socket.on('close', () => reject(connection.error ?? new Error(`closed after ${text}`)))
    step()
  })
}

const children = new Set<ChildProcess>()
afterAll(() => {
  for (const child of children) child.kill()
})

export function program(command: string, args: readonly string[]) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  children.add(child)
  child.stdin.on('error', () => {})
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => {
      output += bytes
    })
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  return {
    child,
    ended,
    output: () => output,
    async until(pattern: RegExp) {
      for (let i = 0; i < 1500; i++) {
        const found = pattern.exec(output)
        if (found !== null) return found
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      throw new Error(`${command} did not say ${pattern}: ${output}`)
    },
  }
}

/** For a program that cannot choose its port itself. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
