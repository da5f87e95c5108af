/** The program of docs/ca.md does what it says. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { temporaryFolder } from './support.ts'

it('the program of docs/ca.md runs', async () => {
  const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8')
  const [, program] = /## In a program\n\n```ts\n(.*?)```/s.exec(read('../../../docs/ca.md')) ?? []
  expect(program).toBe(read('docs-program.ts'))
  const [here, folder] = [process.cwd(), temporaryFolder()]
  const log = vi.spyOn(console, 'log').mockReturnValue()
  process.chdir(folder)
  onTestFinished(() => {
    process.chdir(here)
    log.mockRestore()
  })
  await import('./docs-program.ts')
  expect(log.mock.calls).toEqual([
    [
      2,
      true,
      expect.stringContaining('BEGIN CERTIFICATE'),
      expect.stringContaining('PRIVATE KEY'),
      expect.any(Number),
    ],
  ])
  expect(existsSync(join(folder, 'ca/authorities/root/certificate.pem'))).toBe(true)
})
