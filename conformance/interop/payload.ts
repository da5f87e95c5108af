/** The data that crosses a connection, and what must come back. */

/**
 * How a server answers.
 * - `echo`: with the same bytes;
 * - `reverse-lines`: each line with its characters reversed (OpenSSL's `s_server -rev`);
 * - `http`: an HTTP/1.x POST gets the body back; a GET of `/payload-N` gets N bytes of payload;
 * - `http-files`: a GET of `/payload-N` alone, since the server only serves files.
 */
export type AnswerStyle = 'echo' | 'reverse-lines' | 'http' | 'http-files'

const lineLength = 64
const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'

/**
 * Lines of text that all differ, so that a lost, doubled or swapped record is seen.
 * @param bytes rounded up to whole lines of 64 bytes
 */
export function makePayload(bytes: number): Buffer {
  const lines: string[] = []
  for (let index = 0; index < Math.ceil(bytes / lineLength); index++) {
    const turn = index % letters.length
    const text = (letters.slice(turn) + letters.slice(0, turn)).repeat(2)
    // Upper case is kept out: some command-line clients take a lone Q, R or K as a command.
    lines.push(`${String(index).padStart(9, '0')} ${text}`.slice(0, lineLength - 1))
  }
  return Buffer.from(`${lines.join('\n')}\n`)
}

/** What a server of the given style answers to the payload sent as plain bytes. */
export function expectedAnswer(payload: Buffer, style: AnswerStyle): Buffer {
  if (style === 'reverse-lines') {
    const lines = payload.toString('latin1').split('\n').slice(0, -1)
    return Buffer.from(`${lines.map((line) => [...line].reverse().join('')).join('\n')}\n`)
  }
  return payload
}

/**
 * What a client writes in order to get {@link expectedAnswer} back.
 * @param folder for `http-files`: where the server's files lie
 */
export function requestFor(payload: Buffer, style: AnswerStyle, folder = ''): Buffer {
  switch (style) {
    case 'echo':
    case 'reverse-lines':
      return payload
    case 'http':
      return Buffer.concat([
        Buffer.from(
          `POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${payload.length}\r\n\r\n`,
        ),
        payload,
      ])
    case 'http-files':
      return Buffer.from(`GET ${folder}/payload-${payload.length} HTTP/1.0\r\n\r\n`)
  }
}
