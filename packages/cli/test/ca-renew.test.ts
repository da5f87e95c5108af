/** `ca renew`. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runCli } from './support/cli.ts'

const day = 86_400_000

async function authority() {
  const folder = mkdtempSync(join(tmpdir(), 'handfast-cli-renew-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const ca = (...words: string[]) => runCli(['ca', ...words, '--dir', join(folder, 'ca')])
  expect(await ca('init')).toMatchObject({ code: 0 })
  const at = (name: string) => join(folder, name)
  const read = (name: string) => new X509Certificate(readFileSync(at(name)))
  return { ca, at, read }
}

describe('ca renew', () => {
  it('says what the earlier one did, with another number and key', async () => {
    const { ca, at, read } = await authority()
    await ca('intermediate', 'web')
    const names = ['*.a.test', '192.0.2.1', '2001:db8::1', 'joe@a.test', 'https://a.test/x']
    const options = ['--from', 'web', '--key-type', 'ec-p384', '--days', '9', '--client']
    const made = await ca('issue', ...names, ...options, '--common-name', 'a', '--out', at('a'))
    expect(made.code, made.stderr).toBe(0)
    const earlier = read('a.pem')
    const { code, stderr } = await ca('renew', at('a.pem'), '--out', at('b'))
    expect(code, stderr).toBe(0)
    const renewed = read('b.pem')
    const said = (one: X509Certificate) => [
      ...[one.subject, one.issuer, one.subjectAltName, one.keyUsage],
      one.publicKey.asymmetricKeyDetails,
      Date.parse(one.validTo) - Date.parse(one.validFrom),
    ]
    expect(said(renewed)).toEqual(said(earlier))
    expect(renewed.serialNumber).not.toBe(earlier.serialNumber)
    expect(renewed.checkPrivateKey(keyOf(at('b-key.pem')))).toBe(true)
    expect(renewed.publicKey.equals(earlier.publicKey)).toBe(false)
    // Both are on record, and the earlier one is good until somebody says otherwise.
    const listed = (await ca('list', '--from', 'web', '--json')).stdout.trim().split('\n')
    expect(listed.map((line) => JSON.parse(line).state)).toEqual(['valid', 'valid'])
    expect(stderr).toContain(`ca revoke ${earlier.serialNumber.toLowerCase()}`)
  })

  it('again and again makes no longer life, and none beyond that of the authority', async () => {
    const { ca, at, read } = await authority()
    await ca('intermediate', 'short', '--days', '5')
    await ca('issue', 'a.test', '--from', 'short', '--out', at('0'))
    for (const i of [0, 1, 2])
      expect(await ca('renew', at(`${i}.pem`), '--out', at(`${i + 1}`))).toMatchObject({ code: 0 })
    const end = (name: string) => Date.parse(read(name).validTo)
    expect(end('3.pem')).toBeLessThanOrEqual(end('0.pem'))
    expect(await ca('renew', at('3.pem'), '--days', '2', '--out', at('4'))).toMatchObject({
      code: 0,
    })
    expect(end('4.pem') - Date.now()).toBeLessThan(2.1 * day)
  })

  it('writes over the earlier files only when told to, and takes a number', async () => {
    const { ca, at, read } = await authority()
    await ca('issue', 'a.test', '--out', at('a'))
    const { serialNumber } = read('a.pem')
    expect(await ca('renew', at('a.pem'))).toMatchObject({ code: 2 })
    expect(await ca('renew', serialNumber, '--out', at('b'))).toMatchObject({ code: 0 })
    expect(await ca('renew', at('a.pem'), '--force')).toMatchObject({ code: 0 })
    expect(read('a.pem').serialNumber).not.toBe(serialNumber)
    expect(read('a.pem').checkPrivateKey(keyOf(at('a-key.pem')))).toBe(true)
  })

  it('keeps the key where it is told to', async () => {
    const { ca, at, read } = await authority()
    await ca('issue', 'a.test', '--out', at('a'))
    expect(await ca('renew', at('a.pem'), '--same-key', '--out', at('b'))).toMatchObject({
      code: 0,
    })
    expect(read('b.pem').publicKey.equals(read('a.pem').publicKey)).toBe(true)
    expect(() => readFileSync(at('b-key.pem'))).toThrow(/ENOENT/)
  })

  it('is not for authorities, nor for what was not issued here', async () => {
    const { ca, at } = await authority()
    await ca('intermediate', 'web')
    const [line = ''] = (await ca('list', '--json')).stdout.split('\n')
    expect(await ca('renew', JSON.parse(line).serialNumber, '--out', at('a'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('make a new authority'),
    })
    expect(await ca('renew', '1234')).toMatchObject({ code: 2 })
  })
})

const keyOf = (path: string) => createPrivateKey(readFileSync(path))
