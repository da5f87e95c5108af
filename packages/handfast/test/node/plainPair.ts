import { Duplex } from 'node:stream'

/**
 * Two Duplexes in memory, each reading what the other writes. Unlike `Duplex.from` they end quietly when they are
 * destroyed: node:tls does not catch the AbortError of those.
 */
export function plainPair(): readonly [Duplex, Duplex] {
  const ends: Duplex[] = []
  const end = (other: number) =>
    new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        ends[other]!.push(chunk)
        done()
      },
      final(done) {
        ends[other]!.push(null)
        done()
      },
    })
  ends.push(end(1), end(0))
  return [ends[0]!, ends[1]!]
}
