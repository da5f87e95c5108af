/** Wireshark reads a connection with our key log, for each version up to TLS 1.2 and each way of protecting records. Skipped where there is no tshark. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodeProvider } from '../../src/crypto/node/index.ts'
import { ClassicCipherSuiteId as Suite } from '../../src/index.ts'
import { LegacyCipherSuiteId, legacy } from '../../src/legacy/index.ts'
import { exchange, identityFor, type Pair } from '../engine/pair.ts'
import { pair12 } from './pair12.ts'

function isInstalled(): boolean {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** One packet of IPv4 and TCP (RFC 791, RFC 9293), checksums left at zero. */
function packet(fromClient: boolean, sequence: number, acknowledgement: number, data: Uint8Array) {
  const bytes = Buffer.alloc(40 + data.length)
  bytes.writeUInt8(0x45, 0)
  bytes.writeUInt16BE(bytes.length, 2)
  bytes.writeUInt8(64, 8)
  bytes.writeUInt8(6, 9)
  bytes.set(fromClient ? [10, 0, 0, 1, 10, 0, 0, 2] : [10, 0, 0, 2, 10, 0, 0, 1], 12)
  bytes.writeUInt16BE(fromClient ? 40_000 : 4433, 20)
  bytes.writeUInt16BE(fromClient ? 4433 : 40_000, 22)
  bytes.writeUInt32BE(sequence, 24)
  bytes.writeUInt32BE(acknowledgement, 28)
  bytes.writeUInt16BE(0x5018, 32)
  bytes.writeUInt16BE(65_535, 34)
  bytes.set(data, 40)
  return bytes
}

/** The file format of libpcap, with packets of bare IP (link type 101). */
function pcap(packets: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(65_535, 16)
  header.writeUInt32LE(101, 20)
  const records = packets.map((bytes, i) => {
    const record = Buffer.alloc(16)
    record.writeUInt32LE(i + 1, 0)
    record.writeUInt32LE(bytes.length, 8)
    record.writeUInt32LE(bytes.length, 12)
    return Buffer.concat([record, bytes])
  })
  return Buffer.concat([header, ...records])
}

const tripleDes = LegacyCipherSuiteId.TLS_RSA_WITH_3DES_EDE_CBC_SHA
const rsa = await identityFor({ names: ['server.test'], keyType: 'rsa-2048' })

describe.skipIf(!isInstalled())('tshark decrypts with the key log', () => {
  it.each([
    'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
    'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
    'TLS_RSA_WITH_AES_128_CCM_8',
    'TLS_RSA_WITH_AES_128_CBC_SHA',
    'TLS_DHE_RSA_WITH_AES_256_CBC_SHA256',
  ] as const)('%s', (name) => {
    const cipherSuites = [Suite[name]]
    decrypts((keyLog) => pair12({ cipherSuites, keyLog }, { cipherSuites, identity: rsa }))
  })

  it.each([
    ['TLS 1.1', 0],
    ['TLS 1.0', 1],
    ['SSL 3.0', 2],
  ] as const)('%s', (_, at) => {
    const crypto = legacy.crypto(nodeProvider)
    for (const id of [Suite.TLS_RSA_WITH_AES_128_CBC_SHA, tripleDes]) {
      const common = { crypto, cipherSuites: [id] }
      decrypts((keyLog) =>
        pair12(
          { ...common, keyLog },
          { ...common, identity: rsa },
          { client: [legacy.client[at]!], server: [legacy.server[at]!] },
        ),
      )
    }
  })

  function decrypts(connect: (keyLog: (line: string) => void) => Pair): void {
    const lines: string[] = []
    const pair = connect((line) => lines.push(line))
    const packets: Uint8Array[] = []
    const sent = { client: 1, server: 1 }
    const record = () =>
      exchange(pair, (from, bytes) => {
        const to = from === 'client' ? 'server' : 'client'
        packets.push(packet(from === 'client', sent[from], sent[to], bytes))
        sent[from] += bytes.length
        return [bytes]
      })
    record()
    pair.client.connection.write(Buffer.from('what the client says'))
    pair.server.connection.write(Buffer.from('what the server says'))
    record()
    const folder = mkdtempSync(join(tmpdir(), 'handfast-tshark-'))
    try {
      const capture = join(folder, 'capture.pcap')
      const keys = join(folder, 'keys.log')
      writeFileSync(capture, pcap(packets))
      writeFileSync(keys, `${lines.join('\n')}\n`)
      const output = execFileSync(
        'tshark',
        [
          ...['-r', capture, '-o', `tls.keylog_file:${keys}`, '-d', 'tcp.port==4433,tls'],
          ...['-q', '-z', 'follow,tls,ascii,0'],
        ],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
      )
      // The first byte may be in a record of its own.
      expect(output).toContain('hat the client says')
      expect(output).toContain('hat the server says')
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
})
