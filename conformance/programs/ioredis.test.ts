/** ioredis to Redis with TLS; ioredis asks for node:tls, so handfast is put in its place. */
import 'handfast/register'
import { once } from 'node:events'
import { TLSSocket } from 'handfast/node'
import { Redis, type RedisOptions } from 'ioredis'
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

const redisServer = serverProgram('redis-server')
const [absent, title] = titled('ioredis and Redis', { 'redis-server': redisServer })

describe.skipIf(absent)(title, () => {
  const folder = makeFolder()
  let own: Credentials
  const servers: Child[] = []

  beforeAll(async () => {
    own = await makeCredentials(folder)
  })
  afterAll(async () => {
    for (const server of servers) await server.stop()
    removeFolder(folder)
  })

  /** @returns its port */
  async function serve(credential: Credential, clients: 'yes' | 'no' = 'no'): Promise<number> {
    const port = await freePort()
    const settings = {
      port: '0',
      'tls-port': String(port),
      'tls-cert-file': credential.certFile,
      'tls-key-file': credential.keyFile,
      'tls-ca-cert-file': own.caFile,
      'tls-auth-clients': clients,
      bind: '127.0.0.1',
      dir: folder,
      save: '',
    }
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
    const server = start(redisServer!, args)
    servers.push(server)
    await listening(server, port)
    return port
  }

  async function connect(port: number, options: Partial<RedisOptions> = {}): Promise<Redis> {
    const redis = new Redis({
      host: 'localhost',
      port,
      tls: { ca: own.ca },
      lazyConnect: true,
      retryStrategy: () => null,
      ...options,
    } as never)
    // A refused connection is told by this event; connect() says only that it is closed.
    const failed = new Promise<never>((_, reject) => redis.once('error', reject))
    failed.catch(() => {})
    onTestFinished(() => redis.disconnect())
    await Promise.race([redis.connect().catch(() => failed), failed])
    return redis
  }

  let port: number
  beforeAll(async () => {
    port = await serve(own.server)
  })

  it('connects over TLS', async () => {
    const redis = await connect(port)
    expect(await redis.ping()).toBe('PONG')
    expect((redis as unknown as { stream: unknown }).stream).toBeInstanceOf(TLSSocket)
  })

  it('connects with TLS 1.2', async () => {
    const redis = await connect(port, { tls: { ca: own.ca, maxVersion: 'TLSv1.2' } })
    expect(await redis.echo('x'.repeat(100_000))).toBe('x'.repeat(100_000))
    const { stream } = redis as unknown as { stream: TLSSocket }
    expect(stream.getProtocol()).toBe('TLSv1.2')
  })

  it.each(['wrongName', 'stranger'] as const)('refuses a server that is %s', async (name) => {
    expect(await refusal(connect(await serve(own[name])))).toBe(codes[name])
  })

  it('is let in by its certificate, and not without', async () => {
    const { cert, key } = own.client
    const strict = await serve(own.server, 'yes')
    const redis = await connect(strict, { tls: { ca: own.ca, cert, key } })
    expect(await redis.echo('alice')).toBe('alice')
    expect(await refusal(connect(strict).then((other) => other.ping()))).toMatch(
      /CERTIFICATE_REQUIRED|ECONNRESET/,
    )
  })

  it('works: pipelines, transactions, scripts, errors', async () => {
    const redis = await connect(port)
    const pipeline = redis.pipeline()
    for (let i = 0; i < 1000; i++) pipeline.set(`key:${i}`, i)
    const results = await pipeline.exec()
    expect(results!.every(([error, answer]) => error === null && answer === 'OK')).toBe(true)
    expect(await redis.multi().incr('count').incr('count').exec()).toEqual([
      [null, 1],
      [null, 2],
    ])
    expect(await redis.eval('return redis.call("get", KEYS[1])', 1, 'key:999')).toBe('999')
    await expect(redis.lpush('count', 'x')).rejects.toThrow(/WRONGTYPE/)
  })

  it('publishes and subscribes', async () => {
    const subscriber = await connect(port)
    const publisher = await connect(port)
    await subscriber.subscribe('news')
    const heard = once(subscriber, 'message')
    expect(await publisher.publish('news', 'hello')).toBe(1)
    expect(await heard).toEqual(['news', 'hello'])
  })

  it('moves 16 MiB each way in one value', async () => {
    const redis = await connect(port)
    const bytes = payload(16 << 20)
    await redis.set('large', bytes)
    expect(bytes.equals((await redis.getBuffer('large'))!)).toBe(true)
  })

  it('quits', async () => {
    const redis = await connect(port)
    const ended = once(redis, 'end')
    expect(await redis.quit()).toBe('OK')
    await ended
  })

  it('connects again when the connection was lost', async () => {
    const redis = await connect(port, { retryStrategy: () => 50 })
    const other = await connect(port)
    const again = once(redis, 'ready')
    await other.client('KILL', 'ID', await redis.client('ID'))
    await again
    expect(await redis.ping()).toBe('PONG')
  })
})
