/** A second process of the same benchmark, in a role of its own: the other end of the connections. */
import { type ChildProcess, fork } from 'node:child_process'

export interface Helper {
  /** What it answers next. */
  answer<T>(): Promise<T>
  tell(message: unknown): void
  stop(): void
}

const helpers = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of helpers) child.kill()
})

/** @param role with what it needs, as JSON */
export function startHelper(role: object): Helper {
  const child = fork(process.argv[1]!, ['--role', JSON.stringify(role)], { stdio: 'inherit' })
  helpers.add(child)
  child.on('exit', () => helpers.delete(child))
  return {
    answer: <T>() =>
      new Promise<T>((resolve, reject) => {
        const onExit = (code: number | null) => {
          child.off('message', onMessage)
          reject(new Error(`the other process ended with ${code}`))
        }
        const onMessage = (message: unknown) => {
          child.off('exit', onExit)
          resolve(message as T)
        }
        child.once('message', onMessage)
        child.once('exit', onExit)
      }),
    tell: (message) => child.send(message as object),
    stop: () => child.kill(),
  }
}

/** The role of this process, where it is a helper. */
export function ownRole<T>(): T | undefined {
  const at = process.argv.indexOf('--role')
  if (at >= 0) process.once('disconnect', () => process.exit())
  return at < 0 ? undefined : (JSON.parse(process.argv[at + 1]!) as T)
}
