/** MySQL and MariaDB: SSLRequest after the server's handshake packet (MySQL Internals, "Connection Phase"). */
import type { Dialogue } from './dialogue.ts'

const CLIENT_PROTOCOL_41 = 0x0200
const CLIENT_SSL = 0x0800
const CLIENT_SECURE_CONNECTION = 0x8000
const utf8mb4 = 45

export const mysql: Dialogue = async (conversation) => {
  // A packet: length (3 bytes, little-endian), sequence number, payload.
  const header = await conversation.bytes(4)
  const payload = await conversation.bytes(header.readUIntLE(0, 3))
  if (payload[0] === 0xff)
    throw conversation.refused(`error ${payload.readUInt16LE(1)}: ${payload.subarray(3)}`)
  const versionEnd = payload.indexOf(0, 1)
  // Protocol 10; after the version: thread id (4), challenge (8), a zero, the lower half of the capabilities.
  const capabilitiesAt = versionEnd + 1 + 4 + 8 + 1
  if (payload[0] !== 10 || versionEnd < 0 || payload.length < capabilitiesAt + 2)
    throw conversation.problem('did not greet as MySQL does', 'Check the port and --starttls.')
  if ((payload.readUInt16LE(capabilitiesAt) & CLIENT_SSL) === 0)
    throw conversation.refused('CLIENT_SSL is not among its capabilities')
  const request = Buffer.alloc(4 + 32)
  request.writeUIntLE(32, 0, 3)
  request[3] = (header[3] ?? 0) + 1
  request.writeUInt32LE(CLIENT_PROTOCOL_41 | CLIENT_SSL | CLIENT_SECURE_CONNECTION, 4)
  request.writeUInt32LE(0x0100_0000, 8) // the largest packet
  request[12] = utf8mb4
  conversation.send(request)
}
