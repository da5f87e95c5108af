/** Each dialogue against a server that follows a script by the protocol's own document, and then speaks TLS (Node's). */
import type { Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import { beforeAll, describe, expect, it } from 'vitest'
import { starttlsProtocols } from '../src/starttls/index.ts'
import { runCli } from './support/cli.ts'
import { makeSite, type Site, tcpServer } from './support/servers.ts'

type Bytes = string | Buffer

/** What the server says first, then for each thing that the client must say the answer to it. */
interface Script {
  readonly greeting?: Bytes
  readonly turns: readonly (readonly [said: RegExp | Buffer, answer: Bytes])[]
}

let site: Site

beforeAll(async () => {
  site = await makeSite()
})

/** Follows the script, then echoes over TLS. @returns the port */
function scripted({ greeting, turns }: Script, onHeard: (text: string) => void = () => {}) {
  return tcpServer(async (socket) => {
    if (greeting !== undefined) trickle(socket, greeting)
    for (const [said, answer] of turns) {
      const heard = await hear(socket, said)
      if (heard === undefined) return
      onHeard(heard.toString('latin1'))
      trickle(socket, answer)
    }
    const secure = new TLSSocket(socket, {
      isServer: true,
      secureContext: createSecureContext({ cert: site.cert, key: site.key }),
    })
    secure.on('error', () => {})
    secure.pipe(secure)
  })
}

/** In two parts, so that nobody can rely on a whole answer at once. */
function trickle(socket: Socket, bytes: Bytes): void {
  const all = Buffer.from(bytes as string, 'latin1')
  const half = Math.floor(all.length / 2)
  socket.write(all.subarray(0, half))
  setTimeout(() => socket.write(all.subarray(half)), 5)
}

/** What the client says, exactly; what comes after it (MySQL's ClientHello) is left for TLS. */
async function hear(socket: Socket, wanted: RegExp | Buffer): Promise<Buffer | undefined> {
  let heard = Buffer.alloc(0)
  const length = () => {
    if (wanted instanceof RegExp) {
      const match = wanted.exec(heard.toString('latin1'))
      return match === null ? undefined : match.index + match[0].length
    }
    return heard.subarray(0, wanted.length).equals(wanted) ? wanted.length : undefined
  }
  while (length() === undefined) {
    const chunk = await new Promise<Buffer | undefined>((resolve) => {
      socket.once('data', resolve)
      socket.once('close', () => resolve(undefined))
    })
    if (chunk === undefined) return undefined
    heard = Buffer.concat([heard, chunk])
  }
  const rest = heard.subarray(length())
  if (rest.length > 0) {
    socket.pause()
    socket.unshift(rest)
  }
  return heard
}

const ldapRequest = Buffer.from(
  // RFC 4511 §4.14.1: LDAPMessage, messageID 1, ExtendedRequest, requestName 1.3.6.1.4.1.1466.20037.
  '301d02010177188016312e332e362e312e342e312e313436362e3230303337',
  'hex',
)
const postgresRequest = Buffer.from('0000000804d2162f', 'hex')

/** Protocol 10, version "8.0.36", thread 7, challenge, filler, lower capabilities, charset, status, upper ones, rest. */
function mysqlGreeting(capabilities: number): Buffer {
  const lower = Buffer.alloc(2)
  lower.writeUInt16LE(capabilities)
  const payload = Buffer.concat([
    Buffer.from('\x0a8.0.36\0\x07\0\0\0', 'latin1'),
    Buffer.from('abcdefgh\0', 'latin1'),
    lower,
    Buffer.from('\x2d\x02\0\xff\xdf\x15', 'latin1'),
    Buffer.alloc(10),
    Buffer.from('ijklmnopqrst\0caching_sha2_password\0', 'latin1'),
  ])
  const header = Buffer.alloc(4)
  header.writeUIntLE(payload.length, 0, 3)
  return Buffer.concat([header, payload])
}

/** Length 32, number 1, capabilities with CLIENT_SSL (0x0800) and CLIENT_PROTOCOL_41 (0x0200), 16 MiB, utf8mb4, zeros. */
const mysqlRequest = Buffer.from(`20000001${'008a0000'}${'00000001'}2d${'00'.repeat(23)}`, 'hex')

const stream = "<?xml version='1.0'?><stream:stream id='1' version='1.0' xmlns='jabber:client'>"
const features =
  "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"

const scripts: Readonly<Record<string, Script>> = {
  smtp: {
    greeting: '220-mail.example ESMTP\r\n220 ready\r\n',
    turns: [
      [
        /^EHLO \[(127\.0\.0\.1|IPv6:.*)\]\r\n$/,
        '250-mail.example\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 8BITMIME\r\n',
      ],
      [/^STARTTLS\r\n$/, '220 2.0.0 Ready to start TLS\r\n'],
    ],
  },
  imap: {
    greeting: '* OK [CAPABILITY IMAP4rev2 STARTTLS LOGINDISABLED] ready\r\n',
    turns: [[/^a1 STARTTLS\r\n$/, '* CAPABILITY IMAP4rev2\r\na1 OK begin TLS\r\n']],
  },
  pop3: {
    greeting: '+OK POP3 ready <1896.697170952@example>\r\n',
    turns: [[/^STLS\r\n$/, '+OK Begin TLS negotiation\r\n']],
  },
  ftp: {
    greeting: '220-Welcome\r\nlines in between need no code\r\n220 ready\r\n',
    turns: [[/^AUTH TLS\r\n$/, '234 AUTH TLS OK.\r\n']],
  },
  ldap: {
    // resultCode success, matchedDN and diagnosticMessage empty; lengths in the long form, as Active Directory writes.
    turns: [[ldapRequest, Buffer.from('308400000010020101788400000007' + '0a010004000400', 'hex')]],
  },
  postgres: { turns: [[postgresRequest, 'S']] },
  mysql: { greeting: mysqlGreeting(0xffff), turns: [[mysqlRequest, '']] },
  xmpp: {
    turns: [
      [/^<\?xml version='1\.0'\?><stream:stream to='localhost' [^>]*>$/, stream + features],
      [
        /^<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'\/>$/,
        "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
      ],
    ],
  },
}

it('has a script for each protocol', () => {
  expect(Object.keys(scripts).sort()).toEqual([...starttlsProtocols].sort())
})

describe.each(Object.entries(scripts))('%s', (name, script) => {
  it('comes to TLS, and then carries data', async () => {
    const port = await scripted(script)
    const { code, stdout, stderr } = await runCli(
      ['connect', `localhost:${port}`, '--starttls', name, '--ca', site.ca, '--quiet'],
      { stdin: 'carried over TLS' },
    )
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'carried over TLS', stderr: '' })
  })

  it('is told by inspect', async () => {
    const port = await scripted(script)
    const { code, stdout } = await runCli([
      'inspect',
      `${name}://localhost:${port}`,
      ...['--ca', site.ca],
    ])
    expect(code).toBe(0)
    expect(stdout).toMatch(/starttls: the \w+ server agreed to TLS/)
  })

  it('gives up when the server closes in the middle', async () => {
    const port = await tcpServer((socket) =>
      socket.end(Buffer.from((script.greeting ?? '') as string, 'latin1').subarray(0, 5)),
    )
    const { code, stderr } = await runCli(['inspect', `localhost:${port}`, '--starttls', name])
    expect(code).toBe(3)
    expect(stderr).toMatch(/closed the connection before TLS began/)
  })

  it('gives up when the server says nothing', async () => {
    const port = await tcpServer(() => {})
    const { code, stderr } = await runCli([
      'inspect',
      `localhost:${port}`,
      ...['--starttls', name, '--timeout', '0.3'],
    ])
    expect(code).toBe(3)
    expect(stderr).toMatch(/did not answer in time/)
  })

  it('does not read without end', async () => {
    const port = await tcpServer((socket) => {
      const more = () => {
        while (socket.writable && socket.write(Buffer.alloc(16_384, '2'))) {}
      }
      socket.on('drain', more)
      more()
    })
    const { code, stderr } = await runCli([
      'inspect',
      `localhost:${port}`,
      ...['--starttls', name, '--timeout', '5'],
    ])
    expect(code).toBe(3)
    expect(stderr).not.toMatch(/did not answer in time/)
  })

  it('refuses words in the clear after the last one', async () => {
    const [said, answer] = script.turns.at(-1)!
    const injected = Buffer.concat([
      Buffer.from(answer as string, 'latin1'),
      Buffer.from('extra\r\n'),
    ])
    const turns = [...script.turns.slice(0, -1), [said, injected] as const]
    // MySQL's server has no last word: what comes before the client's request is in its greeting.
    const hostile =
      name === 'mysql'
        ? { greeting: Buffer.concat([script.greeting as Buffer, Buffer.from('extra')]), turns }
        : { ...script, turns }
    // In one piece: it is what arrives together with the last word that would be mistaken.
    const port = await tcpServer(async (socket) => {
      if (hostile.greeting !== undefined) socket.write(hostile.greeting)
      for (const [expected, reply] of hostile.turns) {
        if ((await hear(socket, expected)) === undefined) return
        socket.write(reply)
      }
    })
    const { code, stderr } = await runCli([
      'inspect',
      `localhost:${port}`,
      ...['--starttls', name, '--timeout', '2'],
    ])
    expect(code).toBe(3)
    expect(stderr).toMatch(/bytes more before TLS began/)
  })
})

describe('a server that does not want to', () => {
  const ldapRefusal = Buffer.from('300f020101780a0a010204000403' + '6e6f21', 'hex')
  it.each<[string, string, Script]>([
    [
      'smtp',
      'STARTTLS is not among',
      { greeting: '220 a\r\n', turns: [[/EHLO.*\r\n/, '250 a\r\n']] },
    ],
    ['smtp', '554 No service', { greeting: '554 No service\r\n', turns: [] }],
    [
      'smtp',
      '454 later',
      {
        greeting: '220 a\r\n',
        turns: [
          [/EHLO.*\r\n/, '250-a\r\n250 starttls\r\n'],
          [/STARTTLS\r\n/, '454 later\r\n'],
        ],
      },
    ],
    ['imap', 'a1 BAD', { greeting: '* OK a\r\n', turns: [[/a1 STARTTLS\r\n/, 'a1 BAD no\r\n']] }],
    ['imap', 'PREAUTH', { greeting: '* PREAUTH a\r\n', turns: [] }],
    ['pop3', '-ERR no', { greeting: '+OK\r\n', turns: [[/STLS\r\n/, '-ERR no\r\n']] }],
    ['ftp', '502 no', { greeting: '220 a\r\n', turns: [[/AUTH TLS\r\n/, '502 no\r\n']] }],
    ['ldap', 'no!', { turns: [[ldapRequest, ldapRefusal]] }],
    ['postgres', 'ssl is off', { turns: [[postgresRequest, 'N']] }],
    ['mysql', 'CLIENT_SSL', { greeting: mysqlGreeting(0xf7ff), turns: [] }],
    [
      'mysql',
      'error 1040: Too many',
      { greeting: Buffer.from('\x13\0\0\0\xff\x10\x04Too many sessions', 'latin1'), turns: [] },
    ],
    ['xmpp', 'not among', { turns: [[/to=.*streams'>/, `${stream}<stream:features/>`]] }],
    [
      'xmpp',
      '<failure',
      {
        turns: [
          [/to=.*streams'>/, stream + features],
          [/<starttls.*>/, '<failure/></stream:stream>'],
        ],
      },
    ],
  ])('%s: %s', async (name, message, script) => {
    const port = await scripted(script)
    const { code, stderr } = await runCli(['inspect', `localhost:${port}`, '--starttls', name])
    expect(code).toBe(3)
    expect(stderr.replace(/\s+/g, ' ')).toContain(message)
    expect(stderr).toMatch(/does not start TLS/)
  })

  it('speaks another protocol', async () => {
    const port = await tcpServer((socket) => socket.write('SSH-2.0-OpenSSH_9.2p1\r\n'))
    for (const name of ['smtp', 'imap', 'pop3', 'ftp', 'mysql', 'postgres', 'ldap']) {
      const { code } = await runCli([
        'inspect',
        `localhost:${port}`,
        ...['--starttls', name, '--timeout', '0.5'],
      ])
      expect([name, code]).toEqual([name, 3])
    }
  })
})

it('names the server that is wanted to XMPP, and nothing more', async () => {
  let heard = ''
  const port = await scripted(scripts.xmpp!, (text) => {
    heard += text
  })
  await runCli([
    'inspect',
    `localhost:${port}`,
    ...['--starttls', 'xmpp', '--servername', "a'b<c", '--timeout', '0.5'],
  ])
  expect(heard).not.toContain("a'b")
})
