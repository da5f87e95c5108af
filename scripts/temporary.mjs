// Gives a run of the tests a folder for temporary files, and removes it with all that the tests left there.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export default function setup() {
  const before = process.env.TMPDIR
  // A short name: the path of a unix socket has 107 bytes.
  const folder = mkdtempSync(join(tmpdir(), 'hf-'))
  // Servers that will not run as root enter folders in it.
  chmodSync(folder, 0o711)
  process.env.TMPDIR = folder
  return function teardown() {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
