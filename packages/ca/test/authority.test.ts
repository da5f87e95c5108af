import { sign, verify, X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Authority,
  AuthorityError,
  createAuthority,
  type IssuedCertificate,
  keyTypes,
} from '../src/index.ts'
import { hasOpenssl, openssl, opensslText } from './openssl.ts'

const hour = 3_600_000
const day = 24 * hour
const names = ['localhost', '127.0.0.1', '::1']

const opensslVerify = (authority: Authority, issued: IssuedCertificate, ...options: string[]) => {
  const files = ['-CAfile', { pem: authority.root }, '-untrusted', { pem: issued.chain }]
  return openssl('verify', '-x509_strict', ...options, ...files, { pem: issued.certificate })
}

describe.each(keyTypes)('with keys of the kind %s', (keyType) => {
  let authority: Authority
  let intermediate: Authority
  let issued: IssuedCertificate
  beforeAll(async () => {
    authority = await createAuthority({ keyType })
    intermediate = await authority.createIntermediate({ keyType, pathLength: 0 })
    issued = await intermediate.issue({ names, keyType })
    // Three long RSA keys on a busy machine.
  }, 60_000)

  it('node:crypto accepts each certificate', () => {
    const root = new X509Certificate(authority.certificate)
    const middle = new X509Certificate(intermediate.certificate)
    const leaf = new X509Certificate(issued.certificate)
    expect(root.verify(root.publicKey)).toBe(true)
    expect(middle.checkIssued(root)).toBe(true)
    expect(middle.verify(root.publicKey)).toBe(true)
    expect(leaf.checkIssued(middle)).toBe(true)
    expect(leaf.verify(middle.publicKey)).toBe(true)
    expect(leaf.verify(root.publicKey)).toBe(false)
    expect([root.ca, middle.ca, leaf.ca]).toEqual([true, true, false])
    expect(leaf.checkHost('localhost')).toBe('localhost')
    expect(leaf.checkIP('::1')).toBe('::1')
    expect(leaf.checkIP('::2')).toBeUndefined()
  })

  it.runIf(hasOpenssl)('openssl accepts the chain, and under no other root', async () => {
    const options = ['-purpose', 'sslserver', '-verify_hostname', 'localhost']
    expect(opensslVerify(authority, issued, ...options)).toMatchObject({ status: 0 })
    const other = await createAuthority()
    expect(opensslVerify(other, issued, ...options).status).not.toBe(0)
  })

  it('the private key belongs to the certificate and signs', () => {
    const { publicKey } = new X509Certificate(issued.certificate)
    const message = Buffer.from('what was said')
    const digest = keyType.startsWith('ed') ? null : 'sha256'
    expect(verify(digest, message, publicKey, sign(digest, message, issued.key))).toBe(true)
    const kind = /^(ed\d+|ec|rsa-pss|rsa)/.exec(keyType)?.[0]
    expect(publicKey.asymmetricKeyType).toBe(kind)
  })
})

describe('a certificate', () => {
  it.runIf(hasOpenssl)('has the extensions of the profile, critical where it says so', async () => {
    const authority = await createAuthority()
    const intermediate = await authority.createIntermediate({ pathLength: 0 })
    const issued = await intermediate.issue({
      names: [...names, '*.example.test', 'someone@example.test', 'spiffe://example.test/service'],
    })
    const root = opensslText(authority.certificate)
    expect(root).toMatch(/Basic Constraints: critical\s+CA:TRUE\n/)
    expect(root).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/)
    expect(root).not.toContain('Authority Key Identifier')
    expect(opensslText(intermediate.certificate)).toMatch(/critical\s+CA:TRUE, pathlen:0\n/)

    const leaf = opensslText(issued.certificate)
    expect(leaf).toMatch(/Basic Constraints: critical\s+CA:FALSE\n/)
    expect(leaf).toMatch(/Key Usage: critical\s+Digital Signature\n/)
    expect(leaf).toMatch(/Extended Key Usage: \s+TLS Web Server Authentication\n/)
    expect(leaf).toContain(
      'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:*.example.test, ' +
        'email:someone@example.test, URI:spiffe://example.test/service',
    )
    const keyId = (text: string, whose: string) =>
      new RegExp(`${whose} Key Identifier: \\s+([0-9A-F:]{59})\\n`).exec(text)?.[1]
    expect(keyId(leaf, 'Authority')).toBeDefined()
    expect(keyId(leaf, 'Authority')).toBe(keyId(opensslText(intermediate.certificate), 'Subject'))
    expect(keyId(leaf, 'Subject')).not.toBe(keyId(leaf, 'Authority'))
  })

  it('has a random positive serial number of 16 octets', async () => {
    const authority = await createAuthority()
    const seen = new Set<string>()
    for (let count = 0; count < 20; count++) {
      const issued = await authority.issue({ names })
      expect(issued.serialNumber).toMatch(/^[4-7][0-9a-f]{31}$/)
      const { serialNumber } = new X509Certificate(issued.certificate)
      expect(serialNumber.toLowerCase()).toBe(issued.serialNumber)
      seen.add(issued.serialNumber)
    }
    expect(seen.size).toBe(20)
  })

  it.runIf(hasOpenssl)('encrypts with an RSA key, and only with one', async () => {
    const authority = await createAuthority()
    const usages = async (keyType: 'rsa-2048' | 'rsa-pss-2048' | 'ec-p256') =>
      opensslText((await authority.issue({ names, keyType })).certificate)
    expect(await usages('rsa-2048')).toContain('Digital Signature, Key Encipherment')
    expect(await usages('rsa-pss-2048')).not.toContain('Key Encipherment')
    expect(await usages('ec-p256')).not.toContain('Key Encipherment')
  })

  it.runIf(hasOpenssl)('is for a client where one is asked for', async () => {
    const authority = await createAuthority()
    const issued = await authority.issue({ names: ['someone@example.test'], client: true })
    expect(opensslVerify(authority, issued, '-purpose', 'sslclient')).toMatchObject({ status: 0 })
    expect(opensslVerify(authority, issued, '-purpose', 'sslserver').status).not.toBe(0)
    expect(new X509Certificate(issued.certificate).checkEmail('someone@example.test')).toBeDefined()
  })

  it.runIf(hasOpenssl)('carries given extensions, which take the place of usual ones', async () => {
    const authority = await createAuthority()
    const issued = await authority.issue({
      names,
      extendedKeyUsage: ['serverAuth', 'clientAuth', '1.3.6.1.5.5.7.3.17'],
      extensions: [
        { oid: '1.3.6.1.5.5.7.1.24', value: Uint8Array.of(0x30, 3, 2, 1, 5) },
        { oid: '2.5.29.15', critical: true, value: Uint8Array.of(3, 2, 0, 1) },
      ],
    })
    const { keyUsage } = new X509Certificate(issued.certificate)
    expect(keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.17'])
    expect(opensslText(issued.certificate)).toMatch(/TLS Feature: \s+status_request\n/)
    expect(opensslText(issued.certificate)).toMatch(/X509v3 Key Usage: critical\s+Encipher Only\n/)
  })
})

describe('validity', () => {
  it('begins an hour ago and lasts 90 days', async () => {
    const { certificate, notBefore, notAfter } = await (await createAuthority()).issue({ names })
    const parsed = new X509Certificate(certificate)
    expect(new Date(parsed.validFrom)).toEqual(notBefore)
    expect(new Date(parsed.validTo)).toEqual(notAfter)
    const now = Date.now()
    expect(Math.abs(now - hour - notBefore.getTime())).toBeLessThan(60_000)
    expect(Math.abs(now + 90 * day - notAfter.getTime())).toBeLessThan(60_000)
  })

  it('ends with the issuer where the default would outlive it', async () => {
    const authority = await createAuthority({ days: 3 })
    const intermediate = await authority.createIntermediate()
    const issued = await intermediate.issue({ names })
    expect(intermediate.notAfter).toEqual(authority.notAfter)
    expect(issued.notAfter).toEqual(authority.notAfter)
  })

  it.runIf(hasOpenssl)('can be past, and can reach beyond 2050', async () => {
    const authority = await createAuthority({ notAfter: new Date('2060-01-02T03:04:05Z') })
    expect(new X509Certificate(authority.certificate).validTo).toBe('Jan  2 03:04:05 2060 GMT')
    const expired = await authority.issue({ names, notAfter: new Date(Date.now() - day) })
    expect(opensslVerify(authority, expired).output).toContain('certificate has expired')
    const early = await authority.issue({ names, notBefore: new Date(Date.now() + day) })
    expect(opensslVerify(authority, early).output).toContain('certificate is not yet valid')
  })

  it('refuses what is no interval', async () => {
    const authority = await createAuthority()
    await expect(authority.issue({ names, days: -1 })).rejects.toThrow(/notAfter/)
    await expect(authority.issue({ names, notAfter: new Date(Number.NaN) })).rejects.toThrow(
      /valid dates/,
    )
    const later = new Date(Date.now() + 200 * day)
    await expect(authority.issue({ names, notBefore: later })).rejects.toThrow(/earlier/)
  })
})

describe('an intermediate', () => {
  it('sends itself with what it issues, and not the root', async () => {
    const authority = await createAuthority()
    const first = await authority.createIntermediate()
    const second = await first.createIntermediate()
    const issued = await second.issue({ names })
    expect(issued.chainDer).toEqual([
      issued.certificateDer,
      second.certificateDer,
      first.certificateDer,
    ])
    expect(second.rootDer).toEqual(authority.certificateDer)
    const [, middle] = issued.chain.match(/-----BEGIN[\s\S]+?END CERTIFICATE-----\n/g) ?? []
    expect(middle).toBe(second.certificate)
  })

  it.runIf(hasOpenssl)('is held to its path length', async () => {
    const authority = await createAuthority()
    const last = await authority.createIntermediate({ pathLength: 0 })
    const issued = await (await last.createIntermediate()).issue({ names })
    expect(opensslVerify(authority, issued).output).toContain('path length constraint exceeded')
  })

  it.runIf(hasOpenssl).each([
    [{ permitted: ['example.test'] }, 'a.example.test', true],
    [{ permitted: ['example.test'] }, 'example.org', false],
    [{ excluded: ['.example.test'] }, 'a.example.test', false],
    [{ excluded: ['example.test'] }, 'example.org', true],
    [{ permitted: ['192.0.2.0/24'] }, '192.0.2.200', true],
    [{ permitted: ['192.0.2.0/25'] }, '192.0.2.200', false],
    [{ permitted: ['192.0.2.200'] }, '192.0.2.200', true],
    [{ permitted: ['192.0.2.201'] }, '192.0.2.200', false],
    [{ permitted: ['2001:db8::/33'] }, '2001:db8:7fff::1', true],
    [{ permitted: ['2001:db8::/33'] }, '2001:db8:8000::1', false],
    [{ excluded: ['0.0.0.0/0', '::/0'] }, '2001:db8::1', false],
    [{ permitted: ['@example.test'] }, 'someone@example.test', true],
    [{ permitted: ['@example.test'] }, 'someone@example.org', false],
    [{ excluded: ['someone@example.test'] }, 'someone@example.test', false],
    [{ excluded: ['someone@example.test'] }, 'another@example.test', true],
  ])('constrained to %j may name %s: %s', async (nameConstraints, name, allowed) => {
    const authority = await createAuthority()
    const intermediate = await authority.createIntermediate({ nameConstraints })
    expect(opensslText(intermediate.certificate)).toContain('X509v3 Name Constraints: critical')
    const subject = { organization: 'Example' } // a common name would be constrained as well
    const issued = await intermediate.issue({ names: [name], subject })
    const { status, output } = opensslVerify(authority, issued)
    if (allowed) expect(output).toContain('OK')
    else expect(output).toMatch(/(permitted|excluded) subtree/)
    expect(status === 0).toBe(allowed)
  })
})

describe('names', () => {
  const altNames = async (...given: string[]) => {
    const issued = await (await createAuthority()).issue({ names: given })
    return new X509Certificate(issued.certificate).subjectAltName
  }

  it('become the kind of name that they are', async () => {
    expect(await altNames('a.example.test', '192.0.2.1', 'someone@example.test')).toBe(
      'DNS:a.example.test, IP Address:192.0.2.1, email:someone@example.test',
    )
    expect(await altNames('2001:db8::7:0', '::ffff:192.0.2.1', '1:2:3:4:5:6:7:8')).toBe(
      'IP Address:2001:DB8:0:0:0:0:7:0, IP Address:0:0:0:0:0:FFFF:C000:201, ' +
        'IP Address:1:2:3:4:5:6:7:8',
    )
    expect(await altNames('*.bücher.example')).toBe('DNS:*.xn--bcher-kva.example')
  })

  it.each([
    '',
    'a b',
    '-a.example',
    'a..example',
    'example.test.',
    '1.2.3',
    '256.1.1.1',
    '*.*.example',
    'f*.example',
    '@example.test',
    'a@b@example.test',
    'a@-',
    ':::',
    'http://',
    'a\0.example',
    `${'a'.repeat(64)}.example`,
  ])('%j is refused', async (name) => {
    const authority = await createAuthority()
    await expect(authority.issue({ names: [name] })).rejects.toThrow(AuthorityError)
  })

  it.runIf(hasOpenssl)(
    'leave the subject empty where the first is too long, and become critical',
    async () => {
      const long = `${'a'.repeat(63)}.${'b'.repeat(63)}.example.test`
      const issued = await (await createAuthority()).issue({ names: [long] })
      expect(new X509Certificate(issued.certificate).subject).toBeFalsy()
      expect(opensslText(issued.certificate)).toMatch(
        /Subject Alternative Name: critical\s+DNS:a{63}/,
      )
    },
  )

  it('may be left out where there is a subject', async () => {
    const authority = await createAuthority({ subject: { country: 'DE', organization: 'Öko' } })
    const subject = { organizationalUnit: 'people', commonName: 'Someone' }
    const issued = await authority.issue({ names: [], subject, client: true })
    const parsed = new X509Certificate(issued.certificate)
    expect(parsed.subject).toBe('OU=people\nCN=Someone')
    expect(parsed.subjectAltName).toBeUndefined()
    expect(parsed.issuer).toBe('C=DE\nO=Öko')
    await expect(authority.issue({ names: [] })).rejects.toThrow(/at least one name/)
  })
})

describe('options that cannot be', () => {
  it.each([
    [{ keyType: 'rsa-1024' as 'rsa-2048' }, /rsa-1024.*known are ec-p256/],
    [{ pathLength: -1 }, /-1/],
    [{ nameConstraints: {} }, /at least one/],
    [{ nameConstraints: { permitted: ['192.0.2.0/33'] } }, /prefix length/],
    [{ nameConstraints: { permitted: ['192.0.2.0/'] } }, /prefix length/],
    [{ nameConstraints: { permitted: ['a b'] } }, /not a host name/],
    [{ subject: { country: 'Germany' } }, /two capital letters/],
    [{ subject: { commonName: 'a'.repeat(65) } }, /64 characters/],
    [{ extensions: [{ oid: '1', value: new Uint8Array() }] }, /object identifier/],
    [{ extensions: [{ oid: '1.40', value: new Uint8Array() }] }, /exceeds 39/],
    [{ notBefore: new Date('1949-01-01T00:00:00Z') }, /1950/],
  ])('%j', async (options, message) => {
    await expect(createAuthority(options)).rejects.toThrow(message)
  })
})

it('hands out its own key on request', async () => {
  const authority = await createAuthority()
  const { publicKey } = new X509Certificate(authority.certificate)
  const signature = sign('sha256', Buffer.from('x'), await authority.exportKey())
  expect(verify('sha256', Buffer.from('x'), publicKey, signature)).toBe(true)
})

it('gives two authorities two names', async () => {
  const [one, two] = [await createAuthority(), await createAuthority()]
  const subject = (authority: Authority) => new X509Certificate(authority.certificate).subject
  expect(subject(one)).toMatch(/^O=handfast\nCN=handfast local CA [0-9a-f]{8}$/)
  expect(subject(one)).not.toBe(subject(two))
})
