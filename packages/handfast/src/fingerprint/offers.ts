/** What fingerprints look at in a ClientHello: code points in their order, without reserved values (RFC 8701). */
import { type Extension, findExtension } from '../codec/extension.ts'
import { ecPointFormats } from '../codec/extensions/ec_point_formats.ts'
import { signatureAlgorithms } from '../codec/extensions/signature_algorithms.ts'
import { supportedGroups } from '../codec/extensions/supported_groups.ts'
import { supportedVersions } from '../codec/extensions/supported_versions.ts'
import type { ClientHello } from '../codec/messages.ts'
import { isGrease } from '../codec/registry.ts'
import type { AnyWire } from '../codec/wire.ts'

export interface Offers {
  readonly cipherSuites: readonly number[]
  /** Types. */
  readonly extensions: readonly number[]
  readonly groups: readonly number[]
  readonly pointFormats: readonly number[]
  readonly signatureSchemes: readonly number[]
  /** Empty where the client does not send the extension. */
  readonly versions: readonly number[]
}

/** @throws TlsError `ERR_DECODE` for an extension that is malformed */
export function offersOf(hello: ClientHello): Offers {
  const listOf = (extension: Extension<{ ClientHello: AnyWire }>): readonly number[] =>
    known((findExtension(hello.extensions, extension, 'ClientHello') ?? []) as number[])
  return {
    cipherSuites: known(hello.cipherSuites),
    extensions: known(hello.extensions.map(({ type }) => type)),
    groups: listOf(supportedGroups),
    pointFormats: listOf(ecPointFormats),
    signatureSchemes: listOf(signatureAlgorithms),
    versions: listOf(supportedVersions),
  }
}

function known(values: readonly number[]): readonly number[] {
  return values.filter((value) => !isGrease(value))
}
