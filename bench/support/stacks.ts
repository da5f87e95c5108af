/**
 * The implementations that are measured, each in the shape of node:tls: handfast, node:tls itself, the other stacks in
 * JavaScript that `run.mjs` could install, and the limit, which only moves data.
 */
import { join } from 'node:path'
import type * as nodeTls from 'node:tls'
import { pathToFileURL } from 'node:url'
import { forgeTls } from './forgeTls.ts'
import { lemonTls } from './lemonTls.ts'
import type { Profile } from './pair.ts'
import { reclaimTls } from './reclaimTls.ts'
import { subTls } from './subTls.ts'

type Role = 'both' | 'client' | 'server'

interface Stack {
  readonly load: (folder: string) => Promise<typeof nodeTls>
  readonly roles: readonly Role[]
  can(profile: Profile, resumed: boolean): boolean
}

const everyRole: readonly Role[] = ['both', 'client', 'server']

/** As the registry names them. */
const stacks: Readonly<Record<string, Stack>> = {
  'lemon-tls': {
    load: async (folder) => lemonTls(await from(folder, 'index.js')),
    roles: everyRole,
    can: ({ version, group, cipher }) =>
      version !== 'TLSv1.1' &&
      group !== 'X25519MLKEM768' &&
      cipher !== 'TLS_AES_128_CCM_SHA256' &&
      cipher !== 'ECDHE-ECDSA-CHACHA20-POLY1305',
  },
  '@reclaimprotocol/tls': {
    load: async (folder) => {
      const { webcryptoCrypto } = await from<{ webcryptoCrypto: unknown }>(
        folder,
        'lib/crypto/webcrypto.js',
      )
      return reclaimTls(await from(folder, 'lib/index.js'), webcryptoCrypto)
    },
    roles: ['client'],
    can: ({ version, group, clientCertificate }, resumed) =>
      version !== 'TLSv1.1' &&
      group !== 'X25519MLKEM768' &&
      !clientCertificate &&
      !(resumed && version === 'TLSv1.2'),
  },
  subtls: {
    load: async (folder) => subTls(await from(folder, 'index.js')),
    roles: ['client'],
    can: ({ version, group, cipher, clientCertificate }, resumed) =>
      version === undefined &&
      group === 'P-256' &&
      (cipher === undefined || cipher === 'TLS_AES_128_GCM_SHA256') &&
      !clientCertificate &&
      !resumed,
  },
  'node-forge': {
    load: async (folder) =>
      forgeTls(
        (await from<{ default: Parameters<typeof forgeTls>[0] }>(folder, 'lib/index.js')).default,
      ),
    roles: ['client'],
    can: ({ version }, resumed) => version === 'TLSv1.1' && !resumed,
  },
}

function from<T>(folder: string, file: string): Promise<T> {
  return import(/* @vite-ignore */ pathToFileURL(join(folder, file)).href)
}

/** By name, where each is. */
const folders: Readonly<Record<string, string>> = JSON.parse(
  process.env.HANDFAST_BENCH_STACKS ?? '{}',
)

/** Loaded when they are wanted: the start of a client is measured too. */
const always: Readonly<Record<string, () => Promise<typeof nodeTls>>> = {
  // It has the shape of node:tls, so far as it is used here.
  handfast: async () => (await import('handfast/node')) as unknown as typeof nodeTls,
  'node:tls': () => import('node:tls'),
  limit: async () => (await import('./limitTls.ts')).limitTls,
}

const loaded = new Map<string, Promise<typeof nodeTls>>()

/** Throws a TypeError where there is none of that name. */
export function implementation(by: string): Promise<typeof nodeTls> {
  const tls = loaded.get(by) ?? always[by]?.() ?? stacks[by]!.load(folders[by]!)
  loaded.set(by, tls)
  return tls
}

/** From OpenSSL 3.5 on. To try instead would leave an error in OpenSSL's queue, for the next call to trip over. */
const opensslHasMlKem = (([major, minor]) => major! > 3 || (major === 3 && minor! >= 5))(
  process.versions.openssl.split('.').map(Number),
)

/** The names of those that can take this part; handfast is the first. */
export function able(role: Role, profile: Profile, resumed = false): string[] {
  const others = Object.entries(stacks)
    .filter(
      ([by, stack]) => by in folders && stack.roles.includes(role) && stack.can(profile, resumed),
    )
    .map(([by]) => by)
  const nodeCan = profile.group !== 'X25519MLKEM768' || opensslHasMlKem
  return ['handfast', ...(nodeCan ? ['node:tls'] : []), ...others]
}
