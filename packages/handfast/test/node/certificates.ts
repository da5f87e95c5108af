/** Certificates for the tests of the adapter, each made once, when first asked for. */
import { type Authority, createAuthority, type IssuedCertificate } from '@handfast/ca'

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

const names = ['localhost', '127.0.0.1', '*.example.test']

export const authority: () => Promise<Authority> = once(() =>
  createAuthority({ subject: { commonName: 'Test Root' } }),
)
export const otherAuthority: () => Promise<Authority> = once(() =>
  createAuthority({ subject: { commonName: 'Other Root' } }),
)
export const intermediate: () => Promise<Authority> = once(async () =>
  (await authority()).createIntermediate({ subject: { commonName: 'Test Intermediate' } }),
)

/** basicConstraints as it should not be for an authority with another below it. @param value DER, in hexadecimal */
const constrained = (value: string) => ({
  extensions: [{ oid: '2.5.29.19', critical: true, value: Buffer.from(value, 'hex') }],
})
const noAuthority = once(async () =>
  (await authority()).createIntermediate({
    subject: { commonName: 'No Authority' },
    ...constrained('3000'),
  }),
)
/** cA, and a pathLenConstraint of 0. */
const shortAuthority = once(async () => {
  const above = await (await authority()).createIntermediate({
    subject: { commonName: 'Short' },
    ...constrained('30060101ff020100'),
  })
  return above.createIntermediate({ subject: { commonName: 'Too Far Below' } })
})

async function issue(
  from: () => Promise<Authority>,
  options: Parameters<Authority['issue']>[0],
): Promise<IssuedCertificate> {
  return (await from()).issue(options)
}

export const identities = {
  /** For localhost, 127.0.0.1 and *.example.test, by the test root. */
  good: once(() => issue(authority, { names })),
  rsa: once(() => issue(authority, { names, keyType: 'rsa-2048' })),
  ed25519: once(() => issue(authority, { names, keyType: 'ed25519' })),
  /** Another name. */
  other: once(() => issue(authority, { names: ['other.test'] })),
  /** By an intermediate of the test root; `chain` has it, `certificate` has not. */
  below: once(() => issue(intermediate, { names })),
  /** PATH_LENGTH_EXCEEDED, and INVALID_PURPOSE for what is no CA. */
  tooFarBelow: once(() => issue(shortAuthority, { names })),
  belowNoAuthority: once(() => issue(noAuthority, { names })),
  expired: once(() => issue(authority, { names, notAfter: new Date(Date.now() - 86_400_000) })),
  future: once(() =>
    issue(authority, {
      names,
      notBefore: new Date(Date.now() + 86_400_000),
      notAfter: new Date(Date.now() + 2 * 86_400_000),
    }),
  ),
  /** By a root that nobody trusts. */
  stranger: once(() => issue(otherAuthority, { names })),
  /** By a root with the name of the test root, and another key. */
  impostor: once(async () => {
    const impostor = await createAuthority({ subject: { commonName: 'Test Root' } })
    return impostor.issue({ names })
  }),
  /** No subjectAltName: only a common name. */
  commonName: once(() => issue(authority, { names: [], subject: { commonName: 'localhost' } })),
  client: once(() => issue(authority, { names: ['client.test'], client: true })),
  strangeClient: once(() => issue(otherAuthority, { names: ['client.test'], client: true })),
  expiredClient: once(() =>
    issue(authority, {
      names: ['client.test'],
      client: true,
      notAfter: new Date(Date.now() - 86_400_000),
    }),
  ),
} as const

export type IdentityName = keyof typeof identities

/** `cert` and `key` of an identity; its chain, or its leaf alone. */
export async function files(
  name: IdentityName,
  part: 'chain' | 'leaf' = 'chain',
): Promise<{ cert: string; key: string }> {
  const { chain, certificate, key } = await identities[name]()
  return { cert: part === 'chain' ? chain : certificate, key }
}

/** A certificate that vouches for itself, with its key, as `openssl req -x509` makes it. */
export const selfSigned: () => Promise<{ cert: string; key: string }> = once(async () => {
  const root = await createAuthority({
    subject: { commonName: 'localhost' },
    extensions: [
      // digitalSignature and keyCertSign; DNS:localhost and IP:127.0.0.1
      { oid: '2.5.29.15', critical: true, value: Uint8Array.of(3, 2, 2, 0x84) },
      {
        oid: '2.5.29.17',
        critical: false,
        value: Uint8Array.of(0x30, 17, 0x82, 9, ...Buffer.from('localhost'), 0x87, 4, 127, 0, 0, 1),
      },
    ],
  })
  return { cert: root.certificate, key: await root.exportKey() }
})
