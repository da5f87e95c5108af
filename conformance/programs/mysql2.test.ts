/** mysql2 to MariaDB with TLS required; mysql2 asks for node:tls, so handfast is put in its place. */
import 'handfast/register'
import { chownSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TLSSocket } from 'handfast/node'
import {
  type Connection,
  type ConnectionOptions,
  createConnection,
  createPool,
  type RowDataPacket,
} from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../interop/process.ts'
import {
  type Child,
  type Credential,
  type Credentials,
  listening,
  makeCredentials,
  makeFolder,
  nobody,
  payload,
  removeFolder,
  serverProgram,
  start,
  titled,
  unprivileged,
} from './support.ts'

const mariadbd = serverProgram('mariadbd')
const [absent, title] = titled('mysql2 and MariaDB', { mariadbd })

/** What MariaDB ships for making a database, in its order. */
const systemTables = ['mysql_system_tables.sql', 'mysql_system_tables_data.sql'].map((name) =>
  join('/usr/share/mysql', name),
)

describe.skipIf(absent)(title, () => {
  const folder = makeFolder()
  const data = join(folder, 'data')
  let own: Credentials
  let server: Child
  let port: number

  beforeAll(async () => {
    own = await makeCredentials(folder)
    mkdirSync(data)
    if (nobody !== undefined)
      for (const path of [folder, data]) chownSync(path, nobody.uid, nobody.gid)
    const bootstrap = start(
      ...unprivileged(mariadbd!, [
        '--no-defaults',
        '--bootstrap',
        `--datadir=${data}`,
        `--tmpdir=${folder}`,
      ]),
    )
    bootstrap.process.stdin.end(
      [
        'create database mysql;',
        'use mysql;',
        ...systemTables.map((file) => readFileSync(file)),
      ].join('\n'),
    )
    expect(await bootstrap.ended(), bootstrap.log()).toBe(0)
    port = await freePort()
    await run(own.server)
    const owner = await connect()
    await owner.query("create user 'alice'@'%' require subject '/CN=alice'")
    await owner.query("grant all on *.* to 'alice'@'%'")
    await owner.end()
  }, 120_000)

  async function run({ certFile, keyFile }: Credential): Promise<void> {
    await server?.stop()
    for (const file of [certFile, keyFile])
      if (nobody !== undefined) chownSync(file, nobody.uid, nobody.gid)
    const settings = {
      datadir: data,
      tmpdir: folder,
      port,
      'bind-address': '127.0.0.1',
      socket: join(folder, 'm.sock'),
      'pid-file': join(folder, 'm.pid'),
      'ssl-cert': certFile,
      'ssl-key': keyFile,
      'ssl-ca': own.caFile,
      'require-secure-transport': 'on',
      'max-allowed-packet': '64M',
      'skip-name-resolve': 'on',
      'innodb-flush-log-at-trx-commit': 0,
    }
    const args = Object.entries(settings).map(([name, value]) => `--${name}=${value}`)
    server = start(...unprivileged(mariadbd!, ['--no-defaults', ...args]))
    await listening(server, port, 60_000)
  }

  afterAll(async () => {
    await server?.stop()
    removeFolder(folder)
  })

  const config = (options: ConnectionOptions = {}): ConnectionOptions => ({
    host: 'localhost',
    port,
    user: 'root',
    ssl: { ca: own.ca, verifyIdentity: true },
    ...options,
  })

  async function connect(options: ConnectionOptions = {}): Promise<Connection> {
    return createConnection(config(options))
  }

  async function connected(options: ConnectionOptions = {}): Promise<Connection> {
    const connection = await connect(options)
    onTestFinished(() => connection.end().catch(() => {}))
    return connection
  }

  it('connects over TLS, and MariaDB says so', async () => {
    const connection = await connected()
    const [rows] = await connection.query("show session status like 'Ssl_version'")
    expect(rows).toEqual([{ Variable_name: 'Ssl_version', Value: 'TLSv1.3' }])
    const { stream } = (connection as unknown as { connection: { stream: unknown } }).connection
    expect(stream).toBeInstanceOf(TLSSocket)
  })

  it('connects with TLS 1.2', async () => {
    const ssl = { ca: own.ca, verifyIdentity: true, maxVersion: 'TLSv1.2' }
    const connection = await connected({ ssl })
    const [rows] = await connection.query("show session status like 'Ssl_version'")
    expect(rows).toEqual([{ Variable_name: 'Ssl_version', Value: 'TLSv1.2' }])
  })

  it('is refused without TLS', async () => {
    await expect(createConnection({ host: 'localhost', port, user: 'root' })).rejects.toMatchObject(
      {
        code: expect.stringMatching(/ER_SECURE_TRANSPORT_REQUIRED|ER_ACCESS_DENIED_ERROR/),
      },
    )
  })

  // mysql2 puts a code of its own in the place of node's; the message stays.
  it.each([
    ['wrongName', /does not match certificate's altnames/],
    ['stranger', /unable to verify the first certificate/],
  ] as const)(
    'refuses a server that is %s',
    async (name, message) => {
      await run(own[name])
      const refused = await connect().catch((error) => error)
      await run(own.server)
      expect(refused).toMatchObject({
        code: 'HANDSHAKE_SSL_ERROR',
        message: expect.stringMatching(message),
      })
    },
    60_000,
  )

  it('is let in by its certificate', async () => {
    const { cert, key } = own.client
    const ssl = { ca: own.ca, cert, key }
    const connection = await connected({ user: 'alice', ssl })
    const [rows] = await connection.query('select current_user() as name')
    expect(rows).toEqual([{ name: 'alice@%' }])
    await expect(connect({ user: 'alice' })).rejects.toMatchObject({
      code: 'ER_ACCESS_DENIED_ERROR',
    })
  })

  it('queries: prepared statements, transactions, errors', async () => {
    const connection = await connected()
    await connection.query('create database if not exists work')
    await connection.query('create table work.things (id int primary key, name varchar(20))')
    await connection.beginTransaction()
    for (let i = 0; i < 100; i++)
      await connection.execute('insert into work.things values (?, ?)', [i, `thing ${i}`])
    await connection.commit()
    const [rows] = await connection.query(
      'select count(*) as count, max(id) as last from work.things',
    )
    expect(rows).toEqual([{ count: 100, last: 99 }])
    await expect(
      connection.query('insert into work.things values (1, null)'),
    ).rejects.toMatchObject({
      code: 'ER_DUP_ENTRY',
    })
  })

  it('moves 12 MiB each way in one value', async () => {
    const connection = await connected()
    const bytes = payload(12 << 20)
    const [rows] = await connection.query<RowDataPacket[]>('select ? as bytes', [bytes])
    expect(bytes.equals(rows[0]!.bytes)).toBe(true)
  })

  it('streams many rows', async () => {
    const connection = await connected()
    const [rows] = await connection.query<RowDataPacket[]>(
      'select seq, md5(seq) from mysql.seq_1_to_50000',
    )
    expect(rows.length).toBe(50_000)
  })

  it('runs a pool of connections, and ends it', async () => {
    const pool = createPool({ ...config(), connectionLimit: 4 })
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => pool.query<RowDataPacket[]>('select ? as i', [i])),
    )
    expect(answers.map(([rows]) => rows[0]!.i)).toEqual(Array.from({ length: 40 }, (_, i) => i))
    await pool.end()
  })

  it('tells that the server ended the connection', async () => {
    const connection = await connected()
    const other = await connected()
    const { threadId } = connection as unknown as { threadId: number }
    const query = connection.query('select sleep(20)')
    const refused = expect(query).rejects.toMatchObject({ code: 'PROTOCOL_CONNECTION_LOST' })
    await other.query(`kill ${threadId}`)
    await refused
  })
})
