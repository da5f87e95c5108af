/** mqtt to Mosquitto: with a stream of handfast's, and by `mqtts:` with handfast in the place of node:tls. */
import 'handfast/register'
import { type EventEmitter, once as onceOf } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect as connectTls, TLSSocket } from 'handfast/node'
import { connectAsync, type IClientOptions, MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../interop/process.ts'
import {
  type Child,
  type Credential,
  type Credentials,
  codes,
  listening,
  makeCredentials,
  makeFolder,
  payload,
  refusal,
  removeFolder,
  serverProgram,
  start,
  titled,
} from './support.ts'

const mosquitto = serverProgram('mosquitto')
/** MqttClient's own types say less than it is. */
const once = (client: MqttClient, event: string) => onceOf(client as unknown as EventEmitter, event)

const [absent, title] = titled('mqtt and Mosquitto', { mosquitto })

describe.skipIf(absent)(title, () => {
  const folder = makeFolder()
  let own: Credentials
  const brokers: Child[] = []

  beforeAll(async () => {
    own = await makeCredentials(folder)
  })
  afterAll(async () => {
    for (const broker of brokers) await broker.stop()
    removeFolder(folder)
  })

  /** @returns its port */
  async function serve(credential: Credential, requireCertificate = false): Promise<number> {
    const port = await freePort()
    const file = join(folder, `${port}.conf`)
    const lines = [
      `listener ${port} 127.0.0.1`,
      `certfile ${credential.certFile}`,
      `keyfile ${credential.keyFile}`,
      `cafile ${own.caFile}`,
      `require_certificate ${requireCertificate}`,
      `use_identity_as_username ${requireCertificate}`,
      `allow_anonymous ${!requireCertificate}`,
      // It reads its files before it becomes somebody else, and it is told not to.
      ...(process.getuid?.() === 0 ? ['user root'] : []),
    ]
    writeFileSync(file, `${lines.join('\n')}\n`)
    const broker = start(mosquitto!, ['-c', file, '-v'])
    brokers.push(broker)
    await listening(broker, port)
    return port
  }

  /** What `mqtt.connect` with a URL does. */
  async function connect(port: number, options: IClientOptions = {}): Promise<MqttClient> {
    const url = `mqtts://localhost:${port}`
    const client = await connectAsync(url, { ca: own.ca, reconnectPeriod: 0, ...options }, false)
    onTestFinished(() => client.endAsync(true))
    return client
  }

  let port: number
  beforeAll(async () => {
    port = await serve(own.server)
  })

  it('connects by its URL', async () => {
    const client = await connect(port)
    expect(client.stream).toBeInstanceOf(TLSSocket)
  })

  it('connects over a stream that it is given', async () => {
    const open = () => connectTls({ host: 'localhost', port, ca: own.ca })
    const client = new MqttClient(open as never, { reconnectPeriod: 0 })
    onTestFinished(() => client.endAsync(true))
    await once(client, 'connect')
    await client.subscribeAsync('given')
    const heard = once(client, 'message')
    await client.publishAsync('given', 'hello')
    expect(String((await heard)[1])).toBe('hello')
  })

  it('connects with TLS 1.2', async () => {
    const client = await connect(port, { maxVersion: 'TLSv1.2' } as IClientOptions)
    expect((client.stream as unknown as TLSSocket).getProtocol()).toBe('TLSv1.2')
    await client.publishAsync('older', 'x', { qos: 1 })
  })

  it.each(['wrongName', 'stranger'] as const)('refuses a broker that is %s', async (name) => {
    expect(await refusal(connect(await serve(own[name])))).toBe(codes[name])
  })

  it('is let in by its certificate, whose name is its user name, and not without', async () => {
    const strict = await serve(own.server, true)
    const { cert, key } = own.client
    const client = await connect(strict, { cert, key })
    await client.publishAsync('of/alice', 'here', { qos: 1 })
    expect(brokers.at(-1)!.log()).toContain("u'alice'")
    expect(await refusal(connect(strict))).toMatch(/CERTIFICATE_REQUIRED|ECONNRESET/)
  })

  it.each([0, 1, 2] as const)('publishes and subscribes with QoS %i', async (qos) => {
    const subscriber = await connect(port)
    const publisher = await connect(port)
    const heard: string[] = []
    const all = new Promise<void>((resolve) => {
      subscriber.on('message', (_, message) => {
        if (heard.push(String(message)) === 100) resolve()
      })
    })
    await subscriber.subscribeAsync(`topic/${qos}`, { qos })
    for (let i = 0; i < 100; i++) await publisher.publishAsync(`topic/${qos}`, `${i}`, { qos })
    await all
    expect(heard).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`))
  })

  it('moves a message of 8 MiB', async () => {
    const client = await connect(port)
    await client.subscribeAsync('large')
    const heard = once(client, 'message')
    const bytes = payload(8 << 20)
    await client.publishAsync('large', bytes, { qos: 1 })
    expect(bytes.equals((await heard)[1])).toBe(true)
  })

  it('speaks MQTT 5, and disconnects', async () => {
    const client = await connect(port, { protocolVersion: 5 })
    await client.publishAsync('five', 'x', { qos: 1, properties: { contentType: 'text/plain' } })
    const closed = once(client, 'close')
    await client.endAsync()
    await closed
  })
})
