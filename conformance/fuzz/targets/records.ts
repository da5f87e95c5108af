/** Bytes as they come from a transport, in pieces, to either end: before anything, with a hello sent, and connected. */
import { connected, drain, expectSound, makeEnd } from '../handshakes.ts'

export function fuzz(input: Uint8Array): void {
  const [choice = 0, size = 0] = input
  const connection =
    choice & 1
      ? connected(choice >> 3)[choice & 2 ? 'client' : 'server']
      : makeEnd(choice & 2 ? 'client' : 'server', choice >> 3).connection
  drain(connection)
  connection.takeOutput()
  const piece = size + 1
  for (let at = 2; at < input.length && connection.error === undefined; at += piece) {
    connection.receive(input.subarray(at, at + piece))
    drain(connection)
    connection.takeOutput()
  }
  if (connection.error === undefined) {
    connection.receiveEnd()
    drain(connection)
  }
  expectSound(connection)
  connection.destroy()
}
