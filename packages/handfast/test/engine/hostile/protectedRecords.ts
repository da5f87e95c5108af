/** Records that must not be under the handshake's keys and the application's, against either end. */
import { bytes, type Case, tooMuch, unexpected } from './expected.ts'
import { type Expected, keyUpdateMessage, type Run, recordOf, unknownMessage } from './peer.ts'

import {
  alert,
  alerted,
  application_data,
  badMac,
  change_cipher_spec,
  endedEarly,
  handshake,
  overflow,
  plain,
  text,
  undecodableAlert,
} from './recordParts.ts'

/** Does something with the hostile end's record layer when its first protected handshake message is about to be sent. */
function underHandshakeKeys(
  what: string,
  act: (send: Run['hs']['records']) => void,
  expect: Expected,
): Case {
  return {
    what,
    prepare(hs) {
      const { records } = hs
      const send = records.send.bind(records)
      let done = false
      records.send = (type, content, version) => {
        if (type === handshake && records.writeProtection === 'handshake' && !done) {
          done = true
          act(records)
        }
        send(type, content, version)
      }
    },
    expect,
  }
}

/** What goes out under the handshake keys before anything else does. */
const duringHandshake: readonly Case[] = [
  underHandshakeKeys(
    'application data comes under the handshake keys',
    (records) => records.send(application_data, bytes(1, 2, 3)),
    unexpected(),
  ),
  underHandshakeKeys(
    'an empty record of data comes under the handshake keys',
    (records) => records.send(application_data, bytes()),
    unexpected(),
  ),
  underHandshakeKeys(
    'a protected handshake record is empty',
    (records) => records.send(handshake, bytes()),
    unexpected('RFC 8446 §5.1'),
  ),
  underHandshakeKeys(
    'a protected alert is empty',
    (records) => records.send(alert, bytes()),
    unexpected('RFC 8446 §5.4'),
  ),
  underHandshakeKeys(
    'a protected alert is a byte long',
    (records) => records.send(alert, bytes(2, 40, 0)),
    undecodableAlert,
  ),
  underHandshakeKeys(
    'a protected record holds no known type',
    (records) => records.send(99, bytes(1)),
    unexpected('RFC 8446 §5'),
  ),
  underHandshakeKeys(
    'a protected record holds a heartbeat',
    (records) => records.send(24, bytes(1)),
    unexpected('RFC 8446 §5'),
  ),
  underHandshakeKeys(
    'a protected record holds zeros only',
    (records) => records.send(0, new Uint8Array(100)),
    unexpected('RFC 8446 §5.4'),
  ),
  underHandshakeKeys(
    'a change_cipher_spec comes protected',
    (records) => {
      // The record layer never protects one: the type is put in after it.
      protectedAs(records, change_cipher_spec, bytes(1))
    },
    unexpected('RFC 8446 §5'),
  ),
  underHandshakeKeys(
    'close_notify comes under the handshake keys',
    (records) => records.send(alert, bytes(1, 0)),
    endedEarly,
  ),
  underHandshakeKeys(
    'a message is interleaved with data',
    (records) => {
      records.send(handshake, bytes(8, 0, 0))
      records.send(application_data, bytes(1))
    },
    unexpected('RFC 8446 §5.1'),
  ),
  underHandshakeKeys(
    'a protected message announces more than the limit',
    (records) => records.send(handshake, bytes(11, 0xff, 0xff, 0xff)),
    { code: 'ERR_MESSAGE_TOO_LONG', alert: 'illegal_parameter', section: 'RFC 8446 §4' },
  ),
]

/** Seals `content` under a type that the record layer would send in the clear: as content of the inner type's own. */
function protectedAs(records: Run['hs']['records'], type: number, content: Uint8Array): void {
  // content ‖ type ‖ zeros is a TLSInnerPlaintext whatever follows: the outer type 0 is a zero more (RFC 8446 §5.4).
  records.send(0, bytes(...content, type))
}

/** Bytes that arrive once both ends are connected. */
function later(what: string, wire: Uint8Array | ((run: Run) => void), expect: Expected): Case {
  return {
    what,
    afterwards(run) {
      if (typeof wire === 'function') wire(run)
      else run.victim.connection.receive(wire)
    },
    expect,
  }
}

const connected: readonly Case[] = [
  later(
    'a change_cipher_spec comes after the handshake',
    plain(change_cipher_spec, 1),
    unexpected('RFC 8446 §5'),
  ),
  later(
    'an unprotected alert comes after the handshake',
    plain(alert, 2, 40),
    unexpected('RFC 8446 §5'),
  ),
  later(
    'an unprotected handshake message comes after the handshake',
    recordOf(handshake, keyUpdateMessage),
    unexpected('RFC 8446 §5'),
  ),
  later(
    'a record that nobody sealed comes',
    plain(application_data, ...new Uint8Array(40)),
    badMac,
  ),
  later(
    'a record is too short for its tag',
    plain(application_data, ...new Uint8Array(16)),
    badMac,
  ),
  later('a record has no content at all', plain(application_data), badMac),
  later('a record of no type comes', bytes(99, 3, 3, 0, 0), unexpected('RFC 8446 §5')),
  later('something that is no TLS comes', text('GET / HTTP/1.1\r\n'), unexpected('RFC 8446 §5')),
  later(
    'a protected record announces more than 2^14 + 256 bytes',
    bytes(application_data, 3, 3, 0x41, 1),
    overflow('RFC 8446 §5.1'),
  ),
  later(
    'a record holds more than 2^14 bytes',
    ({ hs }) => {
      hs.records.maxFragment = 16_400
      hs.records.send(application_data, new Uint8Array(16_385))
    },
    overflow('RFC 8446 §5.2'),
  ),
  later(
    'a record holds zeros only',
    ({ hs }) => hs.records.send(0, new Uint8Array(10)),
    unexpected('RFC 8446 §5.4'),
  ),
  later(
    'a protected change_cipher_spec comes',
    ({ hs }) => protectedAs(hs.records, change_cipher_spec, bytes(1)),
    unexpected('RFC 8446 §5'),
  ),
  later(
    'a record holds no known type',
    ({ hs }) => hs.records.send(99, bytes(1)),
    unexpected('RFC 8446 §5'),
  ),
  later(
    'a handshake record is empty',
    ({ hs }) => hs.records.send(handshake, bytes()),
    unexpected('RFC 8446 §5.1'),
  ),
  later(
    'a handshake message is interleaved with data',
    ({ hs }) => {
      hs.records.send(handshake, keyUpdateMessage.subarray(0, 3))
      hs.records.send(application_data, bytes(1))
    },
    unexpected('RFC 8446 §5.1'),
  ),
  later(
    'empty records of data come again and again',
    ({ hs }) => {
      for (let i = 0; i < 33; i++) hs.records.send(application_data, bytes())
    },
    tooMuch(),
  ),
  later(
    'user_canceled comes again and again after the handshake',
    ({ hs }) => {
      for (let i = 0; i < 5; i++) hs.records.send(alert, bytes(1, 90))
    },
    tooMuch(),
  ),
  later(
    'a record comes twice',
    ({ hostile, victim }) => {
      hostile.connection.write(bytes(1))
      const records = hostile.connection.takeOutput()
      for (const record of [...records, ...records]) victim.connection.receive(record)
    },
    badMac,
  ),
  later(
    'records come in another order',
    ({ hostile, victim }) => {
      hostile.connection.write(bytes(1))
      hostile.connection.write(bytes(2))
      for (const record of hostile.connection.takeOutput().toReversed())
        victim.connection.receive(record)
    },
    badMac,
  ),
  later(
    'a record is left out',
    ({ hostile, victim }) => {
      hostile.connection.write(bytes(1))
      hostile.connection.write(bytes(2))
      victim.connection.receive(hostile.connection.takeOutput()[1]!)
    },
    badMac,
  ),
  later('the transport ends without close_notify', ({ victim }) => victim.connection.receiveEnd(), {
    code: 'ERR_TRUNCATED',
    alert: undefined,
    section: 'RFC 8446 §6.1',
  }),
  later(
    'the transport ends in the middle of a record after the handshake',
    ({ hostile, victim }) => {
      hostile.connection.write(bytes(1, 2, 3))
      victim.connection.receive(hostile.connection.takeOutput()[0]!.subarray(0, 10))
      victim.connection.receiveEnd()
    },
    { code: 'ERR_TRUNCATED', alert: undefined, section: 'RFC 8446 §6.1' },
  ),
  later('an alert comes', ({ hs }) => hs.records.send(alert, bytes(2, 80)), {
    ...alerted(),
    message: /internal_error/,
  }),
  later(
    'a message of no known type comes',
    ({ hs }) => hs.records.send(handshake, unknownMessage),
    unexpected(),
  ),
  later(
    'a message announces more than the limit',
    ({ hs }) => hs.records.send(handshake, bytes(24, 0xff, 0xff, 0xff)),
    { code: 'ERR_MESSAGE_TOO_LONG', alert: 'illegal_parameter', section: 'RFC 8446 §4' },
  ),
]

/** Both ends have said how large a record may be (RFC 8449). */
const limited: Case = {
  what: 'a record is larger than our record_size_limit',
  client: { recordSizeLimit: 100 },
  server: { recordSizeLimit: 100 },
  afterwards({ hs }) {
    hs.records.maxFragment = 100
    hs.records.send(application_data, new Uint8Array(100))
  },
  expect: overflow('RFC 8449 §4'),
}

/** What either end refuses in the same way. */
export const protectedRecordCases: readonly Case[] = [...duringHandshake, ...connected, limited]
