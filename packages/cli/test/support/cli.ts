/** Runs the command in this process, with streams in memory for a terminal. */
import { Readable, Writable } from 'node:stream'
import { type ExitCode, run } from '../../src/index.ts'

export interface Outcome {
  readonly code: ExitCode
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly stdin?: Readable | string
  readonly env?: Readonly<Record<string, string>>
  readonly stop?: AbortSignal
}

export async function runCli(words: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const stdout = collector()
  const stderr = collector()
  const { stdin = '', env = {}, stop = new AbortController().signal } = options
  const code = await run(words, {
    stdin: typeof stdin === 'string' ? Readable.from(stdin === '' ? [] : [stdin]) : stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    env,
    stop,
  })
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

function collector() {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk, _, done) {
      chunks.push(Buffer.from(chunk))
      done()
    },
  })
  return { stream, text: () => Buffer.concat(chunks).toString() }
}
