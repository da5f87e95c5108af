import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether the machine has the `openssl` command, which these tests compare with. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0

/** Runs `openssl`; an argument that is an object stands for a temporary file with that text. */
export function openssl(...args: readonly (string | { pem: string })[]): {
  status: number | null
  output: string
} {
  const folder = mkdtempSync(join(tmpdir(), 'handfast-ca-'))
  try {
    const words = args.map((arg, index) => {
      if (typeof arg === 'string') return arg
      const path = join(folder, `${index}.pem`)
      writeFileSync(path, arg.pem)
      return path
    })
    const { status, stdout, stderr } = spawnSync('openssl', words, { encoding: 'utf8' })
    return { status, output: stdout + stderr }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The text form of a certificate, as `openssl x509 -text` prints it. */
export const opensslText = (certificate: string): string =>
  execFileSync('openssl', ['x509', '-noout', '-text'], { input: certificate, encoding: 'utf8' })
