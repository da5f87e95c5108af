/** The client's second flight, and what it says after the handshake. */

import { ExtensionType } from '../../../src/codec/registry.ts'
import { nodeProvider } from '../../../src/crypto/node/index.ts'
import { certificateVerifier } from '../../../src/index.ts'
import { clientIdentity, identityFor, serverIdentity, trust } from '../pair.ts'
import {
  badSignature,
  bytes,
  type Case,
  certificate,
  illegal,
  none,
  tooMuch,
  undecodable,
  unexpected,
  unsolicited,
} from './expected.ts'
import {
  type Expected,
  edited,
  flipped,
  keyUpdateMessage,
  lengthened,
  messageWith,
  type Run,
  shortened,
  u16,
  unknownMessage,
} from './peer.ts'
import { withExtension } from './serverCertificate.ts'

const verifyCertificate = certificateVerifier({ crypto: nodeProvider, trust })
const requiring = { clientAuthentication: { mode: 'require' as const, verifyCertificate } }
const requesting = { clientAuthentication: { mode: 'request' as const, verifyCertificate } }
const client = { identity: clientIdentity }

const required: Expected = {
  code: 'ERR_CERTIFICATE_REQUIRED',
  alert: 'certificate_required',
  section: 'RFC 8446 §4.4.2.4',
}

const before = (message: Uint8Array) => (own: Uint8Array) => [message, own]

/** The order of the flight (RFC 8446 §A.2). */
const order: readonly Case[] = [
  {
    what: 'a Certificate comes that nobody asked for',
    messages: { Finished: before(messageWith(11, bytes(0, 0, 0, 0))) },
    expect: unexpected(),
  },
  {
    what: 'the Certificate that was asked for is left out',
    client,
    server: requiring,
    messages: { Certificate: none, CertificateVerify: none },
    expect: unexpected(),
  },
  {
    what: 'CertificateVerify is left out',
    client,
    server: requiring,
    messages: { CertificateVerify: none },
    expect: unexpected(),
  },
  {
    what: 'CertificateVerify comes before Certificate',
    client,
    server: requiring,
    messages: { Certificate: before(messageWith(15, new Uint8Array(40))) },
    expect: unexpected(),
  },
  {
    what: 'CertificateVerify follows an empty Certificate',
    server: requesting,
    messages: { Finished: before(messageWith(15, bytes(4, 3, 0, 1, 7))) },
    expect: unexpected(),
  },
  {
    what: 'Certificate comes twice',
    client,
    server: requiring,
    messages: { Certificate: (message) => [message, message] },
    expect: unexpected(),
  },
  {
    what: 'a KeyUpdate comes before Finished',
    messages: { Finished: before(keyUpdateMessage) },
    expect: unexpected(),
  },
  {
    what: 'an EndOfEarlyData comes without early data',
    messages: { Finished: before(messageWith(5, bytes())) },
    expect: unexpected(),
  },
  {
    what: 'a ClientHello comes under the handshake keys',
    messages: { Finished: before(messageWith(1, new Uint8Array(40))) },
    expect: unexpected(),
  },
  {
    what: 'a CertificateRequest comes from the client',
    messages: { Finished: before(messageWith(13, bytes(0, 0, 0))) },
    expect: unexpected(),
  },
  {
    what: 'a message of no known type comes before Finished',
    messages: { Finished: before(unknownMessage) },
    expect: unexpected(),
  },
]

const certificates: readonly Case[] = [
  {
    what: 'the client has no certificate where one is required',
    server: requiring,
    expect: required,
  },
  {
    what: "the client's Certificate has a context",
    client,
    server: requiring,
    messages: {
      Certificate: (message) =>
        edited(message, (f) => ({ ...f, certificateRequestContext: bytes(1) })),
    },
    expect: illegal('RFC 8446 §4.4.2'),
  },
  {
    what: "the client's Certificate carries an extension that nobody asked for",
    client,
    server: requiring,
    messages: {
      Certificate: withExtension({
        type: ExtensionType.status_request,
        data: bytes(1, 0, 0, 1, 7),
      }),
    },
    expect: unsolicited,
  },
  {
    what: "the client's Certificate holds more certificates than the limit",
    client,
    server: { ...requiring, limits: { certificates: 2 } },
    messages: {
      Certificate: (message) =>
        edited(message, (f) => ({ ...f, certificateList: Array(3).fill(f.certificateList[0]) })),
    },
    expect: { code: 'ERR_TOO_MUCH', alert: 'bad_certificate', section: 'RFC 8446 §4.4.2' },
  },
  {
    what: "the client shows a server's certificate",
    client: { identity: serverIdentity },
    server: requiring,
    expect: certificate('unsupported_certificate', 'RFC 5280 §4.2.1.12'),
  },
  {
    what: "the client's certificate is damaged",
    client,
    server: requesting,
    messages: {
      Certificate: (message) =>
        edited(message, (f) => ({
          ...f,
          certificateList: [
            { ...f.certificateList[0], certData: flipped(f.certificateList[0].certData, -1) },
          ],
        })),
    },
    expect: certificate('bad_certificate', 'RFC 5280 §6.1.3(a)(1)'),
  },
  {
    what: "the client's CertificateVerify has a damaged signature",
    client,
    server: requiring,
    messages: { CertificateVerify: (message) => flipped(message, -1) },
    expect: badSignature,
  },
  {
    what: "the client's CertificateVerify is made with another key",
    client: { identity: { ...clientIdentity, signingKey: serverIdentity.signingKey } },
    server: requiring,
    expect: badSignature,
  },
  {
    what: "the client's CertificateVerify names a scheme that the server did not ask for",
    client,
    server: { ...requiring, signatureSchemes: [0x0403] },
    messages: {
      CertificateVerify: (message) => edited(message, (f) => ({ ...f, algorithm: 0x0807 })),
    },
    expect: illegal('RFC 8446 §4.4.3'),
  },
  {
    what: "the client's CertificateVerify is a byte short",
    client,
    server: requiring,
    messages: { CertificateVerify: shortened },
    expect: undecodable,
  },
  {
    what: "the client's Certificate is a byte long",
    client,
    server: requiring,
    messages: { Certificate: lengthened },
    expect: undecodable,
  },
]

// ── After the handshake ─────────────────────────────────────────────────────────────────────────────────────────────

const later = { identity: clientIdentity, postHandshakeAuth: true }
/** The server asks, and the hostile client answers. */
const asks = ({ victim }: Run) => victim.connection.requestClientCertificate()

const afterwards: readonly Case[] = [
  {
    what: 'a Certificate comes after the handshake that nobody asked for',
    afterwards: ({ hs }) => hs.records.send(22, messageWith(11, bytes(0, 0, 0, 0))),
    expect: unexpected('RFC 8446 §4.6.2'),
  },
  {
    what: 'a Certificate answers a request that was not made',
    client: later,
    server: requesting,
    messages: {
      Certificate: (message, _, nth) =>
        nth === 0
          ? undefined
          : edited(message, (f) => ({ ...f, certificateRequestContext: bytes(1, 2, 3) })),
    },
    afterwards: asks,
    expect: { ...illegal('RFC 8446 §4.4.2'), message: /not made/ },
  },
  {
    what: 'one request is answered twice',
    client: later,
    server: requesting,
    afterwards(run) {
      const sent: Uint8Array[] = []
      const send = run.hs.records.send.bind(run.hs.records)
      run.hs.records.send = (type, content, version) => {
        sent.push(content.slice())
        send(type, content, version)
      }
      asks(run)
      run.carry()
      send(22, sent.at(-1)!)
    },
    expect: unexpected('RFC 8446 §4.6.2'),
  },
  {
    what: 'a late Certificate comes without CertificateVerify',
    client: later,
    server: requesting,
    messages: { CertificateVerify: (_, __, nth) => (nth === 0 ? undefined : []) },
    afterwards: asks,
    expect: unexpected(),
  },
  {
    what: 'a late CertificateVerify does not verify',
    client: later,
    server: requesting,
    messages: {
      CertificateVerify: (message, _, nth) => (nth === 0 ? undefined : flipped(message, -1)),
    },
    afterwards: asks,
    expect: badSignature,
  },
  {
    what: 'a late Finished does not verify',
    client: later,
    server: requesting,
    messages: { Finished: (message, _, nth) => (nth === 0 ? undefined : flipped(message, -1)) },
    afterwards: asks,
    expect: { code: 'ERR_BAD_FINISHED', alert: 'decrypt_error', section: 'RFC 8446 §4.4.4' },
  },
  {
    what: 'a late Certificate is empty where one is required',
    client: { ...later, identity: firstOnly() },
    server: requiring,
    afterwards: asks,
    expect: required,
  },
  {
    what: 'a late Certificate is refused by the verifier',
    client: { ...later, identity: firstThen(await identityFor({ names: ['server.test'] })) },
    server: requiring,
    afterwards: asks,
    expect: certificate('unsupported_certificate', 'RFC 5280 §4.2.1.12'),
  },
  {
    what: 'requests are answered without end',
    client: later,
    server: { ...requesting, limits: { postHandshakeMessages: 2 } },
    afterwards(run) {
      for (let i = 0; i < 3; i++) asks(run)
    },
    expect: tooMuch(),
  },
  {
    what: 'a NewSessionTicket comes from the client',
    afterwards: ({ hs }) =>
      hs.records.send(22, messageWith(4, bytes(0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 7, ...u16(0)))),
    expect: unexpected(),
  },
  {
    what: 'a ClientHello comes after the handshake',
    afterwards: ({ hs }) => hs.records.send(22, messageWith(1, new Uint8Array(40))),
    expect: unexpected(),
  },
  {
    what: 'a Finished comes after the handshake',
    afterwards: ({ hs }) => hs.records.send(22, messageWith(20, new Uint8Array(32))),
    expect: unexpected(),
  },
]

/** A client that shows its certificate once. */
function firstOnly() {
  let asked = 0
  return () => (asked++ === 0 ? clientIdentity : undefined)
}

function firstThen(other: typeof clientIdentity) {
  let asked = 0
  return () => (asked++ === 0 ? clientIdentity : other)
}

export const clientFlightCases: readonly Case[] = [...order, ...certificates, ...afterwards]
