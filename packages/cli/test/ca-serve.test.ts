/** `handfast serve` with an authority that is kept: who trusts that trusts the site. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runCli } from './support/cli.ts'
import { serve } from './support/serve.ts'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'handfast-cli-serve-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Resolves once Node's own TLS has accepted the certificate. */
const visit = (port: number, ca: string, servername: string) =>
  new Promise<void>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', ca, servername }, () => {
      socket.destroy()
      resolve()
    })
    socket.on('error', reject)
  })

describe('serve', () => {
  it('has its certificate from the authority that is kept', async () => {
    const folder = temporaryFolder()
    const dir = join(folder, 'ca')
    await runCli(['ca', 'init', '--dir', dir])
    const root = (await runCli(['ca', 'root', '--dir', dir])).stdout
    const words = ['--ca-dir', dir, '--name', 'site.example.test']
    const { port, stderr } = await serve(folder, ...words)
    expect(stderr()).toContain('your authority vouches for')
    await visit(port, root, 'site.example.test')
    const list = (await runCli(['ca', 'list', '--json', '--dir', dir])).stdout
    expect(JSON.parse(list).names).toContain('site.example.test')
  })

  it('needs the passphrase of one that has it, and one that is there', async () => {
    const folder = temporaryFolder()
    const dir = join(folder, 'ca')
    const secret = join(folder, 'passphrase')
    writeFileSync(secret, 'open sesame\n')
    await runCli(['ca', 'init', '--dir', dir, '--passphrase-file', secret])
    const root = (await runCli(['ca', 'root', '--dir', dir])).stdout
    const open = ['--ca-dir', dir, '--passphrase-file', secret]
    await visit((await serve(folder, ...open)).port, root, 'localhost')
    const refused = (...words: string[]) => runCli(['serve', folder, '--port', '0', ...words])
    expect(await refused('--ca-dir', dir)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is encrypted'),
    })
    expect(await refused('--ca-dir', join(folder, 'none'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('handfast ca init'),
    })
  })
})
