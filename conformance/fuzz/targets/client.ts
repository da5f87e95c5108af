/** What a server that is believed may send to a client. */
import { feed } from '../handshakes.ts'

export function fuzz(input: Uint8Array): void {
  feed('client', input)
}
