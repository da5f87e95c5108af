import { ExtensionType } from '../../../src/codec/registry.ts'
import { bytes, type Case, illegal, missing, tooMuch, undecodable, unexpected } from './expected.ts'
import { type Expected, keyUpdateMessage, messageWith, u16, unknownMessage } from './peer.ts'

function sending(what: string, message: Uint8Array, expect: Expected, more?: Partial<Case>): Case {
  return { what, afterwards: ({ hs }) => hs.records.send(22, message), expect, ...more }
}

const ticketBody = (extensions: readonly number[]) =>
  bytes(0, 0, 0, 9, 0, 0, 0, 0, 1, 0, 0, 1, 7, ...u16(extensions.length), ...extensions)

export const keyUpdateCases: readonly Case[] = [
  sending(
    'KeyUpdate asks for what does not exist',
    messageWith(24, bytes(2)),
    illegal('RFC 8446 §4.6.3'),
  ),
  sending('KeyUpdate is empty', messageWith(24, bytes()), undecodable),
  sending('KeyUpdate is a byte long', messageWith(24, bytes(0, 0)), undecodable),
  {
    what: 'KeyUpdate comes again and again',
    afterwards({ hostile, carry }) {
      for (let i = 0; i < 33; i++) {
        hostile.connection.updateKeys()
        carry()
      }
    },
    expect: tooMuch(),
  },
  {
    what: 'KeyUpdate comes again and again and wants an answer',
    afterwards({ hostile, carry }) {
      for (let i = 0; i < 33; i++) {
        hostile.connection.updateKeys({ requestPeer: true })
        carry()
      }
    },
    expect: tooMuch(),
  },
  sending(
    'something follows a KeyUpdate in its record',
    bytes(...keyUpdateMessage, ...keyUpdateMessage),
    unexpected('RFC 8446 §5.1'),
  ),
  sending(
    'the beginning of something follows a KeyUpdate in its record',
    bytes(...keyUpdateMessage, 24),
    unexpected('RFC 8446 §5.1'),
  ),
]

export const afterServerHandshakeCases: readonly Case[] = [
  sending(
    'NewSessionTicket has no ticket',
    messageWith(4, bytes(0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
    undecodable,
  ),
  sending('NewSessionTicket is empty', messageWith(4, bytes()), undecodable),
  sending(
    'NewSessionTicket carries an extension twice',
    messageWith(4, ticketBody([...u16(0x1234, 0), ...u16(0x1234, 0)])),
    illegal('RFC 8446 §4.2'),
  ),
  sending(
    'NewSessionTicket carries an extension that belongs elsewhere',
    messageWith(4, ticketBody([...u16(ExtensionType.key_share, 2, 0x001d)])),
    illegal('RFC 8446 §4.2'),
  ),
  sending(
    'NewSessionTicket says how much early data in three bytes',
    messageWith(4, ticketBody([...u16(ExtensionType.early_data, 3), 0, 0, 1])),
    undecodable,
  ),
  {
    what: 'NewSessionTicket comes again and again',
    afterwards({ hs }) {
      const ticket = messageWith(4, ticketBody([]))
      for (let i = 0; i < 257; i++) hs.records.send(22, ticket)
    },
    expect: tooMuch(),
  },
  sending(
    'a CertificateRequest comes to a client that did not offer it',
    messageWith(13, bytes(1, 7, 0, 0)),
    unexpected(),
  ),
  sending(
    'a CertificateRequest after the handshake has no signature_algorithms',
    messageWith(13, bytes(1, 7, 0, 0)),
    missing('RFC 8446 §4.3.2'),
    {
      client: { postHandshakeAuth: true },
    },
  ),
  sending(
    'a ServerHello comes after the handshake',
    messageWith(2, new Uint8Array(40)),
    unexpected(),
  ),
  sending(
    'a Finished comes after the handshake',
    messageWith(20, new Uint8Array(32)),
    unexpected(),
  ),
  sending('a HelloRequest comes after the handshake', messageWith(0, bytes()), unexpected()),
  sending('a message of no known type comes after the handshake', unknownMessage, unexpected()),
]
