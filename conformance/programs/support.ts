/** What every test here needs: certificates in files, private instances of servers, and what is refused. */

import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAuthority } from '@handfast/ca'
import { notInstalled, systemProgram } from '../interop/paths.ts'
import { type Child, output, start } from '../interop/process.ts'

/** PEM, and the files that hold it. */
export interface Credential {
  readonly cert: string
  readonly key: string
  readonly certFile: string
  readonly keyFile: string
}

export interface Credentials {
  /** PEM of the root that signed all but `stranger`. */
  readonly ca: string
  readonly caFile: string
  /** For localhost and 127.0.0.1. */
  readonly server: Credential
  /** For other.test. */
  readonly wrongName: Credential
  /** For localhost, by a root that nobody trusts. */
  readonly stranger: Credential
  /** A client's, with the common name `alice`. */
  readonly client: Credential
}

/** Makes certificates in a folder. */
export async function makeCredentials(folder: string): Promise<Credentials> {
  const authority = await createAuthority({ subject: { commonName: 'Programs Root' } })
  const other = await createAuthority({ subject: { commonName: 'Other Root' } })
  const file = (name: string, pem: string, mode = 0o644) => {
    const path = join(folder, name)
    writeFileSync(path, pem, { mode })
    return path
  }
  const issue = async (
    name: string,
    options: Parameters<typeof authority.issue>[0],
    from = authority,
  ): Promise<Credential> => {
    const { chain: cert, key } = await from.issue(options)
    // Servers that run as somebody else insist that a key is not everybody's.
    return {
      cert,
      key,
      certFile: file(`${name}.crt`, cert),
      keyFile: file(`${name}.key`, key, 0o600),
    }
  }
  const names = ['localhost', '127.0.0.1']
  return {
    ca: authority.root,
    caFile: file('ca.crt', authority.root),
    server: await issue('server', { names }),
    wrongName: await issue('wrong-name', { names: ['other.test'] }),
    stranger: await issue('stranger', { names }, other),
    client: await issue('client', {
      names: ['alice.test'],
      subject: { commonName: 'alice' },
      client: true,
    }),
  }
}

/** A folder that everybody may enter, since servers may run as somebody else. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'handfast-programs-'))
  chmodSync(folder, 0o755)
  return folder
}

export const removeFolder = (folder: string) => rmSync(folder, { recursive: true, force: true })

/** A program on the PATH, or where Debian puts those that only administrators start. */
export function serverProgram(name: string): string | undefined {
  const versions = '/usr/lib/postgresql'
  const folders = existsSync(versions)
    ? readdirSync(versions).map((version) => join(versions, version, 'bin'))
    : []
  const paths = ['/usr/sbin', ...folders].map((folder) => join(folder, name))
  return systemProgram(name) ?? paths.find((path) => existsSync(path))
}

/** For `describe.skipIf`: the title says what is absent. */
export function titled(
  title: string,
  programs: Record<string, string | undefined>,
): [boolean, string] {
  const absent = Object.keys(programs).filter((name) => programs[name] === undefined)
  if (absent.length === 0) return [false, title]
  return [true, `${title} (skipped: ${notInstalled(absent.join(', '))})`]
}

/** Waits until something listens on a port of loopback, or the server ended. */
export async function listening(child: Child, port: number, limit = 20_000): Promise<void> {
  const deadline = Date.now() + limit
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const probe = connect(port, '127.0.0.1', () => resolve(true))
      probe.on('error', () => resolve(false)).on('connect', () => probe.destroy())
    })
    if (open) return
    if (child.process.exitCode !== null || Date.now() > deadline)
      throw new Error(`nothing listens on ${port}: ${child.log().slice(-3000)}`)
    await sleep(50)
  }
}

/** Whom servers run as that will not run as root: the account that is there on every system and owns nothing. */
export const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined

/** A program that is started as nobody, where we are root. */
export function unprivileged(command: string, args: readonly string[]): [string, string[]] {
  if (nobody === undefined) return [command, [...args]]
  const { uid, gid } = nobody
  return ['setpriv', [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', command, ...args]]
}

export { type Child, output, start }

/** Reproducible bytes, so that what comes back can be compared. */
export function payload(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8)) & 0xff
  return bytes
}

/** What the promise was rejected with, by node's code; an error without one, or none at all, fails. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    for (let at = error as (Error & { code?: string }) | undefined; at; at = at.cause as typeof at)
      if (typeof at.code === 'string' && /^[A-Z][A-Z0-9_]{7,}$/.test(at.code)) return at.code
    throw error
  }
  throw new Error('it was not refused')
}

/** What a client must say of a certificate for another name, and of one by an unknown authority. */
export const codes = {
  wrongName: 'ERR_TLS_CERT_ALTNAME_INVALID',
  stranger: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
} as const
