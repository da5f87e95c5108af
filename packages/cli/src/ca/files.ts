/** Files that the command writes for whoever asked: certificates for everyone, keys for the owner only. */
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { usageError } from '../exit.ts'
import { reasonOf } from '../options/files.ts'

/** What a certificate's files are called after: `*.example.com` is `_wildcard.example.com`. */
export function fileStem(name: string): string {
  return name
    .replace(/^\*\./, '_wildcard.')
    .replace(/[^A-Za-z0-9._@-]/g, '_')
    .replace(/^[.-]/, '_')
    .slice(0, 200)
}

/** @throws CommandError (usage) where a file is there already */
export function mustBeFree(paths: readonly string[], force: boolean | undefined): void {
  const [there] = force ? [] : paths.filter((path) => existsSync(path))
  if (there !== undefined)
    throw usageError(`${there} exists already`, '--force writes over it; --out names another one.')
}

export function write(path: string, content: string | Uint8Array, isSecret = false): void {
  try {
    writeFileSync(path, content, { mode: isSecret ? 0o600 : 0o644 })
    // The mode counts for new files only.
    if (isSecret) chmodSync(path, 0o600)
  } catch (error) {
    throw usageError(`${path} cannot be written (${reasonOf(error)})`)
  }
}
