/** OpenSSL as an authority that answers about revocation: revocation lists and OCSP responses, made by its commands. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Key, toPem } from './certificate-maker.ts'

export interface Entry {
  /** Upper-case hexadecimal, of even length. */
  readonly serialNumber: string
  readonly revoked?: { readonly time: number; readonly reason?: string }
}

export class OpensslAuthority {
  readonly #directory = mkdtempSync(join(tmpdir(), 'x509-ca-'))
  readonly #certificate: string
  readonly #key: string

  constructor(certificate: Uint8Array, key: Key) {
    this.#certificate = this.#write('ca.pem', toPem(certificate))
    this.#key = this.#writeKey('ca.key', key)
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  /** A revocation list, with the lines given in its section of extensions. */
  makeCrl(
    entries: readonly Entry[],
    options: { readonly extensions?: readonly string[]; readonly digest?: string } = {},
  ): Uint8Array {
    const { extensions = ['authorityKeyIdentifier = keyid'], digest = 'sha256' } = options
    const config = this.#write(
      'ca.cnf',
      [
        '[ca]',
        'default_ca = here',
        '[here]',
        `database = ${this.#writeIndex(entries)}`,
        `crlnumber = ${this.#write('crlnumber', '1000\n')}`,
        `default_md = ${digest}`,
        'default_crl_days = 7',
        'crl_extensions = crl_ext',
        '[crl_ext]',
        ...extensions,
        '',
      ].join('\n'),
    )
    const pem = this.#run(
      'ca',
      '-gencrl',
      '-config',
      config,
      '-keyfile',
      this.#key,
      '-cert',
      this.#certificate,
    )
    return new Uint8Array(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'))
  }

  /** An OCSP response about a certificate of this authority, signed by it or by a responder. */
  makeOcspResponse(
    certificate: Uint8Array,
    entries: readonly Entry[],
    options: {
      readonly responder?: { readonly certificate: Uint8Array; readonly key: Key }
      readonly digest?: string
      /** Options of `openssl ocsp`. */
      readonly flags?: readonly string[]
      /** 0 leaves nextUpdate out */
      readonly days?: number
    } = {},
  ): Uint8Array {
    const { responder, digest = 'sha1', flags = [], days = 7 } = options
    const signer =
      responder === undefined
        ? this.#certificate
        : this.#write('signer.pem', toPem(responder.certificate))
    const signerKey =
      responder === undefined ? this.#key : this.#writeKey('signer.key', responder.key)
    const output = join(this.#directory, 'response.der')
    this.#run(
      'ocsp',
      ...['-index', this.#writeIndex(entries), '-CA', this.#certificate],
      ...['-rsigner', signer, '-rkey', signerKey, '-rmd', 'sha256'],
      // The digest has to be named before the certificate it is to identify.
      ...[
        `-${digest}`,
        '-issuer',
        this.#certificate,
        '-cert',
        this.#write('leaf.pem', toPem(certificate)),
      ],
      ...(days === 0 ? [] : ['-ndays', String(days)]),
      ...['-respout', output, '-noverify', ...flags],
    )
    return new Uint8Array(readFileSync(output))
  }

  #writeIndex(entries: readonly Entry[]): string {
    this.#write('index.txt.attr', 'unique_subject = no\n')
    const time = (milliseconds: number): string =>
      `${new Date(milliseconds)
        .toISOString()
        .replace(/[-:T]|\.\d+/g, '')
        .slice(2)}`
    const later = time(Date.now() + 1e10)
    const lines = entries.map(({ serialNumber, revoked }) => {
      const reason = revoked?.reason === undefined ? '' : `,${revoked.reason}`
      const when = revoked === undefined ? '' : `${time(revoked.time)}${reason}`
      return [
        revoked === undefined ? 'V' : 'R',
        later,
        when,
        serialNumber,
        'unknown',
        `/CN=${serialNumber}`,
      ].join('\t')
    })
    return this.#write('index.txt', lines.map((line) => `${line}\n`).join(''))
  }

  #writeKey(name: string, key: Key): string {
    return this.#write(name, String(key.privateKey.export({ format: 'pem', type: 'pkcs8' })))
  }

  #write(name: string, content: string): string {
    const path = join(this.#directory, name)
    writeFileSync(path, content)
    return path
  }

  #run(...args: readonly string[]): string {
    return execFileSync('openssl', [...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }
}
