/** OpenSSL itself says by which names it knows the suites. */
import { execFileSync } from 'node:child_process'
import { ClassicCipherSuiteId, opensslName } from 'handfast'
import { expect, it } from 'vitest'

/** IANA's names and OpenSSL's. Its own list leaves out what it does not implement (ECDHE_PSK with GCM or CCM). */
const known = new Map(
  execFileSync('openssl', ['ciphers', '-stdname', 'ALL:@SECLEVEL=0'], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.split(/ +- +| +/).slice(0, 2) as [string, string]),
)

it.each(Object.keys(ClassicCipherSuiteId).filter((name) => known.has(name)))('%s', (name) => {
  expect(opensslName(name)).toBe(known.get(name))
})

it('leaves the names of TLS 1.3 alone, and knows most of the others', () => {
  expect(opensslName('TLS_AES_128_GCM_SHA256')).toBe('TLS_AES_128_GCM_SHA256')
  expect(known.size).toBeGreaterThan(40)
})
