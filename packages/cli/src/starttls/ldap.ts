/** LDAP (RFC 4511 §4.14): the extended operation StartTLS, in BER. */
import type { Conversation } from './conversation.ts'
import type { Dialogue } from './dialogue.ts'

const startTlsOid = Buffer.from('1.3.6.1.4.1.1466.20037')

/** LDAPMessage { messageID 1, extendedReq [APPLICATION 23] { requestName [0] } } */
const request = Buffer.concat([
  Buffer.of(0x30, startTlsOid.length + 7, 0x02, 0x01, 0x01),
  Buffer.of(0x77, startTlsOid.length + 2, 0x80, startTlsOid.length),
  startTlsOid,
])

export const ldap: Dialogue = async (conversation) => {
  conversation.send(request)
  const message = await readElement(conversation, 0x30)
  const [idTag, id, afterId] = element(message, 0)
  const [responseTag, response] = element(message, afterId)
  const [resultTag, result, afterResult] = element(response, 0)
  // messageID, extendedResp [APPLICATION 24], resultCode ENUMERATED
  if (idTag !== 0x02 || id[0] !== 1 || responseTag !== 0x78 || resultTag !== 0x0a)
    throw conversation.problem('answered with something else than an ExtendedResponse')
  if (result.every((byte) => byte === 0) && result.length > 0) return
  const [, , afterMatched] = element(response, afterResult)
  const [, diagnostic] = element(response, afterMatched)
  throw conversation.refused(`result code ${result.toString('hex')}: ${diagnostic.toString()}`)
}

/** The content of an element that comes off the wire. A server may write its length in any of BER's forms. */
async function readElement(conversation: Conversation, tag: number): Promise<Buffer> {
  const [found, first = 0] = await conversation.bytes(2)
  if (found !== tag || first === 0x80 || first > 0x84)
    throw conversation.problem('does not answer in LDAP', 'Check the port and --starttls.')
  if (first < 0x80) return conversation.bytes(first)
  const length = await conversation.bytes(first - 0x80)
  return conversation.bytes(length.readUIntBE(0, length.length))
}

/** @returns tag, content and the offset after it; an empty element where there is none */
function element(bytes: Buffer, at: number): [tag: number, content: Buffer, end: number] {
  const tag = bytes[at] ?? 0
  const first = bytes[at + 1] ?? 0
  const lengthBytes = first < 0x80 ? 0 : first - 0x80
  const start = at + 2 + lengthBytes
  if (lengthBytes > 4 || start > bytes.length) return [tag, Buffer.alloc(0), bytes.length]
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes)
  return [tag, bytes.subarray(start, start + length), start + length]
}
