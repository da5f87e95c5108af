/**
 * Where everything is in the directory of an authority.
 *
 *     DIRECTORY/                        mode 0700
 *       lock                            who writes at this moment
 *       tmp/                            what is being written; rubbish after a crash
 *       templates/NAME.json             options for `issue`, by name
 *       authorities/NAME/
 *         authority.json                version of this layout, the parent's name, published addresses
 *         certificate.pem               of root/, this is what clients have to trust
 *         key.pem                       mode 0600; PKCS#8, perhaps encrypted
 *         crl-number.json               the number of the last revocation list
 *         issued/SERIAL.pem             every certificate that was ever signed, authorities included
 *         revoked/SERIAL.json           when and why
 *
 * An authority's folder is made whole and then given its name. Every other change is one file that takes its name in one
 * step, so there is no moment at which the directory has to be repaired. A certificate is in `issued` before anyone is
 * given it.
 */
import { join } from 'node:path'

export const layoutVersion = 1

/** The authority that `init` makes. */
export const rootName = 'root'

export const places = {
  temporary: (directory: string) => join(directory, 'tmp'),
  templates: (directory: string) => join(directory, 'templates'),
  authorities: (directory: string) => join(directory, 'authorities'),
  authority: (directory: string, name: string) => join(directory, 'authorities', name),
}

/** Names of authorities and templates are names of files, on every system. */
export const isName = (text: string): boolean => /^[a-z0-9][a-z0-9._-]{0,63}$/.test(text)

/** Where people keep their authority, unless they say otherwise; `undefined` where no home is known. */
export function defaultDirectory(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const { HANDFAST_CA, XDG_DATA_HOME, HOME, LOCALAPPDATA } = env
  if (HANDFAST_CA) return HANDFAST_CA
  if (platform === 'win32') return LOCALAPPDATA && join(LOCALAPPDATA, 'handfast', 'ca')
  if (platform === 'darwin') {
    return HOME && join(HOME, 'Library', 'Application Support', 'handfast', 'ca')
  }
  // The XDG Base Directory Specification: a relative path there is to be ignored.
  if (XDG_DATA_HOME?.startsWith('/')) return join(XDG_DATA_HOME, 'handfast', 'ca')
  return HOME && join(HOME, '.local', 'share', 'handfast', 'ca')
}
