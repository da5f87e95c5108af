/**
 * `npm run conformance:transfer -- [--gib N] [--only TEXT …]`: N GiB each way at once, over one connection between two
 * processes, through automatic key updates, with the digests of both directions taken at both ends.
 */
import { parseArgs } from 'node:util'
import { tellFigures } from '../assurance/results.ts'
import type { Ends, Transferred } from '../load/programs/transferring.ts'
import { Programs } from '../load/programs.ts'

const suites: readonly Pick<Ends, 'ciphers' | 'version'>[] = [
  { ciphers: 'TLS_AES_128_GCM_SHA256', version: 'TLSv1.3' },
  { ciphers: 'TLS_CHACHA20_POLY1305_SHA256', version: 'TLSv1.3' },
  // One key for all: RFC 5246 has no other than by a new handshake.
  { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256', version: 'TLSv1.2' },
]
/** Who listens, who dials. */
const pairs: readonly (readonly [Ends['by'], Ends['by']])[] = [
  ['handfast', 'handfast'],
  ['node:tls', 'handfast'],
  ['handfast', 'node:tls'],
]

/** Times that each direction changes its key, at the least: a GiB is 65,536 records or more. */
const updates = 10
/** Both directions have a key for the handshake and one behind it. */
const firstKeys = 4

export interface Figures {
  readonly seconds: number
  /** Changes of keys that each end of handfast made or followed, both directions. */
  readonly changes: readonly number[]
}

export async function transfer(
  programs: Programs,
  [listening, dialling]: (typeof pairs)[number],
  suite: (typeof suites)[number],
  gib: number,
  say: (line: string) => void,
): Promise<Figures> {
  const keyUpdateAfterRecords = Math.floor((gib * 65_536) / (updates + 1))
  const [server, client] = [programs.start('transferring'), programs.start('transferring')]
  const port = await server.ask<number>('listen', {
    by: listening,
    keyUpdateAfterRecords,
    ...suite,
  })
  await client.ask('dial', { port, by: dialling, keyUpdateAfterRecords, ...suite })
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  const part = Math.min(gib, 1)
  for (let done = 0; done < gib; ) {
    const bytes = part * 2 ** 30
    await Promise.all([server.ask('transfer', { bytes }), client.ask('transfer', { bytes })])
    done += part
    say(`${done} GiB each way after ${seconds().toFixed(0)} s`)
  }
  const took = seconds()
  const ends = await Promise.all([server.ask<Transferred>('end'), client.ask<Transferred>('end')])
  const [a, b] = ends
  for (const [from, to] of [[a, b] as const, [b, a] as const]) {
    if (from.sent.bytes !== gib * 2 ** 30)
      throw new Error(`only ${from.sent.bytes} bytes were sent`)
    if (from.sent.bytes !== to.received.bytes)
      throw new Error(`${from.sent.bytes} bytes were sent, ${to.received.bytes} received`)
    if (from.sent.digest !== to.received.digest) throw new Error('what came is not what was sent')
  }
  const changes: number[] = []
  for (const { keys } of ends) {
    if (keys === undefined || suite.version !== 'TLSv1.3') continue
    // node:tls answers updates, and makes none by itself.
    const directions = listening === dialling ? 2 : 1
    if (keys - firstKeys < directions * updates)
      throw new Error(`the keys changed ${keys - firstKeys} times only`)
    changes.push(keys - firstKeys)
  }
  return { seconds: took, changes }
}

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      gib: { type: 'string', default: '16' },
      only: { type: 'string', multiple: true, default: [''] },
    },
  })
  const gib = Number(values.gib)
  if (!(gib > 0) || (gib > 1 && !Number.isInteger(gib)) || !Number.isInteger(gib * 2 ** 10)) {
    console.error('--gib is a whole number above 0, or a part of 1 in whole MiB')
    return 2
  }
  const programs = new Programs()
  let ran = 0
  let failed = 0
  try {
    await programs.build('transferring')
    const told = new Map<string, Record<string, string>>()
    for (const suite of suites)
      for (const pair of pairs) {
        const { version } = suite
        const name = `${pair.join(' and ')}, ${version}, ${suite.ciphers}`
        if (!values.only.some((text) => name.includes(text))) continue
        try {
          const { seconds, changes } = await transfer(programs, pair, suite, gib, (line) => {
            if (gib >= 1) console.log(`  ${line}`)
          })
          const rate = Math.round((2 * gib * 1024) / seconds)
          const changed = changes.length > 0 ? `keys changed ${changes.join(' and ')} times, ` : ''
          const figure = `${gib} GiB each way, ${changed}${rate} MiB/s`
          console.log(`✓ ${name}: ${figure}`)
          const figures = { ...told.get(version), [name]: figure }
          told.set(version, figures)
          tellFigures(`transfer-${version}`, figures, { long: gib >= 1 })
          ran++
        } catch (error) {
          failed++
          console.log(`✗ ${name}: ${(error as Error).message}`)
        } finally {
          programs.stop()
        }
      }
  } finally {
    programs.close()
  }
  if (ran + failed === 0) {
    console.error('--only names none')
    return 2
  }
  return failed === 0 ? 0 : 1
}
