/** The programs of docs/node.md are run. */
import { readFileSync } from 'node:fs'
import type * as http2 from 'node:http2'
import * as https from 'node:https'
import { expect, it } from 'vitest'
import { memoryReplayGuard } from '../../src/index.ts'
import * as handfast from '../../src/node/index.ts'
import { authority, files } from './certificates.ts'
import { once } from './same.ts'

const { default: _, ...api } = handfast
const text = readFileSync(new URL('../../../../docs/node.md', import.meta.url), 'utf8')
const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code!)

/** Runs a block with what it imports and takes as given, and gives back some of its variables. */
function run(code: string, given: object, ...results: readonly string[]): Record<string, never> {
  const body = code.replace(/^import .*$/gm, '').concat(`\nreturn { ${results.join(', ')} }`)
  const names = Object.keys(given)
  return new Function(...names, body)(...Object.values(given))
}

/** A program names a port; the test takes what is free. */
const anyPort = (code: string, port = 0) => code.replaceAll('8443', String(port))

it('the first program', async () => {
  const [code] = blocks
  const { cert, key } = await files('good')
  const ca = (await authority()).root
  const lines: unknown[][] = []
  const given = {
    ...api,
    cert,
    key,
    ca,
    console: { log: (...line: unknown[]) => lines.push(line) },
  }
  const [serverPart, clientPart] = code!.split('\nconst client')
  const { server } = run(anyPort(serverPart!), given, 'server') as unknown as {
    server: handfast.Server
  }
  await once(server, 'listening')
  const { port } = server.address() as import('node:net').AddressInfo
  const { client } = run(
    anyPort(`const client${clientPart}`, port),
    given,
    'client',
  ) as unknown as {
    client: handfast.TLSSocket
  }
  await once(client, 'close')
  server.close()
  expect(lines).toEqual([['TLS_AES_128_GCM_SHA256', 'X25519MLKEM768', true], ['hello']])
})

it('the program with HTTPS', async () => {
  const code = blocks[1]!
  const { cert, key } = await files('good')
  const ca = (await authority()).root
  const servers: handfast.HttpsServer[] = []
  const answers: number[] = []
  const given = {
    ...api,
    createHttpsServer: (...args: Parameters<typeof handfast.createHttpsServer>) => {
      const server = handfast.createHttpsServer(...args)
      servers.push(server)
      return server
    },
    cert,
    key,
    ca,
  }
  const [serverLine, getLine, http2Line] = code
    .split('\n')
    .filter((line) => /\(/.test(line) && !/^import/.test(line))
  run(anyPort(serverLine!), given)
  const [server] = servers
  await once(server!, 'listening')
  const { port } = server!.address() as import('node:net').AddressInfo
  const { request } = run(
    `const request = ${anyPort(getLine!, port)}`,
    { ...given, https },
    'request',
  ) as unknown as {
    request: import('node:http').ClientRequest
  }
  const [response] = await once(request, 'response')
  answers.push(response.statusCode)
  response.resume()
  await once(response, 'end')
  const { session } = run(
    `const session = ${anyPort(http2Line!, port)}`,
    given,
    'session',
  ) as unknown as { session: http2.ClientHttp2Session }
  const stream = session.request({ ':path': '/' })
  const [headers] = await once(stream, 'response')
  answers.push(headers[':status'])
  session.destroy()
  server!.closeAllConnections()
  server!.close()
  expect(answers).toEqual([200, 200])
})

it('the program with early data', async () => {
  const code = blocks.find((block) => block.includes('replayGuard'))!
  const { cert, key } = await files('good')
  const ca = (await authority()).root
  const lines: string[] = []
  const given = {
    ...api,
    ...{ memoryReplayGuard, cert, key, ca },
    console: { log: (line: string) => lines.push(line) },
  }
  const [serverPart, clientPart] = code.split('\nconst first')
  const { server } = run(anyPort(serverPart!), given, 'server') as unknown as {
    server: handfast.Server
  }
  await once(server, 'listening')
  const { port } = server.address() as import('node:net').AddressInfo
  run(anyPort(`const first${clientPart}`, port), given)
  await new Promise<void>((resolve) => {
    let open = 0
    server.on('secureConnection', (socket: handfast.TLSSocket) => {
      open += 1
      socket.on('close', () => open === 2 && resolve())
    })
  })
  server.close()
  expect(lines[0]).toBe('accepted')
  expect(lines.slice(1).join('')).toBe('early: GET, and the rest')
})
