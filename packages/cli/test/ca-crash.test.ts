/**
 * The directory of an authority, with processes that are killed in the middle of their work, and with several at once.
 * They are real processes, of the built package.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDirectory, openDirectory } from '@handfast/ca/node'
import { parseCertificateRevocationList, verifyCertificate } from '@handfast/x509'
import { signatureVerifiers } from 'handfast/crypto/node'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'

const loop = join(import.meta.dirname, 'support', 'issue-loop.mjs')
/** Builds what is not built. */
const start = join(import.meta.dirname, '..', '..', '..', 'scripts', 'start.mjs')

beforeAll(() => {
  expect(spawnSync(process.execPath, [start, '--version']).status).toBe(0)
}, 120_000)

async function newDirectory(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'handfast-crash-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  await createDirectory(folder)
  return folder
}

function issueLoop(path: string, ...words: string[]) {
  const child: ChildProcess = spawn(process.execPath, [loop, path, ...words])
  let told = ''
  let problems = ''
  child.stdout!.on('data', (chunk) => {
    told += chunk
  })
  child.stderr!.on('data', (chunk) => {
    problems += chunk
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return {
    child,
    ended: once(child, 'close').then(([code]) => ({ code, problems })),
    /** The serial numbers that were told as a whole. */
    serialNumbers: () => told.split('\n').slice(0, -1),
  }
}

/** Everything that can be read is read, and each certificate is judged. */
async function check(path: string): Promise<readonly string[]> {
  const directory = openDirectory(path)
  const { rootDer } = await directory.authority()
  const records = directory.list()
  for (const { certificate } of records) {
    const verdict = await verifyCertificate({
      certificate,
      intermediates: [],
      trust: [rootDer],
      time: Date.now(),
      usage: 'serverAuth',
      verifiers: signatureVerifiers,
    })
    expect(verdict.failures).toEqual([])
  }
  return records.map(({ serialNumber }) => serialNumber)
}

describe('a directory', () => {
  it('is whole whenever its process is killed', async () => {
    const path = await newDirectory()
    const handedOut: string[] = []
    let interrupted = 0
    let lastNumber = 0
    for (let round = 0; round < 12; round++) {
      const { child, ended, serialNumbers } = issueLoop(path)
      // Once it works, at any moment of its work.
      await Promise.race([once(child.stdout!, 'data'), ended])
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60))
      child.kill('SIGKILL')
      await ended
      handedOut.push(...serialNumbers())
      if (existsSync(join(path, 'lock'))) interrupted++
      // What was given away is on record, and whole.
      expect(await check(path)).toEqual(expect.arrayContaining(handedOut))
      const directory = openDirectory(path)
      const list = parseCertificateRevocationList(await directory.revocationList())
      for (const { serialNumber, revocation } of directory.list())
        expect(list.find(Buffer.from(serialNumber, 'hex')) === undefined).toBe(
          revocation === undefined,
        )
      const { number } = JSON.parse(
        readFileSync(join(path, 'authorities/root/crl-number.json'), 'utf8'),
      )
      expect(number).toBeGreaterThan(lastNumber)
      lastNumber = number
      expect(readdirSync(join(path, 'tmp'))).toEqual([])
    }
    expect(handedOut.length).toBeGreaterThan(12)
    // Otherwise the kills were never in the middle of the work, and this test showed nothing.
    expect(interrupted).toBeGreaterThan(0)
  }, 120_000)

  it('never has two serial numbers alike, though several processes issue at once', async () => {
    const path = await newDirectory()
    const loops = Array.from({ length: 4 }, () => issueLoop(path, '10'))
    for (const { ended } of loops) expect(await ended).toEqual({ code: 0, problems: '' })
    const handedOut = loops.flatMap(({ serialNumbers }) => serialNumbers())
    expect(new Set(handedOut).size).toBe(40)
    expect([...(await check(path))].sort()).toEqual([...handedOut].sort())
    expect(existsSync(join(path, 'lock'))).toBe(false)
  }, 120_000)

  it('goes on for the others when one of several processes is killed', async () => {
    const path = await newDirectory()
    const victims = [issueLoop(path), issueLoop(path)]
    const survivor = issueLoop(path, '12')
    for (const { child, ended } of victims) {
      await Promise.race([once(child.stdout!, 'data'), ended])
      child.kill('SIGKILL')
      await ended
    }
    expect(await survivor.ended).toEqual({ code: 0, problems: '' })
    const handedOut = [...victims, survivor].flatMap(({ serialNumbers }) => serialNumbers())
    expect(await check(path)).toEqual(expect.arrayContaining(handedOut))
  }, 120_000)
})
