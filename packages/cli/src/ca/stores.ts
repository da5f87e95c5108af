/**
 * Stores of trusted certificates, and the steps that put one in or take it out again. Nothing is done here: a step says
 * what it does, and whoever has it may do it or show it.
 */
import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

export type StoreKind = 'system' | 'nss' | 'java'

export interface Step {
  /** A program and its arguments; `cp` and `rm` too, so that a person can type the same. */
  readonly command: readonly [string, ...string[]]
  /** True where taking out what is not there is no failure. */
  readonly mayFail?: boolean
}

export interface Plan {
  readonly kind: StoreKind
  /** What the store is, in words. */
  readonly store: string
  /** True where only root, or an administrator, may do it. */
  readonly needsRoot: boolean
  readonly steps: readonly Step[]
}

export interface Target {
  /** The file of the root's certificate, PEM. */
  readonly certificate: string
  /** Without spaces: what the store calls it, where a name can be given. */
  readonly name: string
  /** SHA-1 of the certificate, hexadecimal: what Windows and macOS know it by. */
  readonly thumbprint: string
  readonly action: 'install' | 'uninstall'
}

/** The trust store of the operating system; `undefined` where it is not known how that works. */
export function systemPlan(
  { certificate, name, thumbprint, action }: Target,
  platform: NodeJS.Platform = process.platform,
  exists: (path: string) => boolean = existsSync,
): Plan | undefined {
  const plan = (store: string, steps: readonly Step[]): Plan => ({
    kind: 'system',
    store,
    needsRoot: true,
    steps,
  })
  if (platform === 'darwin') {
    const keychain = '/Library/Keychains/System.keychain'
    const trust = ['-d', '-r', 'trustRoot', '-k', keychain, certificate]
    return plan(
      'the system keychain of macOS',
      action === 'install'
        ? [{ command: ['security', 'add-trusted-cert', ...trust] }]
        : [
            { command: ['security', 'remove-trusted-cert', '-d', certificate], mayFail: true },
            // The trust is gone; the certificate would stay.
            {
              command: ['security', 'delete-certificate', '-Z', thumbprint, keychain],
              mayFail: true,
            },
          ],
    )
  }
  if (platform === 'win32') {
    return plan('the root store of Windows', [
      action === 'install'
        ? { command: ['certutil', '-addstore', '-f', 'ROOT', certificate] }
        : { command: ['certutil', '-delstore', 'ROOT', thumbprint] },
    ])
  }
  const kinds = [
    ['/usr/local/share/ca-certificates', ['update-ca-certificates']],
    ['/etc/pki/ca-trust/source/anchors', ['update-ca-trust', 'extract']],
    ['/etc/ca-certificates/trust-source/anchors', ['update-ca-trust', 'extract']],
    ['/usr/share/pki/trust/anchors', ['update-ca-certificates']],
  ] as const
  const found = kinds.find(([folder]) => exists(folder))
  if (found === undefined) return undefined
  const [folder, update] = found
  const file = join(folder, `${name}.crt`)
  return plan(`the system's, by ${update[0]}`, [
    { command: action === 'install' ? ['cp', certificate, file] : ['rm', '-f', file] },
    { command: [...update] },
  ])
}

/** A store of NSS, such as Firefox and Chromium have. */
export function nssPlan({ certificate, name, action }: Target, folder: string): Plan {
  const store = ['-d', `sql:${folder}`]
  return {
    kind: 'nss',
    store: `the NSS store in ${folder}`,
    needsRoot: false,
    steps: [
      action === 'install'
        ? { command: ['certutil', '-A', ...store, '-t', 'C,,', '-n', name, '-i', certificate] }
        : { command: ['certutil', '-D', ...store, '-n', name], mayFail: true },
    ],
  }
}

/** The NSS stores that a person's browsers have. */
export function nssFolders(home: string): readonly string[] {
  const profiles = [
    '.mozilla/firefox',
    'snap/firefox/common/.mozilla/firefox',
    'Library/Application Support/Firefox/Profiles',
  ]
    .map((folder) => join(home, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((profile) => join(folder, profile)))
  return [join(home, '.pki/nssdb'), ...profiles].filter((folder) =>
    existsSync(join(folder, 'cert9.db')),
  )
}

/** A trust store of Java. @param keystore its file */
export function javaPlan(
  { certificate, name, action }: Target,
  keystore: string,
  password: string,
  keytool = 'keytool',
): Plan {
  const store = ['-keystore', keystore, '-storepass', password, '-alias', name] as const
  return {
    kind: 'java',
    store: `the Java trust store ${keystore}`,
    needsRoot: !isWritable(keystore),
    steps: [
      action === 'install'
        ? { command: [keytool, '-importcert', '-noprompt', '-file', certificate, ...store] }
        : { command: [keytool, '-delete', ...store], mayFail: true },
    ],
  }
}

/** The trust store of the Java in JAVA_HOME. */
export function javaKeystore(javaHome: string): string | undefined {
  return ['lib/security/cacerts', 'jre/lib/security/cacerts']
    .map((path) => join(javaHome, path))
    .find((path) => existsSync(path))
}

/** A new file is as writable as its folder. */
function isWritable(path: string): boolean {
  try {
    accessSync(existsSync(path) ? path : dirname(path), constants.W_OK)
    return true
  } catch {
    return false
  }
}
