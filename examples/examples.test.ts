/** The examples run, as their readers would run them, and say what their readers should see. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { build } from '../scripts/build.mjs'

const expected: Readonly<Record<string, RegExp>> = {
  'https-get.mjs': /^TLSv1\.3, TLS_\w+\nstatus 200\nhello\n$/,
  'mutual-tls.mjs':
    /^hello email:alice@example\.test\nrefused: \w+\nthe stranger hears: certificate_required\n$/,
  'any-transport.mjs':
    /^agreed: TLS_AES_128_GCM_SHA256, X25519MLKEM768\nechoed: over any transport\n$/,
  'custom-client-hello.mjs':
    /^the server sees: supported_versions, .*server_name, 0x1234\nthe two agree on secp256r1\n$/,
  'watch-a-handshake.mjs':
    /^--> ClientHello, \d+ bytes\n.*<-- ServerHello.*cipher_suite: TLS_AES_128_GCM_SHA256.*--> Finished, 36 bytes/s,
}

beforeAll(async () => {
  await build()
}, 60_000)

it('each has its test', () => {
  const programs = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.mjs'))
  expect(programs.sort()).toEqual(Object.keys(expected).sort())
})

it.each(Object.entries(expected))('%s', (name, output) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, name)],
    { encoding: 'utf8', timeout: 20_000 },
  )
  expect(stderr).toBe('')
  expect(status).toBe(0)
  expect(stdout).toMatch(output)
})
