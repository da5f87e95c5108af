/** Certificates from a file or from a server: the chain, as it stands there. */
import { existsSync } from 'node:fs'
import { type Certificate, parseCertificate, X509Error } from '@handfast/x509'
import { type Command, Option } from 'commander'
import { dangerousAcceptAnyCertificate } from 'handfast'
import { usageError } from '../exit.ts'
import { openTls } from '../net/open.ts'
import { readCertificates } from '../options/files.ts'
import { formatAddress, parseTarget } from '../options/target.ts'
import { parseTimeout, prepareClient } from '../options/tls.ts'
import { progressOn } from '../progress.ts'
import { starttlsProtocols } from '../starttls/index.ts'
import type { Terminal } from '../terminal.ts'

export interface SourceOptions {
  readonly servername?: string
  readonly starttls?: string
  /** Milliseconds. */
  readonly timeout: number
}

export interface Source {
  /** The file, or the address of the server. */
  readonly from: string
  /** The peer's own first, as a server sends it. Not empty. */
  readonly chain: readonly Certificate[]
  /** The name that a server was asked for; `undefined` for a file. */
  readonly serverName: string | undefined
  /** What the server stapled. */
  readonly ocspResponse?: Uint8Array
}

export function addSource(command: Command): Command {
  return command
    .optionsGroup('Where a server is asked:')
    .option('--servername <name>', 'name to ask for, where it is not HOST')
    .addOption(
      new Option('--starttls <protocol>', 'protocol that begins in the clear').choices(
        starttlsProtocols,
      ),
    )
    .option('--timeout <seconds>', 'for each step', parseTimeout, 10_000)
}

/**
 * A file where there is one of that name, or else a server, whose certificate is taken as it is: it is looked at here, and
 * not believed.
 * @throws CommandError
 */
export async function readSource(
  text: string,
  options: SourceOptions,
  terminal: Terminal,
): Promise<Source> {
  if (existsSync(text)) {
    return { from: text, chain: parse(readCertificates('cert', text), text), serverName: undefined }
  }
  if (/[/\\]|\.(pem|crt|cer|der)$/.test(text) && !text.includes('://'))
    throw usageError(`There is no file ${text}`)
  const target = parseTarget(text, options.starttls)
  const client = await prepareClient({ ...options, ca: [] }, target, terminal)
  const progress = progressOn(terminal)
  const from = formatAddress(target.host, target.port)
  progress.say(`asking ${from}`)
  let seen: readonly Uint8Array[] = []
  let ocspResponse: Uint8Array | undefined
  try {
    const { drive } = await openTls(
      target,
      {
        ...client,
        config: {
          ...client.config,
          verifyCertificate: (peer) => {
            seen = peer.chain
            ocspResponse = peer.ocspResponse
            return dangerousAcceptAnyCertificate(peer)
          },
        },
      },
      options.timeout,
      terminal.stop,
    )
    await drive.close(performance.now() + 300).catch(() => {})
    drive.destroy()
  } finally {
    progress.done()
  }
  return {
    from,
    chain: parse(seen, from),
    serverName: client.serverName,
    ...(ocspResponse === undefined ? {} : { ocspResponse }),
  }
}

function parse(ders: readonly Uint8Array[], from: string): readonly Certificate[] {
  if (ders.length === 0) throw usageError(`${from} has no certificate`)
  return ders.map((der, index) => {
    try {
      return parseCertificate(der)
    } catch (error) {
      if (!(error instanceof X509Error)) throw error
      throw usageError(`Certificate ${index} of ${from} cannot be read (${error.message})`)
    }
  })
}
