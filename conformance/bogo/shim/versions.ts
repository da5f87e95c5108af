/** Which protocol versions a connection of the shim has, and which the runner may want that the library lacks. */
import { type TlsError, tls12Client, tls12Server, tls13Client, tls13Server } from 'handfast'
import { legacy } from 'handfast/legacy'
import { profiles } from './profiles.ts'
import { type Settings, Unimplemented } from './settings.ts'

const all = [0x0304, 0x0303, 0x0302, 0x0301]

export const clientProtocols = [tls13Client, tls12Client, ...legacy.client]
export const serverProtocols = [tls13Server, tls12Server, ...legacy.server]

/** What the flags allow. */
function wantedVersions(settings: Settings): number[] {
  const { minVersion, maxVersion, disabledVersions, profile } = settings
  const named = profile && profiles[profile].versions
  return all.filter(
    (version) =>
      version >= minVersion &&
      (maxVersion === 0 || version <= maxVersion) &&
      !disabledVersions.includes(version) &&
      (named?.includes(version) ?? true),
  )
}

const implemented = clientProtocols.map(({ version }) => version)

/** @throws Unimplemented where all that the flags allow is missing */
export function enabledVersions(settings: Settings): number[] {
  const wanted = wantedVersions(settings)
  const versions = wanted.filter((version) => implemented.includes(version))
  if (versions.length === 0 && wanted.length > 0) throw missing(wanted)
  return versions
}

/** A failure for want of a common version means nothing where the runner counts on one that the library lacks. */
export function refuseToJudge(settings: Settings, error: TlsError): void {
  const absent = wantedVersions(settings).filter((version) => !implemented.includes(version))
  const isOfVersions =
    error.code === 'ERR_NO_COMMON_VERSION' || error.received === 'protocol_version'
  if (isOfVersions && absent.length > 0) throw missing(absent)
}

function missing(versions: readonly number[]): Unimplemented {
  const names = versions.map((version) => `TLS 1.${(version & 255) - 1}`)
  return new Unimplemented(names.join(', '))
}
