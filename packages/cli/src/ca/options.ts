/** Which directory, which passphrase, and the errors of the authority in this command's words. */
import { readFileSync } from 'node:fs'
import { AuthorityError, keyTypes } from '@handfast/ca'
import {
  type AuthorityDirectory,
  DirectoryError,
  type DirectoryOptions,
  defaultDirectory,
  openDirectory,
} from '@handfast/ca/node'
import { X509Error } from '@handfast/x509'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { usageError } from '../exit.ts'
import { reasonOf } from '../options/files.ts'
import type { Terminal } from '../terminal.ts'
import { askSecret, canAsk } from './askSecret.ts'

export interface PlaceOptions {
  readonly dir?: string
  readonly passphraseFile?: string
}

export function addPlace(command: Command): Command {
  return command
    .optionsGroup('Where the authority is:')
    .option('--dir <directory>', 'default: HANDFAST_CA, or a folder of your own')
    .option('--passphrase-file <file>', 'opens its keys; default: HANDFAST_CA_PASSPHRASE')
}

export const collect = (value: string, previous: readonly string[] = []): string[] => [
  ...previous,
  value,
]

export const keyTypeOption = (): Option =>
  new Option('--key-type <type>', 'kind of key').choices(keyTypes).default('ec-p256')

/** A number of days, with a fraction if need be. */
export function parseDays(text: string): number {
  const days = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text) || !(days > 0) || days > 36_500)
    throw new InvalidArgumentError('It is a number of days: above 0, to 36500.')
  return days
}

/** @throws CommandError (usage) */
export function placeOf({ dir }: PlaceOptions, { env }: Pick<Terminal, 'env'>): string {
  const place = dir ?? defaultDirectory(env)
  if (place === undefined)
    throw usageError(
      'It is not known where your authority is',
      'There is no HOME: say where with --dir DIRECTORY, or in HANDFAST_CA.',
    )
  return place
}

export function directoryOptions(options: PlaceOptions, terminal: Terminal): DirectoryOptions {
  return {
    passphrase: secretFrom(
      '--passphrase-file',
      options.passphraseFile,
      terminal.env.HANDFAST_CA_PASSPHRASE,
    ),
    onWait: ({ pid, host, what }) =>
      terminal.stderr.write(`waiting for process ${pid} on ${host}, which ${what}\n`),
  }
}

/** The first line of the file, or else what the environment has. */
export function secretFrom(
  option: string,
  file: string | undefined,
  otherwise: string | undefined,
): string | undefined {
  if (file === undefined) return otherwise
  try {
    const [first = ''] = readFileSync(file, 'utf8').split(/\r?\n/)
    return first
  } catch (error) {
    throw usageError(`${option}: ${file} cannot be read (${reasonOf(error)})`)
  }
}

/**
 * The directory, to sign with: where a key of the authorities named (all, if none is) is encrypted and nobody has said its passphrase, a person at a
 * terminal is asked for it. Before the directory is locked, so that nobody waits for them.
 */
export async function openToSign(
  options: PlaceOptions,
  terminal: Terminal,
  names?: readonly string[],
): Promise<AuthorityDirectory> {
  const directory = open(options, terminal)
  const given = directoryOptions(options, terminal)
  const signers = names ?? directory.authorities().map(({ name }) => name)
  if (
    given.passphrase !== undefined ||
    !canAsk(terminal) ||
    !signers.some(directory.isSealed, directory)
  )
    return directory
  const passphrase = await askSecret(terminal, `passphrase of ${directory.path}`)
  return openDirectory(directory.path, { ...given, passphrase })
}

export function open(options: PlaceOptions, terminal: Terminal): AuthorityDirectory {
  return openDirectory(placeOf(options, terminal), directoryOptions(options, terminal))
}

/**
 * What an authority refuses is the caller's doing: a name that cannot be, a passphrase, a directory. The message is the
 * authority's own.
 */
export async function inOurWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DirectoryError) throw usageError(error.message, error.help)
    if (error instanceof AuthorityError || error instanceof X509Error)
      throw usageError(error.message)
    if (isFileTrouble(error)) throw usageError(error.message)
    throw error
  }
}

const isFileTrouble = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error &&
  /^E(ACCES|PERM|ROFS|NOSPC|NOTDIR)$/.test((error as NodeJS.ErrnoException).code ?? '')
