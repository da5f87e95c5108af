/**
 * nodemailer to smtp-server, by STARTTLS and by TLS from the first byte. Both ask for node:tls: handfast is put in its
 * place for nodemailer, and for the server in a process of its own, where it also runs without.
 */
import 'handfast/register'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTransport, type SMTPTransportOptions } from 'nodemailer'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { build } from '../../scripts/build.mjs'
import {
  type Child,
  type Credential,
  type Credentials,
  makeCredentials,
  makeFolder,
  payload,
  removeFolder,
  serverProgram,
  start,
} from './support.ts'

const folder = makeFolder()
let own: Credentials
beforeAll(async () => {
  // The server runs on what is published: the compiled package.
  expect(await build()).toBe(true)
  own = await makeCredentials(folder)
}, 120_000)
afterAll(() => removeFolder(folder))

interface Message {
  readonly secure: boolean
  readonly user: string | undefined
  readonly servername: string
  readonly tlsOptions: { readonly name: string; readonly version: string }
  readonly text: string
}

interface Mailbox {
  readonly port: number
  /** Waits until that many came. */
  messages(count: number): Promise<Message[]>
}

const servers: Record<string, readonly string[]> = {
  'node:tls': [],
  handfast: ['--import', 'handfast/register'],
}

async function serve(library: string, credential: Credential, more: object): Promise<Mailbox> {
  const file = join(folder, 'smtp.json')
  const { cert, key } = credential
  writeFileSync(file, JSON.stringify({ cert, key, ...more }))
  const here = import.meta.dirname
  const child: Child = start(
    process.execPath,
    [...servers[library]!, join(here, 'apps/smtp.mjs'), file],
    { cwd: here },
  )
  onTestFinished(() => void child.stop())
  const port = await child.waitFor('port', (log) => /^port (\d+)$/m.exec(log)?.[1])
  return {
    port: Number(port),
    messages: (count) =>
      child.waitFor('messages', () => {
        const lines = child.stdout().match(/^\{.*\}$/gm) ?? []
        return lines.length >= count ? lines.map((line) => JSON.parse(line)) : undefined
      }),
  }
}

function transport(port: number, options: SMTPTransportOptions) {
  const mailer = createTransport({
    host: 'localhost',
    port,
    auth: { user: 'alice', pass: 'secret' },
    tls: { ca: own.ca },
    ...options,
  })
  onTestFinished(() => mailer.close())
  return mailer
}

const mail = { from: 'alice@a.test', to: 'bob@b.test', subject: 'hello', text: 'How are you?' }

const ways = {
  STARTTLS: { server: { secure: false }, client: { secure: false, requireTLS: true } },
  'TLS from the first byte': { server: { secure: true }, client: { secure: true } },
} as const

describe.each(Object.keys(servers))('nodemailer to smtp-server over %s', (library) => {
  describe.each(Object.entries(ways))('by %s', (_, { server, client }) => {
    it('sends mail, with a password', async () => {
      const { port, messages } = await serve(library, own.server, server)
      const { accepted } = await transport(port, client).sendMail(mail)
      expect(accepted).toEqual(['bob@b.test'])
      const [message] = await messages(1)
      expect(message).toMatchObject({ secure: true, user: 'alice' })
      expect(message!.text).toContain('How are you?')
    })

    it.each(['wrongName', 'stranger'] as const)('refuses a server that is %s', async (name) => {
      const { port } = await serve(library, own[name], server)
      const refused = await transport(port, client)
        .sendMail(mail)
        .catch((error) => error)
      // nodemailer's own code, and node's message.
      const said = {
        wrongName: /does not match certificate's altnames/,
        stranger: /unable to verify the first certificate/,
      }
      expect(refused.message).toMatch(said[name])
    })

    it('sends an attachment of 1 MiB', async () => {
      const { port, messages } = await serve(library, own.server, server)
      const content = payload(1 << 20)
      await transport(port, client).sendMail({ ...mail, attachments: [{ filename: 'a', content }] })
      const [message] = await messages(1)
      const base64 = /filename=a\r\n\r\n([A-Za-z0-9+/=\r\n]+?)\r\n--/.exec(message!.text)?.[1]
      expect(content.equals(Buffer.from(base64 ?? '', 'base64'))).toBe(true)
    })

    it('sends many by a pool', async () => {
      const { port, messages } = await serve(library, own.server, server)
      const mailer = transport(port, { ...client, pool: true, maxConnections: 2 } as never)
      const subjects = Array.from({ length: 10 }, (_, i) => `number ${i}`)
      await Promise.all(subjects.map((subject) => mailer.sendMail({ ...mail, subject })))
      const got = (await messages(10)).map(({ text }) => /^Subject: (.*)$/m.exec(text)?.[1]?.trim())
      expect(got.sort()).toEqual(subjects)
    })
  })
})

const openssl = serverProgram('openssl')
it.skipIf(openssl === undefined)(
  `openssl s_client speaks STARTTLS with smtp-server over handfast${openssl === undefined ? ' (skipped: openssl is not installed)' : ''}`,
  async () => {
    const { port } = await serve('handfast', own.server, ways.STARTTLS.server)
    const child = start(openssl!, [
      ...['s_client', '-starttls', 'smtp', '-connect', `127.0.0.1:${port}`],
      ...['-servername', 'localhost', '-CAfile', own.caFile, '-verify_return_error', '-quiet'],
    ])
    await child.waitFor('verification', (log) => /verify return:1/.test(log) || undefined)
    child.process.stdin.write('EHLO openssl.test\r\n')
    await child.waitFor('answer', (log) => /250[- ]AUTH/.test(log) || undefined)
    child.process.stdin.write('QUIT\r\n')
    expect(await child.ended()).toBe(0)
  },
)
