// gRPC at either end: `grpc.mjs server FILE` prints its port, `grpc.mjs client FILE` what it was answered, as JSON.
// FILE is JSON: { ca, cert, key } in PEM, for the server `requireCertificate`, for the client `port`.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import grpc from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

const proto = loadSync(fileURLToPath(new URL('work.proto', import.meta.url)))
const { Work } = grpc.loadPackageDefinition(proto).work
const large = 64 << 20

export function serve({ ca, cert, key, requireCertificate = false }) {
  const server = new grpc.Server({ 'grpc.max_receive_message_length': large })
  server.addService(Work.service, {
    Echo: ({ request }, answer) => answer(null, request),
    WhoAmI: (call, answer) => {
      const name = call.getAuthContext().sslPeerCertificate?.subject.CN ?? 'nobody'
      answer(null, { value: `${name} at ${call.getPeer().replace(/:\d+$/, '')}` })
    },
    Fail: (_, answer) => answer({ code: grpc.status.FAILED_PRECONDITION, details: 'as asked' }),
    Count: (call) => {
      for (let value = 0; value < call.request.value; value++) call.write({ value })
      call.end()
    },
    Sum: (call, answer) => {
      let value = 0
      call.on('data', (number) => {
        value += number.value
      })
      call.on('end', () => answer(null, { value }))
    },
    Double: (call) => {
      call.on('data', ({ value }) => call.write({ value: value * 2 }))
      call.on('end', () => call.end())
    },
  })
  const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }
  const credentials = grpc.ServerCredentials.createSsl(Buffer.from(ca), [pair], requireCertificate)
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, port) =>
      error ? reject(error) : resolve({ server, port }),
    ),
  )
}

export function connect({ port, ca, cert, key }) {
  const pem = (text) => (text === undefined ? null : Buffer.from(text))
  const credentials = grpc.credentials.createSsl(pem(ca), pem(key), pem(cert))
  return new Work(`localhost:${port}`, credentials, { 'grpc.max_receive_message_length': large })
}

/** One call of each kind. Rejects with gRPC's error where the server cannot be reached or trusted. */
export async function exercise(client) {
  const deadline = Date.now() + 50_000
  const call = (method, request) =>
    new Promise((resolve, reject) =>
      client[method](request, { deadline }, (error, answer) =>
        error ? reject(error) : resolve(answer.value),
      ),
    )
  const whoAmI = await call('WhoAmI', { value: 0 })
  const bytes = Buffer.alloc(8 << 20, 'handfast')
  const echoed = bytes.equals(await call('Echo', { value: bytes }))
  const failure = await call('Fail', { value: 0 }).catch(({ code, details }) => ({ code, details }))
  const parallel = await Promise.all(
    Array.from({ length: 50 }, (_, i) => call('Echo', { value: Buffer.from([i]) })),
  )

  const counted = []
  for await (const { value } of client.Count({ value: 10_000 })) counted.push(value)

  const sum = await new Promise((resolve, reject) => {
    const stream = client.Sum((error, answer) => (error ? reject(error) : resolve(answer.value)))
    for (let value = 1; value <= 1000; value++) stream.write({ value })
    stream.end()
  })

  const doubled = []
  const stream = client.Double()
  for (const value of [1, 2, 3]) stream.write({ value })
  stream.end()
  for await (const { value } of stream) doubled.push(value)

  const inOrder = counted.every((value, i) => value === i)
  return {
    whoAmI,
    echoed,
    failure,
    parallel: parallel.every(([byte], i) => byte === i),
    counted: inOrder && counted.length,
    sum,
    doubled,
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = JSON.parse(readFileSync(process.argv[3], 'utf8'))
  if (process.argv[2] === 'server') console.log(`port ${(await serve(options)).port}`)
  else {
    const client = connect(options)
    console.log(JSON.stringify(await exercise(client)))
    client.close()
  }
}
