/**
 * The door to what is obsolete: TLS 1.1, TLS 1.0 and SSL 3.0, and 3DES. None of them is safe; they are for reaching an old
 * device, for finding out what a server still accepts, and for seeing what was changed since, and why. They run on Node.
 *
 * ```ts
 * import { clientConnectionOf, tls12Client, tls13Client } from 'handfast'
 * import { nodeProvider } from 'handfast/crypto/node'
 * import { legacy } from 'handfast/legacy'
 *
 * const connection = clientConnectionOf([tls13Client, tls12Client, ...legacy.client], {
 *   ...config,
 *   crypto: legacy.crypto(nodeProvider),
 * })
 * ```
 */
import { classicClientOf } from '../handshake/client12.ts'
import type { LegacyDoor } from '../handshake/protocol.ts'
import { classicServerOf } from '../handshake/server12.ts'
import { tripleDesSuites } from './cipherSuites.ts'
import { ssl30 } from './ssl30.ts'
import { tls10, tls11 } from './tls10.ts'

export { defaultLegacyCipherSuites, LegacyCipherSuiteId } from './cipherSuites.ts'
export type { LegacyDoor }

const versions = [tls11, tls10, ssl30]

export const legacy: LegacyDoor = {
  client: versions.map(classicClientOf),
  server: versions.map(classicServerOf),
  crypto: (provider) => ({
    ...provider,
    classicCipherSuites: [...(provider.classicCipherSuites ?? []), ...tripleDesSuites],
  }),
}
