/** Small writes share records: what a program corked, or wrote while the transport was busy, goes out in few of them. */

/** As `_writev` gets them. */
export interface Chunk {
  readonly chunk: Buffer
  readonly encoding: BufferEncoding
}

/** What is sealed together. */
export interface Run {
  readonly bytes: Buffer
  /** Put together here, into memory of its own: nobody else refers to it. */
  readonly joined: boolean
}

/**
 * Puts chunks together, up to `max` bytes. A chunk that is larger stays alone, and is not copied.
 * @param max bytes
 */
export function runsOf(chunks: readonly Chunk[], max: number): readonly Run[] {
  const runs: Run[] = []
  let run: Buffer[] = []
  let length = 0
  const close = () => {
    if (run.length === 1) runs.push({ bytes: run[0]!, joined: false })
    else if (run.length > 1) runs.push({ bytes: Buffer.concat(run, length), joined: true })
    run = []
    length = 0
  }
  for (const { chunk } of chunks) {
    if (length + chunk.length > max) close()
    run.push(chunk)
    length += chunk.length
  }
  close()
  return runs
}
