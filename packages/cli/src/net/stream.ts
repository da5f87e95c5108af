/** A connection whose handshake is complete, as a stream of plain bytes: for pipes, and for Node's HTTP parser. */
import { Duplex } from 'node:stream'
import type { Session } from 'handfast'
import type { Drive } from './drive.ts'

export interface StreamHandlers {
  readonly onSession: (session: Session) => void
}

/**
 * Its readable side ends with the peer's close_notify, and fails with the engine's error (`ERR_TRUNCATED` where the
 * transport ends without one). Its writable side sends close_notify at its end.
 */
export function streamOf(drive: Drive, { onSession }: StreamHandlers): Duplex {
  let reading = false
  const stream = new Duplex({
    allowHalfOpen: true,
    read() {
      if (!reading) pull()
    },
    write(chunk: Uint8Array, _, done) {
      // The engine reads the bytes until they are sealed, which they are when this returns.
      try {
        drive.write(chunk)
      } catch (error) {
        done(error as Error)
        return
      }
      drive.drained().then(() => done(), done)
    },
    final(done) {
      drive.endWriting()
      done()
    },
    destroy(error, done) {
      drive.destroy()
      done(error)
    },
  })

  async function pull(): Promise<void> {
    reading = true
    try {
      for (;;) {
        const event = await drive.next(Infinity, 'data', 'session', 'closeNotify')
        if (event?.type === 'session') onSession(event.session)
        else if (event?.type === 'data') {
          if (!stream.push(event.data)) break
        } else {
          stream.push(null)
          break
        }
      }
    } catch (error) {
      stream.destroy(error as Error)
    } finally {
      reading = false
    }
  }

  return stream
}
