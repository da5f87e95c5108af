/**
 * Writing so that a crash at any moment leaves the old file or the new one, and never half of one: the content goes
 * into a temporary file, reaches the disk, and then takes its name in one step that the file system makes whole.
 */
import { randomUUID } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DirectoryError } from './errors.ts'

export interface WriteOptions {
  /** Where temporary files are, on the same file system. What is left there after a crash is rubbish. */
  readonly temporary: string
  /** Default 0o644. */
  readonly mode?: number
  /** Fails with EEXIST where the file is there already. */
  readonly exclusive?: boolean
}

export function writeDurably(
  path: string,
  content: string | Uint8Array,
  { temporary, mode = 0o644, exclusive = false }: WriteOptions,
): void {
  const fresh = join(temporary, randomUUID())
  writeWhole(fresh, content, mode)
  if (exclusive) {
    try {
      linkSync(fresh, path)
    } catch (error) {
      throw explainLink(error)
    } finally {
      unlinkSync(fresh)
    }
  } else renameSync(fresh, path)
  syncFolder(dirname(path))
}

/** A new file whose content is on the disk when this returns. */
export function writeWhole(path: string, content: string | Uint8Array, mode: number): void {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  const file = openSync(path, 'wx', mode)
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
    fsyncSync(file)
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
}

/** Makes the names in a folder reach the disk. Windows has no such thing, and needs none. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** EEXIST is an answer; what else a link can fail with is the file system's fault. */
export function explainLink(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') return error
  return new DirectoryError(
    'file-system',
    'the file system of the directory has no hard links',
    'They are how a name is taken only once. Keep the directory on a local disk.',
    error,
  )
}
