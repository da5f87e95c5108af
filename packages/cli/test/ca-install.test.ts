/**
 * `ca install` and `ca uninstall` from end to end: after the one a program that others wrote trusts a server of the
 * authority, by its usual store, and after the other it does no more. (Chromium: conformance/interop/chromium.test.ts.)
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runCli } from './support/cli.ts'
import { tlsServer } from './support/servers.ts'

const start = join(import.meta.dirname, '..', '..', '..', 'scripts', 'start.mjs')

const isThere = (program: string, ...words: string[]) =>
  spawnSync(program, words, { stdio: 'ignore' }).error === undefined

/** A program with nothing in its environment that could name another store. */
async function runProgram(program: string, words: readonly string[], timeout = 60_000) {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(program, words, { env: { PATH, HOME }, timeout, stdio: 'pipe' })
  child.stdin.end()
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  const [status] = await once(child, 'close')
  return { status: status as number | null, output }
}

/** An authority in a folder, and a server with a certificate of it. */
async function site() {
  const folder = mkdtempSync(join(tmpdir(), 'handfast-cli-install-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const dir = join(folder, 'ca')
  const ca = (words: readonly string[], env: Record<string, string> = {}) =>
    runCli(['ca', ...words, '--dir', dir], { env })
  expect(await ca(['init'])).toMatchObject({ code: 0 })
  const out = join(folder, 'localhost')
  expect(await ca(['issue', 'localhost', '--out', out])).toMatchObject({ code: 0 })
  const [cert, key] = [readFileSync(`${out}.pem`), readFileSync(`${out}-key.pem`)]
  const answer = 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'
  const port = await tlsServer({ cert, key }, (socket) => {
    socket.once('data', () => socket.end(answer))
  })
  return { folder, dir, ca, port }
}

const hasNss = isThere('certutil', '-H') && isThere('tstclnt')

it.skipIf(!hasNss)('NSS: its tool trusts the server (certutil, tstclnt)', async () => {
  const { folder, ca, port } = await site()
  // Where Chromium and others look for a person's store.
  const store = join(folder, '.pki', 'nssdb')
  mkdirSync(store, { recursive: true })
  execFileSync('certutil', ['-N', '-d', `sql:${store}`, '--empty-password'])
  const connects = async () => {
    const words = ['-4', '-h', 'localhost', '-p', String(port), '-d', `sql:${store}`, '-Q']
    const { status, output } = await runProgram('tstclnt', words)
    return status === 0 ? 'trusted' : output
  }
  expect(await connects()).toMatch(/SEC_ERROR_UNKNOWN_ISSUER|-8179|not recognized/)
  const install = ['--store', 'nss']
  expect(await ca(['install', ...install, '--dry-run'], { HOME: folder })).toMatchObject({
    code: 0,
  })
  expect(await connects()).not.toBe('trusted')
  const installed = await ca(['install', ...install], { HOME: folder })
  expect(installed, installed.stdout).toMatchObject({ code: 0 })
  expect(await connects()).toBe('trusted')
  expect(await ca(['uninstall', ...install], { HOME: folder })).toMatchObject({ code: 0 })
  expect(await connects()).not.toBe('trusted')
})

const java = `
import java.net.URI;
public class Trusts {
  public static void main(String[] words) throws Exception {
    try (var in = URI.create(words[0]).toURL().openStream()) {
      System.out.println(new String(in.readAllBytes()));
    } catch (javax.net.ssl.SSLHandshakeException e) {
      System.out.println("refused: " + e.getMessage());
      System.exit(1);
    }
  }
}
`

const hasJava = isThere('keytool') && isThere('javac') && isThere('java')

it.skipIf(!hasJava)(
  'Java: a TLS client trusts the server (keytool, java)',
  async () => {
    const { folder, ca, port } = await site()
    const store = join(folder, 'jdk', 'lib', 'security', 'cacerts')
    mkdirSync(dirname(store), { recursive: true })
    // A copy of what this Java comes with.
    const { output } = await runProgram('java', ['-XshowSettings:properties', '-version'])
    const [, home = ''] = /java\.home = (.*)/.exec(output) ?? []
    copyFileSync(join(home, 'lib', 'security', 'cacerts'), store)
    const source = join(folder, 'Trusts.java')
    writeFileSync(source, java)
    const connects = async () => {
      const words = [`-Djavax.net.ssl.trustStore=${store}`, source, `https://localhost:${port}/`]
      return (await runProgram('java', words)).output.trim()
    }
    const env = { JAVA_HOME: join(folder, 'jdk') }
    expect(await connects()).toMatch(/^refused: .*unable to find valid certification path/)
    const installed = await ca(['install', '--store', 'java'], env)
    expect(installed, installed.stdout).toMatchObject({ code: 0 })
    expect(await connects()).toBe('ok')
    expect(await ca(['uninstall', '--store', 'java'], env)).toMatchObject({ code: 0 })
    expect(await connects()).toMatch(/^refused/)
  },
  120_000,
)

// As root, or as whoever is root in a namespace of their own: what is mounted there is seen by nobody else.
const namespace = process.getuid?.() === 0 ? ['--mount'] : ['--mount', '--map-root-user']
const canMount =
  spawnSync('unshare', [...namespace, 'sh', '-c', 'mount --bind /tmp /mnt']).status === 0
const hasDebian = canMount && isThere('update-ca-certificates', '--help') && isThere('curl', '-V')

describe('the system', () => {
  it.skipIf(!hasDebian)(
    'Debian: curl and openssl trust the server (update-ca-certificates, unshare)',
    async () => {
      const { folder, dir, port } = await site()
      const script = `
      set -eu
      mkdir '${folder}/certs' '${folder}/local'
      cp -a /etc/ssl/certs/. '${folder}/certs'
      mount --bind '${folder}/certs' /etc/ssl/certs
      mount --bind '${folder}/local' /usr/local/share/ca-certificates
      connects() {
        curl --silent --show-error --max-time 10 https://localhost:${port}/ >&2 && echo "$1: curl trusts" || echo "$1: curl refuses"
        openssl s_client -connect localhost:${port} -verify_return_error -verify_hostname localhost -CApath /etc/ssl/certs </dev/null >/dev/null 2>&1 \\
          && echo "$1: openssl trusts" || echo "$1: openssl refuses"
      }
      handfast() { '${process.execPath}' '${start}' ca "$@" --store system --dir '${dir}' >&2; }
      connects before
      handfast install
      connects said
      handfast install --as-root
      connects installed
      handfast uninstall --as-root
      connects uninstalled
    `
      const { status, output } = await runProgram(
        'unshare',
        [...namespace, 'sh', '-c', script],
        150_000,
      )
      expect(status, output).toBe(0)
      for (const [when, what] of [
        ['before', 'refuses'],
        ['said', 'refuses'],
        ['installed', 'trusts'],
        ['uninstalled', 'refuses'],
      ]) {
        expect(output).toContain(`${when}: curl ${what}`)
        expect(output).toContain(`${when}: openssl ${what}`)
      }
      expect(output).toContain('sudo cp')
    },
    180_000,
  )
})
