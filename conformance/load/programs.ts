/** Programs of this folder as processes of their own: built from the sources by Vite, talked to by messages. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { createAuthority } from '../../packages/ca/src/index.ts'

export interface Credentials {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** A folder with the programs, and credentials for `localhost`. */
export class Programs {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'handfast-load-'))
  readonly #children: ChildProcess[] = []

  async build(...names: readonly string[]): Promise<void> {
    for (const name of names)
      await build({
        configFile: false,
        logLevel: 'error',
        ssr: {
          noExternal: true,
          resolve: { conditions: ['handfast-source', 'node', 'import', 'default'] },
        },
        build: {
          ssr: join(import.meta.dirname, 'programs', `${name}.ts`),
          outDir: this.folder,
          emptyOutDir: false,
          target: 'node20',
          rollupOptions: { output: { entryFileNames: `${name}.mjs`, inlineDynamicImports: true } },
        },
      })
    const authority = await createAuthority()
    const { chain, key } = await authority.issue({ names: ['localhost', '127.0.0.1'] })
    const credentials: Credentials = { ca: authority.root, cert: chain, key }
    writeFileSync(join(this.folder, 'credentials.json'), JSON.stringify(credentials))
  }

  /** @param files as many files as the program may have open */
  start(name: string, args: readonly string[] = [], files = 20_000): Program {
    const script = `ulimit -n ${files} 2>/dev/null || ulimit -n "$(ulimit -Hn)"; exec "$0" "$@"`
    const child = spawn(
      'sh',
      [
        '-c',
        script,
        process.execPath,
        '--expose-gc',
        join(this.folder, `${name}.mjs`),
        join(this.folder, 'credentials.json'),
        ...args,
      ],
      { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
    )
    this.#children.push(child)
    return new Program(name, child)
  }

  /** Ends what runs. */
  stop(): void {
    for (const child of this.#children.splice(0)) child.kill()
  }

  close(): void {
    this.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export class Program {
  readonly #name: string
  readonly #child: ChildProcess
  readonly #answers: ((answer: unknown) => void)[] = []
  /** Its exit code, once it has ended. */
  ended: number | null | undefined

  constructor(name: string, child: ChildProcess) {
    this.#name = name
    this.#child = child
    child.on('message', (answer) => this.#answers.shift()?.(answer))
    child.on('exit', (code) => {
      this.ended = code
    })
  }

  /** Asks for something. @returns the answer */
  ask<T>(question: string, details: object = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null) => reject(new Error(`${this.#name} ended with ${code}`))
      this.#child.once('exit', onExit)
      this.#answers.push((answer) => {
        this.#child.removeListener('exit', onExit)
        resolve(answer as T)
      })
      this.#child.send({ question, ...details })
    })
  }
}
