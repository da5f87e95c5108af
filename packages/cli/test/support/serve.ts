/** `handfast serve` in this process, for as long as a test runs. */
import { execFile } from 'node:child_process'
import { Writable } from 'node:stream'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { run } from '../../src/index.ts'

export interface Serving {
  readonly port: number
  stderr(): string
  /** Asks it to stop, as a signal does. @returns the exit code */
  stop(): Promise<number>
}

export async function serve(...words: readonly string[]): Promise<Serving> {
  const stop = new AbortController()
  let stderr = ''
  let stdout = ''
  let tellPort: (port: number) => void
  const port = new Promise<number>((resolve) => {
    tellPort = resolve
  })
  const ended = run(['serve', '--port', '0', ...words], {
    stdin: process.stdin,
    stdout: new Writable({
      write(chunk, _, done) {
        stdout += chunk
        const [, digits] = /^listening on .*:(\d+)\n$/.exec(stdout) ?? []
        if (digits !== undefined) tellPort(Number(digits))
        done()
      },
    }),
    stderr: new Writable({
      write(chunk, _, done) {
        stderr += chunk
        done()
      },
    }),
    env: {},
    stop: stop.signal,
  })
  const serving = {
    stderr: () => stderr,
    stop: () => {
      stop.abort()
      return ended
    },
  }
  onTestFinished(async () => {
    await serving.stop()
  })
  const first = await Promise.race([port, ended.then(() => undefined)])
  if (first === undefined) throw new Error(`serve ended: ${stderr}`)
  return { port: first, ...serving }
}

const execute = promisify(execFile)

export interface Answer {
  readonly status: number
  /** `1.1` or `2`. */
  readonly version: string
  readonly headers: string
  readonly body: string
}

/** A request by curl. */
export async function curl(ca: string, url: string, ...words: readonly string[]): Promise<Answer> {
  const wanted = ['--silent', '--show-error', '--max-time', '10', '--cacert', ca, '--path-as-is']
  const format = '\\n%{http_code} %{http_version}'
  const { stdout } = await execute('curl', [...wanted, '-i', '-w', format, ...words, url])
  const [, text = '', status, version = ''] = /^(.*)\n(\d+) ([\d.]+)$/s.exec(stdout) ?? []
  const end = text.indexOf('\r\n\r\n')
  const [headers, body] = [text.slice(0, end), text.slice(end + 4)]
  return { status: Number(status), version, headers: headers.toLowerCase(), body }
}
