import { bytes, type Case, illegal, tooMuch, unexpected } from './expected.ts'
import {
  type Expected,
  keyUpdateMessage,
  messageWith,
  type Run,
  recordOf,
  unknownMessage,
} from './peer.ts'

const plain = (type: number, ...content: readonly number[]) => recordOf(type, bytes(...content))
const change_cipher_spec = 20
const alert = 21
const handshake = 22
const application_data = 23

const undecodableAlert: Expected = {
  code: 'ERR_DECODE',
  alert: 'decode_error',
  section: 'RFC 8446 §6',
}
const badMac: Expected = {
  code: 'ERR_BAD_RECORD_MAC',
  alert: 'bad_record_mac',
  section: 'RFC 8446 §5.2',
}
const overflow = (section: string): Expected => ({
  code: 'ERR_RECORD_OVERFLOW',
  alert: 'record_overflow',
  section,
})
const notTls: Expected = { code: 'ERR_NOT_TLS', alert: undefined, section: 'RFC 8446 §5.1' }
const alerted = (): Expected => ({
  code: 'ERR_ALERT_RECEIVED',
  alert: undefined,
  section: 'RFC 8446 §6',
})
const endedEarly: Expected = {
  code: 'ERR_CLOSED_DURING_HANDSHAKE',
  alert: undefined,
  section: 'RFC 8446 §6.1',
}

/** Bytes that arrive in place of the hostile end's first record. */
function instead(what: string, wire: Uint8Array, expect: Expected): Case {
  return { what, records: (record, index) => (index === 0 ? [wire] : [record]), expect }
}

/** Bytes that arrive before the hostile end's first record. */
function first(what: string, wire: Uint8Array, expect: Expected): Case {
  return { what, records: (record, index) => (index === 0 ? [wire, record] : [record]), expect }
}

const text = (value: string) => Uint8Array.from(Buffer.from(value, 'latin1'))

/** Before any keys: what a server, or a client that has sent its ClientHello, receives first. */
const beforeKeys: readonly Case[] = [
  instead('an HTTP request or answer comes', text('HTTP/1.1 400 Bad Request\r\n'), {
    ...notTls,
    message: /plain HTTP/,
  }),
  instead('an HTTP request comes', text('GET / HTTP/1.1\r\nHost: a\r\n'), {
    ...notTls,
    message: /plain HTTP/,
  }),
  instead('an SMTP server greets', text('220 mail.test ESMTP\r\n'), {
    ...notTls,
    message: /plain text/,
  }),
  instead('an IMAP server greets', text('* OK ready\r\n'), { ...notTls, message: /plain text/ }),
  instead('an SSH server greets', text('SSH-2.0-OpenSSH_9.9\r\n'), { ...notTls, message: /SSH/ }),
  instead('zeros come', new Uint8Array(64), notTls),
  instead('a record of version 2 comes', bytes(handshake, 2, 0, 0, 0), notTls),
  instead('a record of no type comes', bytes(99, 3, 3, 0, 0), notTls),
  first('application data comes first', plain(application_data, 1, 2, 3), unexpected()),
  first('an empty record of data comes first', plain(application_data), unexpected()),
  first('an empty handshake record comes first', plain(handshake), unexpected('RFC 8446 §5.1')),
  first('an empty alert comes first', plain(alert), unexpected('RFC 8446 §5.4')),
  first('an alert of one byte comes first', plain(alert, 2), undecodableAlert),
  first('an alert of three bytes comes first', plain(alert, 2, 40, 0), undecodableAlert),
  first('an alert of no known level comes first', plain(alert, 3, 0), illegal('RFC 8446 §6')),
  first('an alert comes first', plain(alert, 2, 40), {
    ...alerted(),
    message: /handshake_failure/,
  }),
  first('an alert of no known kind comes first', plain(alert, 2, 99), {
    ...alerted(),
    message: /0x63/,
  }),
  first('an alert of no known level comes first', plain(alert, 3, 40), illegal('RFC 8446 §6')),
  first('an error comes as a warning', plain(alert, 1, 40), {
    ...alerted(),
    message: /handshake_failure/,
  }),
  first('close_notify comes first', plain(alert, 1, 0), endedEarly),
  {
    what: 'user_canceled comes again and again',
    records: (record, index) =>
      index === 0 ? [...Array<Uint8Array>(5).fill(plain(alert, 1, 90)), record] : [record],
    expect: tooMuch(),
  },
  first(
    'a record announces more than 2^14 bytes',
    bytes(handshake, 3, 3, 0x40, 1),
    overflow('RFC 8446 §5.1'),
  ),
  first(
    'a record announces all that it can',
    bytes(handshake, 3, 3, 0xff, 0xff),
    overflow('RFC 8446 §5.1'),
  ),
  first('a handshake message announces more than the limit', plain(handshake, 1, 2, 0, 1), {
    code: 'ERR_MESSAGE_TOO_LONG',
    alert: 'illegal_parameter',
    section: 'RFC 8446 §4',
  }),
  {
    what: 'data comes in the middle of a handshake message',
    records: (record, index) =>
      index === 0
        ? [
            recordOf(handshake, record.subarray(5, 20)),
            plain(application_data, 1),
            recordOf(handshake, record.subarray(20)),
          ]
        : [record],
    expect: unexpected('RFC 8446 §5.1'),
  },
  {
    what: 'a change_cipher_spec comes in the middle of a handshake message',
    records: (record, index) =>
      index === 0
        ? [
            recordOf(handshake, record.subarray(5, 20)),
            plain(change_cipher_spec, 1),
            recordOf(handshake, record.subarray(20)),
          ]
        : [record],
    expect: unexpected('RFC 8446 §5.1'),
  },
  {
    what: 'a record of no type comes in the middle of a handshake message',
    records: (record, index) =>
      index === 0 ? [recordOf(handshake, record.subarray(5, 20)), bytes(99, 3, 3, 0, 0)] : [record],
    expect: unexpected('RFC 8446 §5'),
  },
  {
    what: 'the transport ends before anything came',
    records: () => [],
    afterwards: ({ victim }) => victim.connection.receiveEnd(),
    expect: { ...endedEarly, message: /while waiting for/ },
  },
  {
    what: 'the transport ends in the middle of a record',
    records: (record, index) => (index === 0 ? [record.subarray(0, 9)] : []),
    afterwards: ({ victim }) => victim.connection.receiveEnd(),
    expect: { ...endedEarly, message: /while waiting for/ },
  },
]

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

/** change_cipher_spec in time, in its wrong form or without end (RFC 8446 §5, §D.4). */
function changeCipherSpecs(wrong: readonly Uint8Array[], what: string, expect: Expected): Case {
  return {
    what,
    // After the first message of the hostile end: then one is allowed.
    records: (record, index) => (index === 0 ? [record, ...wrong] : [record]),
    expect,
  }
}

const changing: readonly Case[] = [
  changeCipherSpecs(
    [plain(change_cipher_spec, 2)],
    'a change_cipher_spec is not 1',
    unexpected('RFC 8446 §5'),
  ),
  changeCipherSpecs(
    [plain(change_cipher_spec, 1, 1)],
    'a change_cipher_spec has two bytes',
    unexpected('RFC 8446 §5'),
  ),
  changeCipherSpecs(
    [plain(change_cipher_spec)],
    'a change_cipher_spec is empty',
    unexpected('RFC 8446 §5'),
  ),
  changeCipherSpecs(
    Array<Uint8Array>(5).fill(plain(change_cipher_spec, 1)),
    'change_cipher_spec comes again and again',
    tooMuch(),
  ),
  changeCipherSpecs(
    [recordOf(handshake, messageWith(8, bytes(0, 0)))],
    'an unprotected message comes after the keys are in force',
    unexpected('RFC 8446 §5'),
  ),
  changeCipherSpecs(
    [plain(application_data, ...new Uint8Array(30))],
    'a record that nobody sealed comes after the keys are in force',
    badMac,
  ),
]

/** What either end refuses in the same way. */
export const recordCases: readonly Case[] = [
  ...beforeKeys,
  ...changing,
  ...duringHandshake,
  ...connected,
  limited,
]

/** A server has not seen a ClientHello yet (RFC 8446 §5). */
export const beforeClientHelloCases: readonly Case[] = [
  first(
    'a change_cipher_spec comes before the ClientHello',
    plain(change_cipher_spec, 1),
    unexpected('RFC 8446 §5'),
  ),
]
