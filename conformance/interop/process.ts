/** Child processes that always end: each wait has a limit, and each child is ended by its own pid. */

import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { promisify } from 'node:util'

/** Milliseconds: a JVM that starts on a busy machine needs a few seconds. */
export const startLimit = 20_000
/** Milliseconds for a client's whole run. */
export const runLimit = 30_000

const running = new Set<ChildProcessWithoutNullStreams>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export interface Child {
  readonly process: ChildProcessWithoutNullStreams
  /** Standard output so far, as bytes in latin1. */
  stdout(): string
  /** Standard output and standard error so far, in the order of arrival. */
  log(): string
  /** Waits until `test` gives something for all that was printed; rejects at the limit or when the child ends. */
  waitFor<T>(what: string, test: (log: string) => T | undefined, limit?: number): Promise<T>
  /** Waits for the end; at the limit the child is killed, and the promise rejects. */
  ended(limit?: number): Promise<number>
  /** Asks the child to end, and insists after a second. */
  stop(): Promise<string>
}

export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
}

/** Starts a program; the caller ends it with `stop()` or waits with `ended()`. */
export function start(command: string, args: readonly string[], options: StartOptions = {}): Child {
  const child = spawn(command, args, {
    stdio: 'pipe',
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  running.add(child)
  const output: string[] = []
  const log: string[] = []
  const watchers = new Set<() => void>()
  const changed = () => {
    for (const watcher of [...watchers]) watcher()
  }
  let exitCode: number | undefined
  let failure: Error | undefined
  const exit = new Promise<number>((resolve) => {
    child.on('error', (error) => {
      failure = error
      exitCode = -1
      running.delete(child)
      changed()
      resolve(-1)
    })
    child.on('close', (code, signal) => {
      exitCode = code ?? (signal === null ? -1 : 128)
      running.delete(child)
      changed()
      resolve(exitCode)
    })
  })
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    output.push(text)
    log.push(text)
    changed()
  })
  child.stderr.setEncoding('latin1').on('data', (text: string) => {
    log.push(text)
    changed()
  })
  // A child that ends early closes its input: its exit code says so better than EPIPE does.
  child.stdin.on('error', () => {})

  const describe = () =>
    `${command.split('/').pop()} ${args.join(' ')}\n${log.join('').slice(-3000)}`
  const self: Child = {
    process: child,
    stdout: () => output.join(''),
    log: () => log.join(''),
    waitFor(what, test, limit = startLimit) {
      return new Promise((resolve, reject) => {
        const finish = (act: () => void) => {
          clearTimeout(timer)
          watchers.delete(check)
          act()
        }
        const check = () => {
          const found = test(log.join(''))
          if (found !== undefined) finish(() => resolve(found))
          else if (failure !== undefined) {
            finish(() => reject(new Error(`cannot start: ${failure?.message}`)))
          } else if (exitCode !== undefined) {
            finish(() => reject(new Error(`ended (${exitCode}) before ${what}: ${describe()}`)))
          }
        }
        const timer = setTimeout(
          () => finish(() => reject(new Error(`no ${what} within ${limit} ms: ${describe()}`))),
          limit,
        )
        watchers.add(check)
        check()
      })
    },
    async ended(limit = runLimit) {
      let late = false
      const timer = setTimeout(() => {
        late = true
        child.kill('SIGKILL')
      }, limit)
      const code = await exit
      clearTimeout(timer)
      if (failure !== undefined) throw failure
      if (late) throw new Error(`did not end within ${limit} ms: ${describe()}`)
      return code
    },
    async stop() {
      if (exitCode === undefined) {
        child.stdin.end()
        child.kill('SIGTERM')
        const insist = setTimeout(() => child.kill('SIGKILL'), 1000)
        await exit
        clearTimeout(insist)
      }
      return log.join('')
    },
  }
  return self
}

/**
 * Runs a program to its end.
 * @throws when it cannot start or ends with another code than 0
 */
export async function output(command: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(command, args, {
    timeout: startLimit,
    maxBuffer: 64 << 20,
  })
  return stdout + stderr
}

/** A TCP port on 127.0.0.1 that was free a moment ago, for programs that cannot take port 0. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
