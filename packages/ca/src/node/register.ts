/** The files of one authority: who it is, what it issued, what it revoked. Reading needs no lock. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Certificate, decodePem, parseCertificate } from '@handfast/x509'
import type { RevokedEntry } from '../revocation/list.ts'
import { type Revocation, revocationReasons } from '../revocation/reasons.ts'
import type { PublishedAt } from '../types.ts'
import { DirectoryError } from './errors.ts'
import { layoutVersion } from './layout.ts'

export interface AuthorityRecord {
  readonly name: string
  /** The authority above; `undefined` for the root. */
  readonly parent: string | undefined
  readonly publishedAt: PublishedAt
}

export interface IssuedRecord {
  /** The authority that signed it. */
  readonly authority: string
  /** Hexadecimal, lower case. */
  readonly serialNumber: string
  readonly certificate: Certificate
  readonly revocation: Revocation | undefined
}

export class Register {
  readonly name: string
  readonly folder: string

  constructor(folder: string, name: string) {
    this.folder = folder
    this.name = name
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts)
  }

  record(): AuthorityRecord {
    const { version, parent, publishedAt = {} } = this.#json('authority.json')
    if (version !== layoutVersion) {
      throw new DirectoryError(
        'damaged',
        `the directory has the layout ${version}, and this program knows ${layoutVersion}`,
        'Use the version of handfast that wrote it, or a newer one.',
      )
    }
    return { name: this.name, parent: parent ?? undefined, publishedAt }
  }

  certificate(): Uint8Array {
    return onlyCertificate(this.#text('certificate.pem'), this.path('certificate.pem'))
  }

  keyPem(): string {
    return this.#text('key.pem')
  }

  lastRevocationListNumber(): number {
    const { number } = this.#json('crl-number.json', { number: 0 })
    if (Number.isSafeInteger(number)) return number
    throw damaged(this.path('crl-number.json'))
  }

  /** Every certificate that was signed, the oldest first. */
  issued(): readonly IssuedRecord[] {
    return readdirSync(this.path('issued'))
      .filter((name) => /^[0-9a-f]+\.pem$/.test(name))
      .map((name) => this.find(name.slice(0, -'.pem'.length))!)
      .sort((a, b) => a.certificate.notBefore - b.certificate.notBefore)
  }

  /** @param serialNumber hexadecimal, lower case */
  find(serialNumber: string): IssuedRecord | undefined {
    const path = join('issued', `${serialNumber}.pem`)
    const text = this.#text(path, '')
    if (text === '') return undefined
    const certificate = parseCertificate(onlyCertificate(text, this.path(path)))
    const revocation = this.revocation(serialNumber)
    return { authority: this.name, serialNumber, certificate, revocation }
  }

  revocation(serialNumber: string): Revocation | undefined {
    const path = join('revoked', `${serialNumber}.json`)
    const { revokedAt, reason } = this.#json(path, {})
    if (revokedAt === undefined) return undefined
    const date = new Date(revokedAt)
    if (Number.isNaN(date.getTime())) throw damaged(this.path(path))
    if (reason === undefined) return { revokedAt: date }
    if (!revocationReasons.includes(reason)) throw damaged(this.path(path))
    return { revokedAt: date, reason }
  }

  revoked(): readonly RevokedEntry[] {
    return readdirSync(this.path('revoked'))
      .filter((name) => /^[0-9a-f]+\.json$/.test(name))
      .map((name) => {
        const serialNumber = name.slice(0, -'.json'.length)
        return { serialNumber, ...this.revocation(serialNumber)! }
      })
      .sort((a, b) => a.revokedAt.getTime() - b.revokedAt.getTime())
  }

  #text(path: string, otherwise?: string): string {
    try {
      return readFileSync(this.path(path), 'utf8')
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
      if (isMissing && otherwise !== undefined) return otherwise
      throw isMissing ? damaged(this.path(path), error) : error
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: whoever calls looks at each property
  #json(path: string, otherwise?: Record<string, any>): Record<string, any> {
    const text = this.#text(path, otherwise && JSON.stringify(otherwise))
    try {
      const value = JSON.parse(text)
      if (typeof value === 'object' && value !== null) return value
    } catch {}
    throw damaged(this.path(path))
  }
}

function onlyCertificate(text: string, path: string): Uint8Array {
  let blocks: ReturnType<typeof decodePem>
  try {
    blocks = decodePem(text)
  } catch (error) {
    throw damaged(path, error)
  }
  const [first, second] = blocks
  if (first?.label !== 'CERTIFICATE' || second !== undefined) throw damaged(path)
  return first.der
}

function damaged(path: string, cause?: unknown): DirectoryError {
  return new DirectoryError(
    'damaged',
    `${path} is missing, or is not what it should be`,
    'Bring it back from a backup.',
    cause,
  )
}
