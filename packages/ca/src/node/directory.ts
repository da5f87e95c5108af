/**
 * An authority that lives in a directory, with all it issued. What it promises: a crash at any moment leaves a directory
 * that can be used at once; two processes never write at the same time, nor sign the same serial number; a certificate is
 * on record before anyone has it.
 */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseCertificate } from '@handfast/x509'
import { createAuthority, openAuthority } from '../authority.ts'
import { AuthorityError } from '../errors.ts'
import { generateKeyPair, hexadecimal } from '../keys.ts'
import { pem } from '../pem.ts'
import { renewalOptions } from '../renewal.ts'
import { signRevocationList } from '../revocation/list.ts'
import {
  type CertificateStatus,
  createOcspResponder,
  type OcspResponder,
  ocspDelegateOptions,
} from '../revocation/ocsp.ts'
import type { Revocation, RevocationReason } from '../revocation/reasons.ts'
import type {
  Authority,
  AuthorityOptions,
  Certified,
  CertifyOptions,
  IssuedCertificate,
  IssueOptions,
  Validity,
} from '../types.ts'
import { clockSkew } from '../validity.ts'
import { syncFolder, writeDurably, writeWhole } from './durable.ts'
import { DirectoryError } from './errors.ts'
import { isName, layoutVersion, places, rootName } from './layout.ts'
import { type LockHolder, removeLeftovers, withLock } from './lock.ts'
import { isSealed, openKey, sealKey } from './privateKey.ts'
import { type AuthorityRecord, type IssuedRecord, Register } from './register.ts'

export interface DirectoryOptions {
  /** Opens encrypted keys, and encrypts those that are made. */
  readonly passphrase?: string | undefined
  /** Milliseconds to wait for another process that writes. Default 30,000. */
  readonly patience?: number | undefined
  /** Hears that another process is waited for. */
  readonly onWait?: ((holder: LockHolder) => void) | undefined
}

export interface From {
  /** The name of the authority that signs. Default: the root. */
  readonly from?: string | undefined
}

const day = 86_400_000 // milliseconds

/** What `openDirectory` and `createDirectory` answer. */
export class AuthorityDirectory {
  readonly path: string
  readonly #options: DirectoryOptions

  constructor(path: string, options: DirectoryOptions) {
    this.path = path
    this.#options = options
  }

  /** The authorities, the root first. */
  authorities(): readonly AuthorityRecord[] {
    return readdirSync(places.authorities(this.path))
      .filter(isName)
      .sort((a, b) => Number(b === rootName) - Number(a === rootName) || a.localeCompare(b))
      .map((name) => this.#register(name).record())
  }

  /** True where the authority's key is encrypted, so that what signs needs the passphrase. */
  isSealed(name: string = rootName): boolean {
    return isSealed(this.#register(name).keyPem())
  }

  /** The file of an authority's own certificate, PEM. The root's is what clients trust. */
  certificatePath(name: string = rootName): string {
    return this.#register(name).path('certificate.pem')
  }

  /** Reads an authority, with its key. */
  async authority(name: string = rootName): Promise<Authority> {
    const register = this.#register(name)
    const { publishedAt } = register.record()
    const key = openKey(register.keyPem(), this.#options.passphrase, `'${name}'`)
    try {
      return await openAuthority({
        certificate: register.certificate(),
        key,
        issuers: this.issuersOf(name),
        publishedAt,
      })
    } catch (error) {
      if (!(error instanceof AuthorityError)) throw error
      throw new DirectoryError(
        'damaged',
        `the authority '${name}' is damaged: ${error.message}`,
        'Bring its folder back from a backup.',
        error,
      )
    } finally {
      key.fill(0)
    }
  }

  /** The certificates above an authority's own, upwards to the root; DER. */
  issuersOf(name: string): Uint8Array[] {
    const found: Uint8Array[] = []
    const seen = new Set([name])
    let { parent } = this.#register(name).record()
    while (parent !== undefined && !seen.has(parent)) {
      seen.add(parent)
      const register = this.#register(parent)
      found.push(register.certificate())
      parent = register.record().parent
    }
    return found
  }

  /** Makes a key and a certificate for it. The key is given to the caller and kept nowhere here. */
  async issue({ from, ...options }: IssueOptions & From): Promise<IssuedCertificate> {
    // Long RSA keys take seconds: nobody need wait for that.
    const keyPair = await generateKeyPair(options.keyType ?? 'ec-p256')
    const certified = await this.certify(keyPair.subjectPublicKeyInfo, { from, ...options })
    const keyDer = await keyPair.exportPrivateKey()
    return { ...certified, key: pem('PRIVATE KEY', keyDer), keyDer }
  }

  /** Makes a certificate for a key that someone else holds. @param subjectPublicKeyInfo DER */
  certify(
    subjectPublicKeyInfo: Uint8Array,
    { from = rootName, ...options }: CertifyOptions & From,
  ): Promise<Certified> {
    return this.#write('issues a certificate', async () => {
      const authority = await this.authority(from)
      const certified = await authority.certify(subjectPublicKeyInfo, options)
      this.#remember(from, certified.serialNumber, certified.certificate)
      return certified
    })
  }

  /**
   * Makes a certificate that says what an earlier one does, by the same authority, with a number and a key of its own and
   * for as long. The earlier one stays as it is: valid until it ends or is revoked.
   */
  async renew(earlier: IssuedRecord, validity: Validity = {}): Promise<IssuedCertificate> {
    const options = renewalOptions(earlier.certificate)
    return this.issue({ ...options, ...(await this.#renewed(earlier, validity)) })
  }

  /** The same for the same key, which is somebody else's to keep. */
  async renewForSameKey(earlier: IssuedRecord, validity: Validity = {}): Promise<Certified> {
    const { certificate } = earlier
    const { keyType, ...options } = renewalOptions(certificate)
    const key = certificate.subjectPublicKeyInfo.der
    return this.certify(key, { ...options, ...(await this.#renewed(earlier, validity)) })
  }

  async #renewed(
    { authority: from, certificate: { notBefore, notAfter } }: IssuedRecord,
    validity: Validity,
  ): Promise<Validity & From> {
    if (validity.days !== undefined || validity.notAfter !== undefined) return { from, ...validity }
    const { notAfter: last } = await this.authority(from)
    // What was begun an hour early ends an hour early too: it must not grow with each renewal.
    const begin = Math.floor(Date.now() / 1000) * 1000 - clockSkew
    const end = new Date(Math.min(begin + notAfter - notBefore, last.getTime()))
    return { from, notBefore: new Date(begin), ...validity, notAfter: end }
  }

  /** Makes an authority below another one. */
  createIntermediate(
    name: string,
    { from = rootName, ...options }: AuthorityOptions & From = {},
  ): Promise<Authority> {
    return this.#write(`makes the authority '${name}'`, async () => {
      const parent = await this.authority(from)
      this.#mustBeFree(name)
      const authority = await parent.createIntermediate(options)
      this.#remember(from, serialOf(authority), authority.certificate)
      await establish(this.path, name, from, authority, options, this.#options.passphrase)
      return authority
    })
  }

  /** Every certificate that was signed, the oldest first. @param name of one authority only */
  list(name?: string): readonly IssuedRecord[] {
    const names = name === undefined ? this.authorities().map((record) => record.name) : [name]
    return names
      .flatMap((each) => this.#register(each).issued())
      .sort((a, b) => a.certificate.notBefore - b.certificate.notBefore)
  }

  /** The certificates with this serial number, in hexadecimal with or without colons. Nearly always one, or none. */
  find(serialNumber: string): readonly IssuedRecord[] {
    const digits = serialNumber.replaceAll(':', '').toLowerCase()
    if (!/^[0-9a-f]+$/.test(digits)) return []
    return this.authorities()
      .map(({ name }) => this.#register(name).find(digits))
      .filter((record) => record !== undefined)
  }

  /**
   * Revokes a certificate. To do it again changes nothing.
   * @returns what is on record now
   */
  revoke(
    { authority, serialNumber }: Pick<IssuedRecord, 'authority' | 'serialNumber'>,
    reason?: RevocationReason,
  ): Promise<Revocation> {
    return this.#write('revokes a certificate', () => {
      const register = this.#register(authority)
      if (register.find(serialNumber) === undefined) {
        throw new DirectoryError(
          'unknown-name',
          `'${authority}' has not issued a certificate with the number ${serialNumber}`,
          'Look the number up in the list of what was issued.',
        )
      }
      const earlier = register.revocation(serialNumber)
      if (earlier !== undefined) return earlier
      const revokedAt = new Date(Math.floor(Date.now() / 1000) * 1000)
      const revocation = { revokedAt, ...(reason === undefined ? {} : { reason }) }
      const path = register.path('revoked', `${serialNumber}.json`)
      writeDurably(path, json(revocation), { temporary: places.temporary(this.path) })
      return revocation
    })
  }

  /**
   * Signs the list of what an authority revoked; DER. Each has a number above that of the one before.
   * @param days until the next one is due; default 7
   */
  revocationList({
    from = rootName,
    days = 7,
  }: From & { days?: number } = {}): Promise<Uint8Array> {
    return this.#write('signs a revocation list', async () => {
      const register = this.#register(from)
      const authority = await this.authority(from)
      const number = register.lastRevocationListNumber() + 1
      // Written before the list is signed: a number that is lost does no harm, one that is used twice does.
      writeDurably(register.path('crl-number.json'), json({ number }), {
        temporary: places.temporary(this.path),
      })
      const thisUpdate = new Date()
      const nextUpdate = new Date(thisUpdate.getTime() + days * day)
      return signRevocationList(authority, {
        entries: register.revoked(),
        number,
        thisUpdate,
        nextUpdate,
      })
    })
  }

  /**
   * What answers OCSP requests about an authority's certificates, as the directory is at that moment.
   * @param delegated a certificate is made for it, so that the authority's own key does not sign each answer
   */
  async ocspResponder({
    from = rootName,
    delegated = false,
    validFor,
  }: From & { delegated?: boolean; validFor?: number } = {}): Promise<OcspResponder> {
    const register = this.#register(from)
    const authority = await this.authority(from)
    const status = (serialNumber: string): CertificateStatus => {
      const record = register.find(serialNumber)
      return record === undefined ? 'unknown' : (record.revocation ?? 'good')
    }
    return createOcspResponder({
      authority,
      status,
      ...(delegated
        ? { delegate: await this.issue({ from, ...ocspDelegateOptions, days: 7 }) }
        : {}),
      ...(validFor === undefined ? {} : { validFor }),
    })
  }

  #register(name: string): Register {
    const folder = places.authority(this.path, name)
    if (isName(name) && existsSync(join(folder, 'authority.json')))
      return new Register(folder, name)
    throw new DirectoryError(
      'unknown-name',
      `there is no authority '${name}' in ${this.path}`,
      'Look its name up in the list, or make it.',
    )
  }

  #mustBeFree(name: string): void {
    if (!isName(name)) {
      throw new DirectoryError(
        'unknown-name',
        `'${name}' cannot be the name of an authority`,
        'Use small letters, digits, dots, dashes and underscores.',
      )
    }
    if (existsSync(places.authority(this.path, name))) {
      throw new DirectoryError(
        'exists',
        `there is an authority '${name}' already`,
        'Choose another name.',
      )
    }
  }

  /** A number that has been used once is never used again, whatever made it. */
  #remember(authority: string, serialNumber: string, certificate: string): void {
    const path = this.#register(authority).path('issued', `${serialNumber}.pem`)
    writeDurably(path, certificate, { temporary: places.temporary(this.path), exclusive: true })
  }

  #write<T>(what: string, work: () => T | Promise<T>): Promise<T> {
    return locked(this.path, what, this.#options, work)
  }
}

/** @throws DirectoryError `not-initialised` where no authority is there */
export function openDirectory(path: string, options: DirectoryOptions = {}): AuthorityDirectory {
  if (!isInitialised(path)) {
    throw new DirectoryError(
      'not-initialised',
      `there is no authority in ${path}`,
      'Make one there first: handfast ca init',
    )
  }
  return new AuthorityDirectory(path, options)
}

export const isInitialised = (path: string): boolean =>
  existsSync(join(places.authority(path, rootName), 'authority.json'))

/**
 * Makes a root authority in a directory, which is made too.
 * @throws DirectoryError `exists` where there is one
 */
export async function createDirectory(
  path: string,
  authorityOptions: AuthorityOptions = {},
  options: DirectoryOptions = {},
): Promise<AuthorityDirectory> {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  await locked(path, 'makes the root authority', options, async () => {
    if (isInitialised(path)) {
      throw new DirectoryError(
        'exists',
        `there is an authority in ${path} already`,
        'Use it, or choose another directory.',
      )
    }
    const authority = await createAuthority(authorityOptions)
    await establish(path, rootName, undefined, authority, authorityOptions, options.passphrase)
  })
  return new AuthorityDirectory(path, options)
}

async function locked<T>(
  path: string,
  what: string,
  { patience, onWait }: DirectoryOptions,
  work: () => T | Promise<T>,
): Promise<T> {
  return withLock(path, { what, patience, onWait }, () => {
    // Nobody else writes now, so whatever is here was left by a crash.
    removeLeftovers(path)
    const temporary = places.temporary(path)
    rmSync(temporary, { recursive: true, force: true })
    mkdirSync(temporary, { mode: 0o700 })
    return work()
  })
}

/** Writes an authority's folder, whole. */
async function establish(
  path: string,
  name: string,
  parent: string | undefined,
  authority: Authority,
  { publishedAt = {} }: AuthorityOptions,
  passphrase: string | undefined,
): Promise<void> {
  const fresh = mkdtempSync(join(places.temporary(path), 'authority-'))
  const record = { version: layoutVersion, parent: parent ?? null, publishedAt }
  writeWhole(join(fresh, 'authority.json'), json(record), 0o644)
  writeWhole(join(fresh, 'certificate.pem'), authority.certificate, 0o644)
  writeWhole(join(fresh, 'key.pem'), sealKey(await authority.exportKey(), passphrase), 0o600)
  for (const folder of ['issued', 'revoked']) mkdirSync(join(fresh, folder), { mode: 0o700 })
  syncFolder(fresh)
  mkdirSync(places.authorities(path), { recursive: true, mode: 0o700 })
  renameSync(fresh, places.authority(path, name))
  syncFolder(places.authorities(path))
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`

const serialOf = ({ certificateDer }: Pick<Authority, 'certificateDer'>): string =>
  hexadecimal(parseCertificate(certificateDer).serialNumber)
