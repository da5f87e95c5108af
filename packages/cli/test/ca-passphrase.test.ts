/** The passphrase of an authority, typed at a terminal. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runCli } from './support/cli.ts'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'handfast-cli-passphrase-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A terminal at which these lines are typed, one for each question. */
function typing(...lines: readonly string[]) {
  const modes: boolean[] = []
  const left = [...lines]
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode(isRaw: boolean) {
      modes.push(isRaw)
      if (isRaw) setImmediate(() => stdin.write(left.shift() ?? '\x04'))
      return stdin
    },
  })
  return { stdin, modes }
}

describe('a passphrase that is typed', () => {
  it('encrypts the keys, and is asked for where one signs', async () => {
    const dir = join(temporaryFolder(), 'ca')
    const ca = (stdin: PassThrough | string, ...words: string[]) =>
      runCli(['ca', ...words, '--dir', dir], { stdin })
    const made = typing('open sesamx\x7fe\r', 'open sesame\r')
    const { code, stdout, stderr } = await ca(made.stdin, 'init', '--passphrase')
    expect(code, stderr).toBe(0)
    expect(stdout + stderr).not.toContain('sesam')
    // Raw while it is typed, and as it was before afterwards.
    expect(made.modes).toEqual([true, false, true, false])
    expect(readFileSync(join(dir, 'authorities/root/key.pem'), 'utf8')).toContain('ENCRYPTED')
    const list = await ca(typing('open sesame\r').stdin, 'crl')
    expect(list.stdout).toContain('BEGIN X509 CRL')
    expect(list.stderr).not.toContain('sesam')
    expect(await ca(typing('sesame\r').stdin, 'crl')).toMatchObject({ code: 2 })
    for (const broken of ['\x03', '\x04'])
      expect(await ca(typing(broken).stdin, 'crl')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('No passphrase was given'),
      })
    // Nobody is asked who is not there, nor where nothing is signed.
    expect(await ca('', 'crl')).toMatchObject({ code: 2 })
    const silent = typing()
    expect(await ca(silent.stdin, 'list')).toMatchObject({ code: 0 })
    expect(silent.modes).toEqual([])
  })

  it.each([
    ['that differ', ['one\r', 'other\r'], 'not the same'],
    ['that are empty', ['\r', '\r'], 'is empty'],
  ])('makes nothing of two %s', async (_, lines, message) => {
    const dir = join(temporaryFolder(), 'ca')
    const { stdin } = typing(...lines)
    const said = await runCli(['ca', 'init', '--passphrase', '--dir', dir], { stdin })
    expect(said).toMatchObject({ code: 2, stderr: expect.stringContaining(message) })
    expect(await runCli(['ca', 'list', '--dir', dir])).toMatchObject({ code: 2 })
  })

  const hasScript = spawnSync('script', ['--version']).error === undefined

  it.skipIf(!hasScript)(
    'is not shown by a real terminal (script)',
    async () => {
      const start = join(import.meta.dirname, '..', '..', '..', 'scripts', 'start.mjs')
      const dir = join(temporaryFolder(), 'ca')
      /** What the terminal shows while each question is answered, and the exit code. */
      const typed = async (words: string) => {
        const command = `'${process.execPath}' '${start}' ca ${words} --dir '${dir}'`
        const child = spawn('script', ['-qec', command, '/dev/null'])
        let shown = ''
        child.stdout.on('data', (chunk) => {
          shown += chunk
          if (shown.endsWith(': ')) child.stdin.write('open sesame\r')
        })
        const [code] = await once(child, 'close', { signal: AbortSignal.timeout(60_000) })
        return { code, shown }
      }
      const made = await typed('init --passphrase')
      expect(made.code, made.shown).toBe(0)
      expect(made.shown).toContain('the same again')
      const list = await typed('crl')
      expect(list.code, list.shown).toBe(0)
      expect(list.shown).toContain('BEGIN X509 CRL')
      expect(made.shown + list.shown).not.toContain('sesame')
    },
    120_000,
  )
})
