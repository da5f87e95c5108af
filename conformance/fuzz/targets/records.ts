/** Bytes as they come from a transport, in pieces, to either end: before anything, with a hello sent, and connected. */
import { connected, drain, expectSound, makeEnd } from '../handshakes.ts'

export function fuzz(input: Uint8Array): void {
  const [choice = 0, size = 0, more = 0] = input
  const options = choice >> 3
  const role = choice & 2 ? 'client' : 'server'
  const connection =
    choice & 1 ? connected({ options, more })[role] : makeEnd(role, { options, more }).connection
  drain(connection)
  connection.takeOutput()
  const piece = size + 1
  for (let at = 3; at < input.length && connection.error === undefined; at += piece) {
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
