/** PKCS #12 files, opened by openssl, by Java and by NSS. */
import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { AuthorityError, createAuthority } from '../src/index.ts'
import { createPkcs12 } from '../src/node/index.ts'
import { hasOpenssl, openssl } from './openssl.ts'
import { has, temporaryFolder } from './support.ts'

const password = 'pässword 1'
/** Java takes no others. */
const asciiPassword = 'password 1'

async function make(secret = password) {
  const authority = await (await createAuthority()).createIntermediate()
  const issued = await authority.issue({ names: ['a.example.test'] })
  const { keyDer: key, chainDer: chain } = issued
  const file = join(temporaryFolder(), 'identity.p12')
  const pfx = createPkcs12({ key, chain, password: secret, friendlyName: 'a.example.test' })
  writeFileSync(file, pfx)
  return { issued, file, pfx }
}

describe('a PKCS #12 file', () => {
  it.runIf(hasOpenssl)('gives openssl the key and the chain, with the password only', async () => {
    const { issued, file } = await make()
    const read = (pass: string, ...words: string[]) =>
      openssl('pkcs12', '-in', file, '-passin', `pass:${pass}`, ...words)
    const { output, status } = read(password, '-nodes', '-info')
    expect(status, output).toBe(0)
    expect(output).toContain('MAC: sha256, Iteration 100000')
    expect(
      output.match(/PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256/g),
    ).toHaveLength(2)
    expect(output).toContain('friendlyName: a.example.test')
    const blocks = (text: string) => text.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g)
    expect(new Set(blocks(output))).toEqual(new Set(blocks(issued.chain + issued.key)))
    expect(read('wrong', '-nodes').status).not.toBe(0)
  })

  it('opens in Node', async () => {
    const { pfx } = await make()
    expect(() => createSecureContext({ pfx: Buffer.from(pfx), passphrase: password })).not.toThrow()
    expect(() => createSecureContext({ pfx: Buffer.from(pfx), passphrase: 'wrong' })).toThrow()
  })

  it.runIf(has('keytool'))(
    'is a key store to Java',
    async () => {
      const { file } = await make(asciiPassword)
      const words = ['-list', '-v', '-keystore', file, '-storepass', asciiPassword]
      const { stdout } = spawnSync('keytool', words, {
        encoding: 'utf8',
        env: { ...process.env, LC_ALL: 'C.UTF-8' },
      })
      expect(stdout).toContain('PrivateKeyEntry')
      expect(stdout).toContain('Certificate chain length: 2')
    },
    60_000,
  )

  it.runIf(has('pk12util'))('is taken in by NSS', async () => {
    const { file } = await make()
    const store = `sql:${temporaryFolder()}`
    execFileSync('certutil', ['-N', '-d', store, '--empty-password'])
    execFileSync('pk12util', ['-i', file, '-d', store, '-W', password])
    expect(execFileSync('certutil', ['-K', '-d', store], { encoding: 'utf8' })).toContain(
      'a.example.test',
    )
  })

  it('is not made of what it cannot hold', async () => {
    const { keyDer: key, chainDer: chain } = await (await createAuthority()).issue({ names: ['a'] })
    expect(() => createPkcs12({ key, chain, password: '' })).toThrow(AuthorityError)
    expect(() => createPkcs12({ key, chain: [], password })).toThrow(AuthorityError)
    expect(() => createPkcs12({ key, chain, password: '🔑' })).toThrow(AuthorityError)
  })
})
