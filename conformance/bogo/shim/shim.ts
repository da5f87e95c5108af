/**
 * The shim: one test of BoringSSL's protocol test suite (BoGo), with this library at one end.
 *
 * Exit codes: 0 the connections came out as the flags say, 1 they did not (the reason is on stderr), 89 the flags ask for
 * what this library does not have (the reason is on stdout).
 */
import { appendFileSync } from 'node:fs'
import {
  memoryReplayGuard,
  memoryStore,
  type Session,
  type SessionIds,
  sessionCache,
  statelessTickets,
  TlsError,
} from 'handfast'
import { nodeProvider, TLS_AES_128_GCM_SHA256 } from 'handfast/crypto/node'
import type { Memory } from './configuration.ts'
import { exchange } from './exchange.ts'
import { parseFlags } from './flags.ts'
import { missingLog, Unexpected, Unimplemented, unimplementedCode } from './settings.ts'

export interface Ended {
  readonly code: number
  readonly stdout?: string
  readonly stderr?: string
}

export async function shim(args: readonly string[]): Promise<Ended> {
  if (args.includes('-is-handshaker-supported')) return { code: 0, stdout: 'No\n' }
  try {
    await connections(args)
    return { code: 0 }
  } catch (error) {
    if (error instanceof Unimplemented) return giveUp(error.message)
    return { code: 1, stderr: `${describe(error)}\n` }
  }
}

async function connections(args: readonly string[]): Promise<void> {
  const { initial, resume, retry } = parseFlags(args)
  const memory = newMemory()
  let session: Session | undefined
  for (let i = 0; i <= initial.resumeCount; i++) {
    const settings = i === 0 ? initial : resume
    if (i > 0 && !settings.server && session === undefined)
      throw new Unexpected('there is no session to resume')
    session = await exchange({ settings, retry, memory, isResume: i > 0, session })
    memory.now += settings.resumptionDelay * 1000
  }
}

function newMemory(): Memory {
  const memory = { accepted: new Set<string>(), now: Date.now(), rememberedById: false }
  const clock = () => memory.now
  const tickets = statelessTickets({
    crypto: nodeProvider,
    aead: TLS_AES_128_GCM_SHA256.aead,
    clock,
  })
  const cache = sessionCache({ crypto: nodeProvider, store: memoryStore(), clock })
  const sessionIds: SessionIds = {
    ...cache,
    keep: (id, state) => {
      memory.rememberedById = true
      return cache.keep(id, state)
    },
  }
  return Object.assign(memory, { tickets, sessionIds, replayGuard: memoryReplayGuard({ clock }) })
}

/** The runner's error map matches codes and, where one code is too wide, words of the message. */
function describe(error: unknown): string {
  if (error instanceof TlsError) {
    const cause = error.code === 'ERR_INTERNAL' ? `: ${String(error.cause)}` : ''
    return `${error.code}: ${error.message}${cause}`
  }
  return error instanceof Unexpected ? error.message : `the shim: ${(error as Error).stack}`
}

/** Where the run wants to count reasons it names a file; the runner itself keeps only the code. */
function giveUp(reason: string): Ended {
  const log = process.env[missingLog]
  if (log !== undefined) appendFileSync(log, `${reason}\n`)
  return { code: unimplementedCode, stdout: `${reason}\n` }
}
