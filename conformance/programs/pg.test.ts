/** pg to PostgreSQL with TLS on; pg asks for node:tls, so handfast is put in its place. */
import 'handfast/register'
import { once } from 'node:events'
import { chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TLSSocket } from 'handfast/node'
import { Client, type ClientConfig, Pool } from 'pg'
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
  nobody,
  output,
  payload,
  refusal,
  removeFolder,
  serverProgram,
  start,
  titled,
  unprivileged,
} from './support.ts'

const initdb = serverProgram('initdb')
const postgres = serverProgram('postgres')
const [absent, title] = titled('pg and PostgreSQL', { initdb, postgres })

describe.skipIf(absent)(title, () => {
  const folder = makeFolder()
  let own: Credentials
  let server: Child
  let port: number
  const data = join(folder, 'data')

  beforeAll(async () => {
    own = await makeCredentials(folder)
    if (nobody !== undefined) chownSync(folder, nobody.uid, nobody.gid)
    await output(...unprivileged(initdb!, ['-D', data, '-U', 'owner', '-A', 'trust', '--no-sync']))
    writeFileSync(
      join(data, 'pg_hba.conf'),
      'hostssl all alice 127.0.0.1/32 cert\nhostssl all all 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 trust\n',
    )
    port = await freePort()
    await run(own.server)
  }, 60_000)

  async function run({ certFile, keyFile }: Credential): Promise<void> {
    await server?.stop()
    const settings = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      ssl: 'on',
      ssl_cert_file: certFile,
      ssl_key_file: keyFile,
      ssl_ca_file: own.caFile,
      fsync: 'off',
    }
    for (const file of [certFile, keyFile])
      if (nobody !== undefined) chownSync(file, nobody.uid, nobody.gid)
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    server = start(...unprivileged(postgres!, ['-D', data, '-p', String(port), ...args]))
    await listening(server, port)
    await server.waitFor('accept', (log) => log.includes('ready to accept') || undefined)
  }

  afterAll(async () => {
    // SIGTERM waits for the last client; all have gone.
    await server?.stop()
    removeFolder(folder)
  })

  const config = (options: ClientConfig = {}): ClientConfig => ({
    host: 'localhost',
    port,
    user: 'owner',
    database: 'postgres',
    ssl: { ca: own.ca },
    ...options,
  })

  async function connect(options: ClientConfig = {}): Promise<Client> {
    const client = new Client(config(options))
    client.on('error', () => {})
    onTestFinished(() => client.end())
    await client.connect()
    return client
  }

  /** What PostgreSQL says of the connection. */
  const sslOf = async (client: Client) =>
    (
      await client.query(
        'select ssl, version, client_dn from pg_stat_ssl where pid = pg_backend_pid()',
      )
    ).rows[0]

  it('connects over TLS, and PostgreSQL says so', async () => {
    const client = await connect()
    expect(await sslOf(client)).toMatchObject({ ssl: true, version: 'TLSv1.3' })
    const { stream } = (client as unknown as { connection: { stream: TLSSocket } }).connection
    expect(stream).toBeInstanceOf(TLSSocket)
    expect(stream.authorized).toBe(true)
  })

  it('connects with TLS 1.2', async () => {
    const client = await connect({ ssl: { ca: own.ca, maxVersion: 'TLSv1.2' } })
    expect(await sslOf(client)).toMatchObject({ ssl: true, version: 'TLSv1.2' })
    const { rows } = await client.query('select repeat($1, 100000) as text', ['x'])
    expect(rows[0].text.length).toBe(100_000)
  })

  it.each(['wrongName', 'stranger'] as const)('refuses a server that is %s', async (name) => {
    await run(own[name])
    expect(await refusal(connect())).toBe(codes[name])
    await run(own.server)
  })

  it('is let in by its certificate', async () => {
    const { cert, key } = own.client
    const owner = await connect()
    await owner.query('create role alice login')
    const client = await connect({ user: 'alice', ssl: { ca: own.ca, cert, key } })
    expect(await sslOf(client)).toMatchObject({ client_dn: '/CN=alice' })
    await expect(connect({ user: 'alice' })).rejects.toThrow(/certificate/)
  })

  it('queries: parameters, transactions, errors, notifications', async () => {
    const client = await connect()
    await client.query('create temporary table things (id int primary key, name text)')
    await client.query('begin')
    for (let i = 0; i < 100; i++)
      await client.query('insert into things values ($1, $2)', [i, `thing ${i}`])
    await client.query('commit')
    const { rows } = await client.query('select count(*)::int, max(name) from things')
    expect(rows).toEqual([{ count: 100, max: 'thing 99' }])
    await expect(client.query('insert into things values (1, null)')).rejects.toMatchObject({
      code: '23505',
    })
    const other = await connect()
    await client.query('listen news')
    const heard = once(client, 'notification')
    await other.query("notify news, 'hello'")
    expect((await heard)[0]).toMatchObject({ channel: 'news', payload: 'hello' })
  })

  it('moves 16 MiB each way in one value', async () => {
    const client = await connect()
    const bytes = payload(16 << 20)
    const { rows } = await client.query('select $1::bytea as bytes', [bytes])
    expect(bytes.equals(rows[0].bytes)).toBe(true)
  })

  it('streams many rows', async () => {
    const client = await connect()
    const { rows } = await client.query('select i, md5(i::text) from generate_series(1, 50000) i')
    expect(rows.length).toBe(50_000)
  })

  it('runs a pool of connections, and ends it', async () => {
    const pool = new Pool({ ...config(), max: 4 })
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => pool.query('select $1::int as i', [i])),
    )
    expect(answers.map(({ rows }) => rows[0].i)).toEqual(Array.from({ length: 40 }, (_, i) => i))
    await pool.end()
    expect(pool.totalCount).toBe(0)
  })

  it('tells that the server ended the connection', async () => {
    const client = await connect()
    const other = await connect()
    const { rows } = await client.query('select pg_backend_pid() as pid')
    const ended = new Promise((resolve) => client.once('end', resolve))
    await other.query('select pg_terminate_backend($1)', [rows[0].pid])
    await ended
    await expect(client.query('select 1')).rejects.toThrow()
  })
})
