/** `--psk` and `--psk-identity`: keys that both sides had before, from a file, since others can read arguments. */
import { type Command, Option } from 'commander'
import { ClassicCipherSuiteId, defaultCipherSuites, defaultClassicCipherSuites } from 'handfast'
import { usageError } from '../exit.ts'
import { readOptionFile } from './files.ts'

export interface PskOptions {
  readonly psk?: string
  readonly pskIdentity?: string
}

/** Keys by their identity, in the file's order. */
export type PreSharedKeys = ReadonlyMap<string, Uint8Array>

/** Bytes, as OpenSSL and `handfast/node` limit them. */
const longest = { key: 512, identity: 256 }

/** @param which what a client does with a file of several */
export function addPskOptions(command: Command, which: 'client' | 'server'): Command {
  command.addOption(
    new Option(
      '--psk <file>',
      'pre-shared keys, a line IDENTITY:HEX for each, as GnuTLS, stunnel and Mosquitto keep them',
    ).conflicts('legacy'),
  )
  if (which === 'client')
    command.option('--psk-identity <name>', 'which of them; default: the first')
  return command
}

/** @throws CommandError (usage) that names the line, and never what is on it */
export function readPreSharedKeys({ psk }: PskOptions): PreSharedKeys | undefined {
  if (psk === undefined) return undefined
  const keys = new Map<string, Uint8Array>()
  const lines = Buffer.from(readOptionFile('--psk', psk)).toString('utf8').split(/\r?\n/)
  for (const [index, line] of lines.entries()) {
    if (/^\s*(?:#|;|$)/.test(line)) continue
    // An identity may have colons in it, a key has none.
    const [, identity = '', hex = ''] = /^(.+):((?:[0-9a-f]{2})+)\s*$/i.exec(line) ?? []
    const tooLong = Buffer.byteLength(identity) > longest.identity || hex.length > 2 * longest.key
    if (identity === '' || tooLong)
      throw usageError(
        `--psk: line ${index + 1} of ${psk} is no IDENTITY:HEX`,
        `An identity has up to ${longest.identity} bytes, a key up to ${longest.key}.`,
      )
    keys.set(identity, Buffer.from(hex, 'hex'))
  }
  if (keys.size === 0) throw usageError(`--psk: ${psk} holds no key`)
  return keys
}

/** The one that a client offers. @throws CommandError (usage) */
export function preSharedKeyFrom(
  options: PskOptions,
): { readonly identity: Uint8Array; readonly key: Uint8Array } | undefined {
  const keys = readPreSharedKeys(options)
  if (keys === undefined) {
    if (options.pskIdentity !== undefined)
      throw usageError('--psk-identity wants the key that it names: --psk FILE')
    return undefined
  }
  const [first] = keys.keys()
  const { pskIdentity = first! } = options
  const key = keys.get(pskIdentity)
  if (key === undefined)
    throw usageError(`--psk: ${options.psk} holds no key for ${JSON.stringify(pskIdentity)}`)
  return { identity: new TextEncoder().encode(pskIdentity), key }
}

/**
 * Enabled where keys are given and no suites are named: in TLS 1.2 a key goes with suites of its own. Those come first which
 * keep what was recorded safe from whoever gets the key later.
 */
export const suitesWithKeys: readonly number[] = [
  ...defaultCipherSuites,
  ClassicCipherSuiteId.TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256,
  ClassicCipherSuiteId.TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384,
  ClassicCipherSuiteId.TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256,
  ...defaultClassicCipherSuites,
  ClassicCipherSuiteId.TLS_PSK_WITH_AES_128_GCM_SHA256,
  ClassicCipherSuiteId.TLS_PSK_WITH_AES_256_GCM_SHA384,
  ClassicCipherSuiteId.TLS_PSK_WITH_CHACHA20_POLY1305_SHA256,
]
