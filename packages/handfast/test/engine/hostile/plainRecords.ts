/** Records that must not be where nothing is protected yet, and change_cipher_spec at any time, against either end. */
import { bytes, type Case, illegal, tooMuch, unexpected } from './expected.ts'
import { type Expected, messageWith, recordOf } from './peer.ts'

import {
  alert,
  alerted,
  application_data,
  badMac,
  change_cipher_spec,
  endedEarly,
  handshake,
  notTls,
  overflow,
  plain,
  text,
  undecodableAlert,
} from './recordParts.ts'

/** Bytes that arrive in place of the hostile end's first record. */
function instead(what: string, wire: Uint8Array, expect: Expected): Case {
  return { what, records: (record, index) => (index === 0 ? [wire] : [record]), expect }
}

/** Bytes that arrive before the hostile end's first record. */
function first(what: string, wire: Uint8Array, expect: Expected): Case {
  return { what, records: (record, index) => (index === 0 ? [wire, record] : [record]), expect }
}

/** Before any keys: what a server, or a client that has sent its ClientHello, receives first. */
export const plainRecordCases: readonly Case[] = [
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

/** change_cipher_spec in time, in its wrong form or without end (RFC 8446 §5, §D.4). */
function changeCipherSpecs(wrong: readonly Uint8Array[], what: string, expect: Expected): Case {
  return {
    what,
    // After the first message of the hostile end: then one is allowed.
    records: (record, index) => (index === 0 ? [record, ...wrong] : [record]),
    expect,
  }
}

export const changeCipherSpecCases: readonly Case[] = [
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

/** A server has not seen a ClientHello yet (RFC 8446 §5). */
export const beforeClientHelloCases: readonly Case[] = [
  first(
    'a change_cipher_spec comes before the ClientHello',
    plain(change_cipher_spec, 1),
    unexpected('RFC 8446 §5'),
  ),
]
