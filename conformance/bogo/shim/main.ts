/**
 * Starts the shim: for the test that the arguments describe, or, with `--serve`, for one after another whose arguments
 * come over a socket. A process that is warm takes a tenth of the time for each.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type Ended, shim } from './shim.ts'

function serve(): void {
  const server = createServer((socket) => {
    const parts: Buffer[] = []
    // A runner that has lost patience ends the program that waits here.
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      parts.push(bytes)
      const args = argumentsIn(Buffer.concat(parts))
      if (args !== undefined) void shim(args).then((ended) => answer(socket, ended))
    })
  })
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
  })
}

/** Their number and then each, with a zero byte behind; undefined while some are on their way. */
function argumentsIn(bytes: Buffer): string[] | undefined {
  const [count, ...args] = bytes.toString().split('\0')
  // What follows the last zero byte is no argument.
  return args.length > Number(count) ? args.slice(0, -1) : undefined
}

/** A line with the code and the stream to write to, 0 for none, and then the text. */
function answer(socket: Socket, { code, stdout, stderr }: Ended): void {
  const stream = stdout !== undefined ? 1 : stderr !== undefined ? 2 : 0
  socket.end(`${code} ${stream}\n${stdout ?? stderr ?? ''}`)
}

const args = process.argv.slice(2)
if (args[0] === '--serve') serve()
else {
  const { code, stdout = '', stderr = '' } = await shim(args)
  process.stdout.write(stdout)
  process.stderr.write(stderr)
  process.exitCode = code
}
