/**
 * TLS 1.1, TLS 1.0 and SSL 3.0 with programs of others, in both directions: GnuTLS, Go, and Java and tlslite-ng, which have
 * SSL 3.0 and 3DES. `conformance/interop/install.sh` brings them; what needs one that is absent is skipped by its name.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect as dial } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Connection } from '../../src/connection.ts'
import { nodeProvider, signingKey } from '../../src/crypto/node/index.ts'
import type { ClassicCipherSuite } from '../../src/crypto/provider.ts'
import {
  type ClientConfig,
  clientConnectionOf,
  serverConnectionOf,
  tls12Client,
  tls12Server,
  tls13Client,
  tls13Server,
} from '../../src/index.ts'
import { defaultLegacyCipherSuites, legacy } from '../../src/legacy/index.ts'
import { encodePem } from '../../src/pem.ts'
import { authority, clientConfig, serverConfig } from '../engine/pair.ts'
import { freePort, program, run } from '../engine/programs.ts'

/** A peer that is absent is named where its tests are skipped. */
function titled(peer: string, absent: boolean): string {
  return absent ? `${peer} (skipped: it is not installed)` : peer
}

const crypto = legacy.crypto(nodeProvider)
const suites = (crypto.classicCipherSuites ?? []).filter(({ id }) =>
  defaultLegacyCipherSuites.includes(id),
)
const versions = [
  ['TLS 1.1', 0x0302],
  ['TLS 1.0', 0x0301],
  ['SSL 3.0', 0x0300],
] as const

const folder = mkdtempSync(join(tmpdir(), 'handfast-legacy-peers-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function identity(keyType: 'ec-p256' | 'rsa-2048') {
  const { chainDer, keyDer } = await authority.issue({ names: ['server.test'], keyType })
  const certFile = join(folder, `${keyType}.pem`)
  const keyFile = join(folder, `${keyType}.key`)
  writeFileSync(certFile, chainDer.map((der) => encodePem('CERTIFICATE', der)).join(''))
  writeFileSync(keyFile, encodePem('PRIVATE KEY', keyDer))
  return { certificateChain: [...chainDer], signingKey: signingKey(keyDer), certFile, keyFile }
}
const identities = { ECDSA: await identity('ec-p256'), RSA: await identity('rsa-2048') }
const caFile = join(folder, 'ca.pem')
writeFileSync(caFile, encodePem('CERTIFICATE', authority.certificateDer))

interface Case {
  readonly title: string
  readonly version: number
  readonly suite: ClassicCipherSuite
}

function casesOf(has: (version: number, suite: ClassicCipherSuite) => boolean): Case[] {
  return versions.flatMap(([name, version]) =>
    suites
      .filter((suite) => (version > 0x0300 || suite.keyExchange !== 'ECDHE') && has(version, suite))
      .map((suite) => ({ title: `${name}, ${suite.name}`, version, suite })),
  )
}

const identityOf = ({ suite }: Case) => identities[suite.authentication as 'ECDSA' | 'RSA']

/** Our client says ping, and waits for pong. Every version is offered with the suite; beside SSL 3.0 those without supported_versions. */
async function ourClient(
  port: number,
  { version, suite }: Case,
  config: Partial<ClientConfig> = {},
): Promise<Connection> {
  const newer = version > 0x0300 ? [tls13Client, tls12Client] : [tls12Client]
  const connection = clientConnectionOf(
    [...newer, ...legacy.client],
    clientConfig({
      ...{ crypto, cipherSuites: [...(version > 0x0300 ? [0x1301] : []), suite.id] },
      ...config,
    }),
  )
  await run(connection, dial(port, '127.0.0.1'), 'ping\n', /p[io]ng/)
  return connection
}

/** Our server says pong to whoever says ping. */
async function ourServer(wanted: Case, connect: (port: number) => Promise<void>) {
  const met: Connection[] = []
  const listener = createServer((socket) => {
    const connection = serverConnectionOf(
      [tls13Server, tls12Server, ...legacy.server],
      serverConfig({
        crypto,
        cipherSuites: [0x1301, wanted.suite.id],
        identity: identityOf(wanted),
      }),
    )
    met.push(connection)
    run(connection, socket, 'pong\n', /ping/).catch(() => {})
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  try {
    await connect((listener.address() as { port: number }).port)
    return met[0]!
  } finally {
    listener.close()
  }
}

function check(connection: Connection, { version, suite }: Case): void {
  expect(connection.error).toBeUndefined()
  expect(connection.info).toMatchObject({ version, cipherSuiteName: suite.name })
}

/** What a program that writes its port, or says ping and prints what it gets, is asked to do. */
type Command = (role: 'server' | 'client', port: number, wanted: Case) => [string, string[]]

function bothDirections(cases: readonly Case[], command: Command): void {
  it.each(cases)('as server: $title', async (wanted) => {
    const peer = program(...command('server', 0, wanted))
    const [, port] = await peer.until(/PORT (\d+)/)
    check(await ourClient(Number(port), wanted), wanted)
    peer.child.kill()
  })

  it.each(cases)('as client: $title', async (wanted) => {
    const connection = await ourServer(wanted, async (port) => {
      const peer = program(...command('client', port, wanted))
      await peer.until(/pong/)
      peer.child.kill()
    })
    check(connection, wanted)
  })
}

const runs = (command: string, ...args: string[]) =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0

// ── GnuTLS ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const hasGnutls = runs('gnutls-serv', '--version')
/** The words of a priority string for a suite; 3DES and CBC are not in its defaults. */
function priority({ version, suite }: Case): string {
  const exchange = { ECDHE: `ECDHE-${suite.authentication}`, DHE: 'DHE-RSA', RSA: 'RSA' }
  const cipher = /AES_(128|256)/.exec(suite.name)?.[1]
  return [
    `NONE:+VERS-TLS1.${version - 0x0301}:+COMP-NULL:+SHA1:+GROUP-ALL:+SIGN-ALL:%VERIFY_ALLOW_SIGN_WITH_SHA1`,
    `+${exchange[suite.keyExchange as 'RSA']}:+${cipher ? `AES-${cipher}-CBC` : '3DES-CBC'}`,
  ].join(':')
}
const gnutlsCases = casesOf((version) => version > 0x0300)

describe.skipIf(!hasGnutls)(titled('GnuTLS', !hasGnutls), () => {
  it.each(gnutlsCases)('as server: $title', async (wanted) => {
    const port = await freePort()
    const { certFile, keyFile } = identityOf(wanted)
    const peer = program('gnutls-serv', [
      ...['--echo', '--disable-client-cert', '-p', String(port), '--priority', priority(wanted)],
      ...['--x509certfile', certFile, '--x509keyfile', keyFile],
    ])
    await peer.until(/listening on.*done/i)
    check(await ourClient(port, wanted), wanted)
    peer.child.kill()
  })

  it.each(gnutlsCases)('as client: $title', async (wanted) => {
    const connection = await ourServer(wanted, async (port) => {
      const peer = program('gnutls-cli', [
        ...['-p', String(port), '127.0.0.1', '--sni-hostname', 'server.test'],
        ...['--verify-hostname', 'server.test', '--x509cafile', caFile],
        ...['--priority', priority(wanted)],
      ])
      peer.child.stdin.write('ping\n')
      await peer.until(/pong/)
      peer.child.kill()
    })
    check(connection, wanted)
  })
})

// ── Go ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

const goProgram = `package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strconv"
)

func main() {
	role, port, ca, cert, key := os.Args[1], os.Args[2], os.Args[5], os.Args[6], os.Args[7]
	version, _ := strconv.Atoi(os.Args[3])
	suite, _ := strconv.Atoi(os.Args[4])
	pem, _ := os.ReadFile(ca)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	config := &tls.Config{MinVersion: uint16(version), MaxVersion: uint16(version), CipherSuites: []uint16{uint16(suite)}, RootCAs: pool, ServerName: "server.test"}
	if role == "client" {
		connection, err := tls.Dial("tcp", "127.0.0.1:"+port, config)
		if err != nil {
			panic(err)
		}
		connection.Write([]byte("ping\\n"))
		buffer := make([]byte, 100)
		for {
			n, err := connection.Read(buffer)
			fmt.Print(string(buffer[:n]))
			if err != nil {
				return
			}
		}
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		panic(err)
	}
	config.Certificates = []tls.Certificate{pair}
	listener, _ := tls.Listen("tcp", "127.0.0.1:0", config)
	fmt.Println("PORT", listener.Addr().String()[len("127.0.0.1:"):])
	connection, _ := listener.Accept()
	buffer := make([]byte, 100)
	n, _ := connection.Read(buffer)
	if n > 0 {
		connection.Write([]byte("pong\\n"))
	}
	connection.Read(buffer)
}
`
const goHas = casesOf(
  // Go has no DHE, no SSL 3.0, and 3DES with RSA keys only.
  (version, { keyExchange, name }) =>
    version > 0x0300 && keyExchange !== 'DHE' && !name.includes('ECDSA_WITH_3DES'),
)

describe.skipIf(!runs('go', 'version'))(titled('Go', !runs('go', 'version')), () => {
  const binary = join(folder, 'go-peer')
  beforeAll(() => {
    const source = join(folder, 'peer.go')
    writeFileSync(source, goProgram)
    execFileSync('go', ['build', '-o', binary, source], { cwd: folder })
  }, 120_000)

  bothDirections(goHas, (role, port, wanted) => {
    const { certFile, keyFile } = identityOf(wanted)
    const numbers = [port, wanted.version, wanted.suite.id].map(String)
    return [
      'env',
      [...['GODEBUG=tlsrsakex=1,tls3des=1', binary, role], ...numbers, caFile, certFile, keyFile],
    ]
  })
})

// ── Java ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** One process for all cases, since a JVM is slow to start: a line tells it what to be, and it answers with that line's number. */
const javaProgram = `
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.*;
import javax.net.ssl.*;

class LegacyPeer {
  public static void main(String[] files) throws Exception {
    // What this version of Java has and does not let anybody use.
    Security.setProperty("jdk.tls.disabledAlgorithms", "");
    System.out.println("READY");
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = lines.readLine()) != null; ) {
      String[] words = line.split(" ");
      new Thread(() -> {
        try {
          if (words[1].equals("server")) serve(words); else connect(words);
        } catch (Exception error) {
          System.out.println(words[0] + " " + error);
        }
      }).start();
    }
    System.exit(0);
  }

  static void limit(SSLParameters parameters, String[] words) {
    parameters.setProtocols(new String[] {words[3]});
    parameters.setCipherSuites(new String[] {words[4]});
  }

  static Collection<? extends java.security.cert.Certificate> certificates(String file) throws Exception {
    try (InputStream input = Files.newInputStream(Path.of(file))) {
      return CertificateFactory.getInstance("X.509").generateCertificates(input);
    }
  }

  static void serve(String[] words) throws Exception {
    String pem = Files.readString(Path.of(words[6])).replaceAll("-----[A-Z ]+-----|\\\\s", "");
    KeyFactory keys = KeyFactory.getInstance(words[4].contains("ECDSA") ? "EC" : "RSA");
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry("own", keys.generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem))),
        new char[0], certificates(words[5]).toArray(new java.security.cert.Certificate[0]));
    KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
    factory.init(store, new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    SSLServerSocket listener = (SSLServerSocket)
        context.getServerSocketFactory().createServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
    SSLParameters parameters = listener.getSSLParameters();
    limit(parameters, words);
    listener.setSSLParameters(parameters);
    System.out.println(words[0] + " PORT " + listener.getLocalPort());
    try (listener; SSLSocket socket = (SSLSocket) listener.accept()) {
      socket.getInputStream().readNBytes(5);
      socket.getOutputStream().write("pong\\n".getBytes());
      socket.getInputStream().read();
    }
  }

  static void connect(String[] words) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("root", certificates(words[7]).iterator().next());
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    Socket below = new Socket("127.0.0.1", Integer.parseInt(words[2]));
    try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(below, "server.test", 0, true)) {
      SSLParameters parameters = socket.getSSLParameters();
      limit(parameters, words);
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      socket.getOutputStream().write("ping\\n".getBytes());
      System.out.println(words[0] + " " + new String(socket.getInputStream().readNBytes(4)));
    }
  }
}
`
const javaVersions = new Map([
  [0x0302, 'TLSv1.1'],
  [0x0301, 'TLSv1'],
  [0x0300, 'SSLv3'],
])

describe.skipIf(!runs('javac', '-version'))(titled('Java', !runs('javac', '-version')), () => {
  let java: ReturnType<typeof program>
  let asked = 0

  beforeAll(async () => {
    writeFileSync(join(folder, 'LegacyPeer.java'), javaProgram)
    execFileSync('javac', ['-d', folder, join(folder, 'LegacyPeer.java')])
    java = program('java', ['-Djdk.tls.ephemeralDHKeySize=2048', '-cp', folder, 'LegacyPeer'])
    await java.until(/READY/)
  }, 120_000)
  afterAll(() => java.child.stdin.end())

  /** What it answers. */
  async function ask(role: 'server' | 'client', port: number, wanted: Case, answer: RegExp) {
    const { certFile, keyFile } = identityOf(wanted)
    const id = ++asked
    const words = [id, role, port, javaVersions.get(wanted.version), wanted.suite.name]
    java.child.stdin.write(`${[...words, certFile, keyFile, caFile].join(' ')}\n`)
    const [, said] = await java.until(new RegExp(`^${id} (.*)$`, 'm'))
    expect(said).toMatch(answer)
    return answer.exec(said!)![1]
  }

  const cases = casesOf(() => true)

  it.each(cases)('as server: $title', async (wanted) => {
    const port = Number(await ask('server', 0, wanted, /^PORT (\d+)/))
    // It reads the premaster secret by the version that the client offered first: after a newer one it looks for the length
    // before it, which SSL 3.0 has not (RFC 6101 §5.6.7.1).
    const alone = wanted.version === 0x0300 && wanted.suite.keyExchange === 'RSA'
    check(await ourClient(port, wanted, alone ? { versions: [0x0300] } : {}), wanted)
  })

  it.each(cases)('as client: $title', async (wanted) => {
    const connection = await ourServer(wanted, async (port) => {
      await ask('client', port, wanted, /^pong/)
    })
    check(connection, wanted)
  })
})

// ── tlslite-ng ──────────────────────────────────────────────────────────────────────────────────────────────────────

const tlslite = fileURLToPath(
  new URL('../../../../conformance/.cache/legacy/tlslite', import.meta.url),
)
const pythonProgram = `
import socket, sys
sys.path.insert(0, ${JSON.stringify(tlslite)})
from tlslite.api import *
role, port, version, cipher, exchange, cert, key = sys.argv[1:8]
settings = HandshakeSettings()
settings.minVersion = settings.maxVersion = (3, int(version) & 255)
settings.versions = [settings.maxVersion]
settings.cipherNames = [cipher]
settings.macNames = ['sha']
settings.keyExchangeNames = [exchange]
if settings.maxVersion == (3, 0):
    # It would answer these extensions in SSL 3.0 too, which has none.
    settings.useEncryptThenMAC = settings.useExtendedMasterSecret = False
if role == 'client':
    connection = TLSConnection(socket.create_connection(('127.0.0.1', int(port))))
    connection.handshakeClientCert(settings=settings, serverName='server.test')
    connection.write(b'ping\\n')
    print(connection.read(max=100, min=5).decode(), flush=True)
    connection.read(max=1, min=1)
else:
    chain = X509CertChain()
    chain.parsePemList(open(cert).read())
    private = parsePEMKey(open(key).read(), private=True)
    listener = socket.create_server(('127.0.0.1', 0))
    print('PORT', listener.getsockname()[1], flush=True)
    connection = TLSConnection(listener.accept()[0])
    connection.handshakeServer(certChain=chain, privateKey=private, settings=settings)
    connection.read(max=100, min=5)
    connection.write(b'pong\\n')
    connection.read(max=1, min=1)
`

describe.skipIf(!existsSync(tlslite))(titled('tlslite-ng', !existsSync(tlslite)), () => {
  const script = join(folder, 'peer.py')
  beforeAll(() => writeFileSync(script, pythonProgram))

  bothDirections(
    casesOf(() => true),
    (role, port, wanted) => {
      const { certFile, keyFile } = identityOf(wanted)
      const { keyExchange, authentication, name } = wanted.suite
      const cipher = /AES_(128|256)/.exec(name)?.[1]
      return [
        'python3',
        [
          ...[script, role, String(port), String(wanted.version), cipher ? `aes${cipher}` : '3des'],
          keyExchange === 'RSA' ? 'rsa' : `${keyExchange}_${authentication}`.toLowerCase(),
          ...[certFile, keyFile],
        ],
      ]
    },
  )
})
