/** `handfast inspect --compare`: two real handshakes with Node's own TLS, side by side. */
import { readFileSync } from 'node:fs'
import { beforeAll, expect, it } from 'vitest'
import { runCli } from './support/cli.ts'
import { fileWith, makeSite, type Site, tlsServer } from './support/servers.ts'

let site: Site

beforeAll(async () => {
  site = await makeSite()
})

const both = { minVersion: 'TLSv1.2' } as const

it('shows what differs: round trips, and what others can read', async () => {
  const port = await tlsServer({
    ...{ ...site, ...both, ALPNProtocols: ['h2'] },
    ...{ requestCert: true, rejectUnauthorized: false, ca: readFileSync(site.ca) },
  })
  const words = ['inspect', `localhost:${port}`, '--ca', site.ca, '--compare', '--alpn', 'h2']
  const { cert, key } = site
  const identity = ['--cert', fileWith(cert), '--key', fileWith(key)]
  const { code, stdout, stderr } = await runCli([...words, ...identity, '--explain'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  for (const line of [
    /TLS 1\.2: 2 round trips +TLS 1\.3: 1 round trip/,
    /◀── Certificate ─+ .*◀/,
    / ◀══ Certificate ═+/,
    /─── ClientKeyExchange ─+▶/,
    /round trips +2 +1\n/,
    /forward secrecy +yes +yes\n/,
    /messages in the clear +10 of 12 +2 of 10\n/,
    /the server's name +yes, in the clear +yes, in the clear\n/,
    /the server's certificate +yes, in the clear +no, encrypted\n/,
    /the client's certificate +yes, in the clear +no, encrypted\n/,
    /the protocol \(ALPN\) +yes, in the clear +no, encrypted\n/,
    /the ticket for later +yes, in the clear +no\n/,
    /How often a message must go there and back/,
  ])
    expect(stdout).toMatch(line)
  for (const columns of [60, 100]) {
    const narrow = await runCli(words, { env: { COLUMNS: `${columns}` } })
    expect(Math.max(...narrow.stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(
      columns,
    )
  }
})

it('says so where the server refuses one of the two', async () => {
  const port = await tlsServer({ ...site, ...both, maxVersion: 'TLSv1.2' })
  const words = ['inspect', `localhost:${port}`, '--ca', site.ca, '--compare']
  const { code, stdout } = await runCli(words)
  expect(code).toBe(0)
  expect(stdout).toMatch(
    /✗ TLS 1\.3 did not come about: The server sent the alert protocol_version/,
  )
  expect(stdout).toMatch(/round trips +2 +-\n/)
  const json = await runCli([...words, '--json'])
  const { handshakes } = JSON.parse(json.stdout)
  expect(handshakes).toMatchObject([
    {
      version: 'TLS 1.2',
      ...{ roundTrips: 2, forwardSecrecy: true, postQuantum: false },
      seen: { serverName: 'localhost', serverCertificate: true, newTicket: true },
    },
    { version: 'TLS 1.3', failure: { code: 'ERR_ALERT_RECEIVED' } },
  ])
  // What is counted is what crossed the wire: at the least the messages themselves.
  const [{ bytes, flights }] = handshakes
  const sizes = flights.flat().map((message: { bytes: number }) => message.bytes)
  const sum = sizes.reduce((all: number, one: number) => all + one, 0)
  expect(bytes.client + bytes.server).toBeGreaterThan(sum)
  expect(bytes.client + bytes.server).toBeLessThan(sum + 200)
})

it('ends with what is wrong where both are refused', async () => {
  const port = await tlsServer({ ...(await makeSite()), ...both })
  const words = ['inspect', `localhost:${port}`, '--ca', site.ca, '--compare']
  const { code, stdout } = await runCli(words)
  expect(code).toBe(5)
  expect(stdout.match(/did not come about/g)).toHaveLength(2)
})

it('wants both versions', async () => {
  for (const more of [
    ['--max-version', '1.2'],
    ['--ciphers', 'AES128-SHA'],
  ]) {
    const { code, stderr } = await runCli(['inspect', '127.0.0.1:1', '--compare', ...more])
    expect(code).toBe(2)
    expect(stderr).toMatch(/--compare wants both versions/)
  }
})
