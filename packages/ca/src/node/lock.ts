/**
 * One writer at a time: a file called `lock`, which says who holds it.
 *
 * It is made by a hard link, so that it exists only whole. When a process dies its lock stays; whoever comes next sees
 * that the process is gone and removes it. Two that see this at the same time must not both remove, or the second would
 * remove the lock that the first has just made: only who first makes the file `lock.broken-TOKEN`, for the token in the
 * dead lock, may remove it. That file is a lock itself, for its maker may die as well, and is broken in the same way.
 */
import { randomUUID } from 'node:crypto'
import { linkSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { explainLink, writeWhole } from './durable.ts'
import { DirectoryError } from './errors.ts'

export interface LockHolder {
  readonly token: string
  readonly pid: number
  readonly host: string
  /** When the process began, by the kernel's count; a later process may have the same number. */
  readonly started: string | undefined
  /** What it does, in words. */
  readonly what: string
  /** ISO 8601. */
  readonly since: string
}

export interface LockOptions {
  /** What the lock is for, in words: others who wait are told. */
  readonly what: string
  /** Milliseconds to wait for another process. Default 30,000. */
  readonly patience?: number | undefined
  /** Hears, once, that another process is waited for. */
  readonly onWait?: ((holder: LockHolder) => void) | undefined
}

const pollInterval = 25 // milliseconds
const tellAfter = 500 // milliseconds

/** Runs the work while nobody else does work in the same folder. */
export async function withLock<T>(
  folder: string,
  options: LockOptions,
  work: () => T | Promise<T>,
): Promise<T> {
  const release = await acquire(folder, options)
  try {
    return await work()
  } finally {
    release()
  }
}

async function acquire(
  folder: string,
  { what, patience = 30_000, onWait }: LockOptions,
): Promise<() => void> {
  const path = join(folder, 'lock')
  const own: LockHolder = {
    token: randomUUID(),
    pid: process.pid,
    host: hostname(),
    started: startOf(process.pid),
    what,
    since: new Date().toISOString(),
  }
  const begun = performance.now()
  let wasTold = false
  while (!take(folder, path, own)) {
    const holder = readHolder(path)
    if (holder === undefined) continue // it has just been released
    if (isDead(holder)) {
      breakLock(folder, path, holder, holder, own)
      await wait(1)
      continue
    }
    const waited = performance.now() - begun
    if (waited > patience) throw tooLong(path, holder)
    if (waited > tellAfter && !wasTold) {
      wasTold = true
      onWait?.(holder)
    }
    await wait(pollInterval)
  }
  return () => unlinkSync(path)
}

/** @returns whether the name was free */
function take(folder: string, path: string, holder: LockHolder): boolean {
  const fresh = join(folder, `lock.new-${randomUUID()}`)
  writeWhole(fresh, `${JSON.stringify(holder)}\n`, 0o600)
  try {
    linkSync(fresh, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw explainLink(error)
  } finally {
    rmSync(fresh, { force: true })
  }
}

/**
 * Removes the lock of a process that is gone, unless someone else does.
 * @param dead whose lock it is. @param last who tried to remove it last, or the dead one itself
 */
function breakLock(
  folder: string,
  path: string,
  dead: LockHolder,
  last: LockHolder,
  own: LockHolder,
): void {
  const claim = join(folder, `lock.broken-${last.token}`)
  if (!take(folder, claim, { ...own, token: randomUUID() })) {
    const breaker = readHolder(claim)
    if (breaker !== undefined && isDead(breaker)) breakLock(folder, path, dead, breaker, own)
    return
  }
  // Only one comes here at a time, and a token that has gone never comes back.
  if (readHolder(path)?.token === dead.token) rmSync(path, { force: true })
  rmSync(claim, { force: true })
  if (last !== dead) rmSync(join(folder, `lock.broken-${dead.token}`), { force: true })
}

/** @returns `undefined` where there is no such file any more */
function readHolder(path: string): LockHolder | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    const { token, pid, host, started, what, since } = JSON.parse(text)
    if (typeof token === 'string' && Number.isSafeInteger(pid)) {
      return { token, pid, host, started, what: String(what), since: String(since) }
    }
  } catch {}
  throw new DirectoryError(
    'damaged',
    `${path} is not a lock of handfast's`,
    'If no other process uses the directory, remove that file.',
  )
}

/** Of a process on another machine nothing is known, so it counts as alive. */
function isDead({ pid, host, started }: LockHolder): boolean {
  if (host !== hostname()) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
  // The number may have been given to another process since.
  const now = startOf(pid)
  return started !== undefined && now !== undefined && now !== started
}

/** The 22nd field of /proc/PID/stat (proc(5)); the name of the program, in brackets, may hold spaces. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

function tooLong(path: string, { pid, host, what, since }: LockHolder): DirectoryError {
  const isHere = host === hostname()
  return new DirectoryError(
    'locked',
    `process ${pid}${isHere ? '' : ` on ${host}`} holds the directory since ${since} (${what})`,
    isHere
      ? 'Wait until it is done, or end it.'
      : `Wait until it is done. If that machine is gone, remove ${path}.`,
  )
}

/** What a process leaves behind that dies between two steps: of no use to anyone after a minute. */
export function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!/^lock\.(new|broken)-/.test(name)) continue
    const path = join(folder, name)
    const { mtimeMs = Infinity } = statSync(path, { throwIfNoEntry: false }) ?? {}
    if (Date.now() - mtimeMs > 60_000) rmSync(path, { force: true })
  }
}
