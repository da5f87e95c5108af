/** A question at the terminal whose answer is not shown. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { CommandError, ExitCode, usageError } from '../exit.ts'
import type { Terminal } from '../terminal.ts'

export const canAsk = ({ stdin }: Pick<Terminal, 'stdin'>): boolean => stdin.isTTY === true

/** @throws CommandError where the question is broken off (Ctrl+C, Ctrl+D, the command is stopped) */
export async function askSecret(
  { stdin, stderr, stop }: Terminal,
  question: string,
): Promise<string> {
  // readline turns the terminal's own echo off and writes one of its own, which goes nowhere.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: stdin, output, terminal: true, historySize: 0 })
  stderr.write(`${question}: `)
  try {
    return await new Promise<string>((resolve, reject) => {
      const end = () => reject(new CommandError(ExitCode.usage, 'No passphrase was given'))
      lines.once('line', resolve).once('SIGINT', end).once('close', end)
      stop.addEventListener('abort', end, { once: true })
    })
  } finally {
    lines.close()
    stderr.write('\n')
  }
}

/** Asks twice, so that a slip of the finger locks nobody out. @throws CommandError (usage) where they differ */
export async function askNewSecret(terminal: Terminal, question: string): Promise<string> {
  const secret = await askSecret(terminal, `new ${question}`)
  if (secret === '') throw usageError('The passphrase is empty')
  if ((await askSecret(terminal, 'the same again')) !== secret)
    throw usageError('The two are not the same')
  return secret
}
