/** Small writes share records: what a program corked, or wrote while the transport was busy, goes out in few of them. */

/** As `_writev` gets them. */
export interface Chunk {
  readonly chunk: Buffer
  readonly encoding: BufferEncoding
}

/**
 * Puts chunks together, up to `max` bytes. A chunk that is larger stays alone, and is not copied.
 * @param max bytes
 */
export function runsOf(chunks: readonly Chunk[], max: number): readonly Buffer[] {
  const runs: Buffer[] = []
  let run: Buffer[] = []
  let length = 0
  const close = () => {
    if (run.length > 0) runs.push(run.length === 1 ? run[0]! : Buffer.concat(run, length))
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
