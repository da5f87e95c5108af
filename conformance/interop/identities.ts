/**
 * Certificates for the tests, made with the openssl command: a root, an intermediate, and leaves with keys of every type
 * for servers and clients. They lie in the cache and are made anew each day.
 */

import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { SignatureScheme } from './names.ts'
import { cacheFolder } from './paths.ts'

export interface Identity {
  readonly name: KeyName
  /** The leaf's subject common name. */
  readonly commonName: string
  /** PEM file: leaf and intermediate. */
  readonly chain: string
  /** PEM file: leaf alone. */
  readonly certificate: string
  /** PEM file: the intermediate alone. */
  readonly intermediate: string
  /** PEM file, PKCS #8. */
  readonly key: string
  /** PKCS #12 file with both; the password is `password`. */
  readonly pkcs12: string
  /** DER file: an OCSP response that says good. */
  readonly ocspResponse: string
}

export interface Identities {
  /** PEM file: the root alone. */
  readonly root: string
  readonly server: Readonly<Record<KeyName, Identity>>
  readonly client: Readonly<Record<KeyName, Identity>>
}

/** The arguments of `openssl genpkey` for each type of key. */
const keyTypes = {
  p256: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  p384: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  p521: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  ed25519: ['-algorithm', 'ED25519'],
  ed448: ['-algorithm', 'ED448'],
  rsa: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  // id-RSASSA-PSS without parameters, so that any digest may be used with it (RFC 4055 §3.1).
  'rsa-pss': ['-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048'],
} as const

export type KeyName = keyof typeof keyTypes
export const keyNames = Object.keys(keyTypes) as KeyName[]

/** The key that a signature scheme needs. */
export const keyForScheme: Readonly<Record<SignatureScheme, KeyName>> = {
  ecdsa_secp256r1_sha256: 'p256',
  ecdsa_secp384r1_sha384: 'p384',
  ecdsa_secp521r1_sha512: 'p521',
  ed25519: 'ed25519',
  ed448: 'ed448',
  rsa_pss_rsae_sha256: 'rsa',
  rsa_pss_rsae_sha384: 'rsa',
  rsa_pss_rsae_sha512: 'rsa',
  rsa_pss_pss_sha256: 'rsa-pss',
  rsa_pss_pss_sha384: 'rsa-pss',
  rsa_pss_pss_sha512: 'rsa-pss',
  rsa_pkcs1_sha256: 'rsa',
  rsa_pkcs1_sha384: 'rsa',
  rsa_pkcs1_sha512: 'rsa',
}

const day = 24 * 60 * 60 * 1000
/** Changes whenever what is made below changes. */
const edition = 2

const run = (...args: string[]) => promisify(execFile)('openssl', args, { timeout: 30_000 })

/** NSS wants RSA keys of servers to be for keyEncipherment as well, as they are on the Web. */
const leafExtensions = (usage: 'serverAuth' | 'clientAuth', type: KeyName) => `
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature${type === 'rsa' ? ', keyEncipherment' : ''}
extendedKeyUsage = ${usage}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = ${usage === 'serverAuth' ? 'DNS:localhost, DNS:*.test.example, IP:127.0.0.1, IP:::1' : 'email:client@test.example'}
`

const authorityExtensions = (more: string) => `
basicConstraints = critical, CA:true${more}
keyUsage = critical, keyCertSign, cRLSign, digitalSignature
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
`

/** Makes a key, and a certificate of it that `issuer` signs; `issuer` undefined means self-signed. */
async function issue(
  folder: string,
  file: string,
  commonName: string,
  type: KeyName,
  extensions: string,
  issuer?: string,
): Promise<void> {
  const path = (name: string) => join(folder, name)
  writeFileSync(path(`${file}.cnf`), extensions)
  await run('genpkey', ...keyTypes[type], '-out', path(`${file}.key`))
  await run(
    'req',
    '-new',
    '-key',
    path(`${file}.key`),
    '-subj',
    `/O=handfast/CN=${commonName}`,
    '-out',
    path(`${file}.csr`),
  )
  const signer =
    issuer === undefined
      ? ['-signkey', path(`${file}.key`)]
      : ['-CA', path(`${issuer}.pem`), '-CAkey', path(`${issuer}.key`)]
  await run(
    ...[
      'x509',
      '-req',
      '-in',
      path(`${file}.csr`),
      '-days',
      '7',
      '-sha256',
      '-set_serial',
      serial(),
    ],
    ...['-extfile', path(`${file}.cnf`), '-out', path(`${file}.pem`), ...signer],
  )
}

let serials = 0
const serial = () =>
  `0x5e${Date.now().toString(16).padStart(12, '0')}${(serials++).toString(16).padStart(4, '0')}`

async function stapled(folder: string, file: string): Promise<void> {
  const path = (name: string) => join(folder, name)
  const { stdout } = await run('x509', '-in', path(`${file}.pem`), '-noout', '-serial')
  const number = stdout.trim().replace('serial=', '')
  writeFileSync(path(`${file}.index`), `V\t391231235959Z\t\t${number}\tunknown\t/O=handfast/CN=x\n`)
  await run(
    ...['ocsp', '-index', path(`${file}.index`), '-CA', path('intermediate.pem')],
    ...['-rsigner', path('intermediate.pem'), '-rkey', path('intermediate.key'), '-ndays', '7'],
    ...[
      '-issuer',
      path('intermediate.pem'),
      '-cert',
      path(`${file}.pem`),
      '-respout',
      path(`${file}.ocsp`),
      '-noverify',
    ],
  )
}

async function leaf(folder: string, role: 'server' | 'client', type: KeyName): Promise<void> {
  const path = (name: string) => join(folder, name)
  const file = `${role}-${type}`
  await issue(folder, file, file, type, leafExtensions(`${role}Auth`, type), 'intermediate')
  writeFileSync(
    path(`${file}.chain.pem`),
    readFileSync(path(`${file}.pem`), 'utf8') + readFileSync(path('intermediate.pem'), 'utf8'),
  )
  await stapled(folder, file)
  await run(
    ...['pkcs12', '-export', '-in', path(`${file}.pem`), '-inkey', path(`${file}.key`)],
    ...[
      '-certfile',
      path('intermediate.pem'),
      '-name',
      file,
      '-passout',
      'pass:password',
      '-out',
      path(`${file}.p12`),
    ],
  )
}

async function makeAll(folder: string): Promise<void> {
  await issue(folder, 'root', 'handfast test root', 'p256', authorityExtensions(''))
  await issue(
    folder,
    'intermediate',
    'handfast test intermediate',
    'p256',
    authorityExtensions(', pathlen:0'),
    'root',
  )
  await Promise.all(
    keyNames.flatMap((type) => [leaf(folder, 'server', type), leaf(folder, 'client', type)]),
  )
}

let made: Promise<Identities> | undefined

/** The day's identities; the first call of a day takes a second. */
export function identities(): Promise<Identities> {
  made ??= load()
  return made
}

async function load(): Promise<Identities> {
  const folder = join(cacheFolder, `identities-${edition}`)
  if (!existsSync(folder) || Date.now() - statSync(folder).mtimeMs > day) {
    mkdirSync(cacheFolder, { recursive: true })
    const fresh = mkdtempSync(join(cacheFolder, 'identities-new-'))
    await makeAll(fresh)
    try {
      if (existsSync(folder)) renameSync(folder, `${fresh}-old`)
      renameSync(fresh, folder)
    } catch {
      // Another test process was quicker: its identities are as good.
      rmSync(fresh, { recursive: true, force: true })
    }
    rmSync(`${fresh}-old`, { recursive: true, force: true })
  }
  const of = (role: Role) =>
    Object.fromEntries(keyNames.map((name) => [name, identity(folder, role, name)])) as Record<
      KeyName,
      Identity
    >
  return { root: join(folder, 'root.pem'), server: of('server'), client: of('client') }
}

type Role = 'server' | 'client'

function identity(folder: string, role: Role, name: KeyName): Identity {
  const file = join(folder, `${role}-${name}`)
  return {
    name,
    commonName: `${role}-${name}`,
    chain: `${file}.chain.pem`,
    certificate: `${file}.pem`,
    intermediate: join(folder, 'intermediate.pem'),
    key: `${file}.key`,
    pkcs12: `${file}.p12`,
    ocspResponse: `${file}.ocsp`,
  }
}
