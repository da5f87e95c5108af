/** What a client that is believed may send to a server. */
import { feed } from '../handshakes.ts'

export function fuzz(input: Uint8Array): void {
  feed('server', input)
}
