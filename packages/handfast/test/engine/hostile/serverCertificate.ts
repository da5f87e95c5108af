/** Certificate, CertificateVerify and Finished of a hostile server. */
import { createAuthority } from '@handfast/ca'
import { createTrustStore } from '@handfast/x509'
import { ExtensionType } from '../../../src/codec/registry.ts'
import { nodeProvider } from '../../../src/crypto/node/index.ts'
import { certificateVerifier } from '../../../src/index.ts'
import { clientIdentity, identityFor, serverIdentity } from '../pair.ts'
import {
  badSignature,
  bytes,
  type Case,
  certificate,
  illegal,
  undecodable,
  unexpected,
  unsolicited,
} from './expected.ts'
import { edited, flipped, lengthened, messageWith, shortened, u16 } from './peer.ts'

const strangers = await createAuthority()
const day = 86_400_000
const expired = await identityFor({
  names: ['server.test'],
  notBefore: new Date(Date.now() - 3 * day),
  notAfter: new Date(Date.now() - 2 * day),
})
/** keyUsage (2.5.29.15) with keyEncipherment only. */
const notForSignatures = await identityFor({
  names: ['server.test'],
  extensions: [{ oid: '2.5.29.15', critical: true, value: bytes(3, 2, 5, 0x20) }],
})
const ed25519 = await identityFor({ names: ['server.test'], keyType: 'ed25519' })
const p384 = await identityFor({ names: ['server.test'], keyType: 'ec-p384' })

/** Changes the first entry of a Certificate. */
function entry(change: (entry: { certData: Uint8Array; extensions: object[] }) => object) {
  return (message: Uint8Array) =>
    edited(message, (f) => ({
      ...f,
      certificateList: [change(f.certificateList[0]), ...f.certificateList.slice(1)],
    }))
}

export const withExtension = (...extensions: { type: number; data: Uint8Array }[]) =>
  entry((leaf) => ({ ...leaf, extensions: [...leaf.extensions, ...extensions] }))

export const certificateCases: readonly Case[] = [
  {
    what: 'Certificate has a context',
    messages: {
      Certificate: (message) =>
        edited(message, (f) => ({ ...f, certificateRequestContext: bytes(1) })),
    },
    expect: illegal('RFC 8446 §4.4.2'),
  },
  {
    what: 'Certificate is empty',
    messages: { Certificate: (message) => edited(message, (f) => ({ ...f, certificateList: [] })) },
    expect: { code: 'ERR_DECODE', alert: 'decode_error', section: 'RFC 8446 §4.4.2.4' },
  },
  {
    what: 'Certificate holds more certificates than the limit',
    messages: {
      Certificate: (message) =>
        edited(message, (f) => ({ ...f, certificateList: Array(17).fill(f.certificateList[0]) })),
    },
    expect: { code: 'ERR_TOO_MUCH', alert: 'bad_certificate', section: 'RFC 8446 §4.4.2' },
  },
  {
    what: 'Certificate carries an extension that nobody asked for',
    messages: { Certificate: withExtension({ type: 0x1234, data: bytes() }) },
    expect: unsolicited,
  },
  {
    what: 'Certificate carries SCTs that nobody asked for',
    client: { requestSignedCertificateTimestamps: false },
    messages: {
      Certificate: withExtension({
        type: ExtensionType.signed_certificate_timestamp,
        data: bytes(0, 3, 0, 1, 7),
      }),
    },
    expect: unsolicited,
  },
  {
    what: 'Certificate carries an extension twice',
    messages: {
      Certificate: withExtension(
        { type: ExtensionType.status_request, data: bytes(1, 0, 0, 1, 7) },
        { type: ExtensionType.status_request, data: bytes(1, 0, 0, 1, 7) },
      ),
    },
    expect: illegal('RFC 8446 §4.2'),
  },
  {
    what: 'Certificate carries an extension that belongs elsewhere',
    messages: {
      Certificate: withExtension({ type: ExtensionType.key_share, data: u16(0x001d) }),
    },
    expect: illegal('RFC 8446 §4.2'),
  },
  {
    what: 'Certificate carries a status of another type than OCSP',
    messages: {
      Certificate: withExtension({
        type: ExtensionType.status_request,
        data: bytes(2, 0, 0, 1, 7),
      }),
    },
    expect: { code: 'ERR_DECODE', alert: 'decode_error', section: 'RFC 6066 §8' },
  },
  {
    what: 'Certificate carries an empty list of SCTs',
    messages: {
      Certificate: withExtension({
        type: ExtensionType.signed_certificate_timestamp,
        data: bytes(0, 0),
      }),
    },
    expect: undecodable,
  },
  {
    what: 'a certificate of no bytes',
    messages: { Certificate: entry((leaf) => ({ ...leaf, certData: bytes() })) },
    expect: undecodable,
  },
  {
    what: 'a certificate that is no DER',
    messages: { Certificate: entry((leaf) => ({ ...leaf, certData: bytes(1, 2, 3) })) },
    expect: certificate('bad_certificate', 'RFC 5280 §4.1'),
  },
  {
    what: 'a certificate whose signature is damaged',
    messages: { Certificate: entry((leaf) => ({ ...leaf, certData: flipped(leaf.certData, -1) })) },
    expect: certificate('bad_certificate', 'RFC 5280 §6.1.3(a)(1)'),
  },
  {
    what: 'a certificate of another name',
    client: { serverName: 'another.test' },
    expect: certificate('bad_certificate', 'RFC 9525 §6'),
  },
  {
    what: 'a certificate that has expired',
    server: { identity: expired },
    expect: certificate('certificate_expired', 'RFC 5280 §6.1.3(a)(2)'),
  },
  {
    what: 'a certificate of an unknown authority',
    client: {
      verifyCertificate: certificateVerifier({
        crypto: nodeProvider,
        trust: createTrustStore([strangers.certificateDer]),
      }),
    },
    expect: certificate('unknown_ca', 'RFC 5280 §6.1.3(a)(4)'),
  },
  {
    what: "a client's certificate",
    client: { serverName: 'client.test' },
    server: { identity: clientIdentity },
    expect: certificate('unsupported_certificate', 'RFC 5280 §4.2.1.12'),
  },
  {
    what: 'a certificate that its own verifier refuses without a reason',
    client: {
      verifyCertificate: () => ({ valid: false, path: [], checks: [], failures: [], attempts: [] }),
    },
    expect: certificate('certificate_unknown', 'RFC 5280 §6'),
  },
  {
    what: 'a certificate that is not for signatures',
    server: { identity: notForSignatures },
    expect: certificate('unsupported_certificate', 'RFC 8446 §4.4.2.2'),
  },
  {
    what: 'Certificate is a byte short',
    messages: { Certificate: shortened },
    expect: undecodable,
  },
  {
    what: 'Certificate is a byte long',
    messages: { Certificate: lengthened },
    expect: undecodable,
  },
]

/** CertificateVerify with another scheme. */
const signedWith = (algorithm: number) => (message: Uint8Array) =>
  edited(message, (f) => ({ ...f, algorithm }))

export const certificateVerifyCases: readonly Case[] = [
  ...[
    ['rsa_pkcs1_sha256', 0x0401],
    ['rsa_pkcs1_sha1', 0x0201],
    ['ecdsa_sha1', 0x0203],
    ['a scheme that does not exist', 0x7777],
  ].map(
    ([name, id]): Case => ({
      what: `CertificateVerify is made with ${name}`,
      messages: { CertificateVerify: signedWith(id as number) },
      expect: { ...illegal('RFC 8446 §4.4.3'), message: /not offered/ },
    }),
  ),
  {
    what: 'CertificateVerify is made with a scheme that the client left out',
    client: { signatureSchemes: [0x0804, 0x0403] },
    messages: { CertificateVerify: signedWith(0x0807) },
    expect: { ...illegal('RFC 8446 §4.4.3'), message: /not offered/ },
  },
  {
    what: 'CertificateVerify names a scheme of another type of key',
    messages: { CertificateVerify: signedWith(0x0804) },
    expect: { ...illegal('RFC 8446 §4.4.3'), message: /cannot make/ },
  },
  {
    what: 'CertificateVerify names a scheme of another curve',
    server: { identity: p384 },
    messages: { CertificateVerify: signedWith(0x0403) },
    expect: { ...illegal('RFC 8446 §4.4.3'), message: /cannot make/ },
  },
  {
    what: 'CertificateVerify has a damaged signature',
    messages: { CertificateVerify: (message) => flipped(message, -1) },
    expect: badSignature,
  },
  {
    what: 'CertificateVerify has no signature',
    messages: {
      CertificateVerify: (message) => edited(message, (f) => ({ ...f, signature: bytes() })),
    },
    expect: badSignature,
  },
  {
    what: 'CertificateVerify is made with the key of another certificate',
    server: {
      identity: { ...serverIdentity, signingKey: clientIdentity.signingKey },
    },
    expect: badSignature,
  },
  {
    what: 'CertificateVerify signs as a client does',
    server: { identity: { ...ed25519, signingKey: signingAs('client') } },
    expect: badSignature,
  },
  {
    what: 'CertificateVerify signs the transcript without what precedes it',
    server: {
      identity: {
        ...ed25519,
        signingKey: {
          schemes: [0x0807],
          sign: (scheme, data) => ed25519.signingKey.sign(scheme, data.subarray(64)),
        },
      },
    },
    expect: badSignature,
  },
  {
    what: 'CertificateVerify signs another transcript',
    messages: {
      CertificateVerify: (message, hs) => {
        // What follows is hashed with one more message than the signature covers.
        hs.transcript.add({ type: 8, bytes: messageWith(8, bytes(0, 0)) }, 'EncryptedExtensions')
        return message
      },
    },
    // The signature itself is right: the Finished is not.
    expect: { code: 'ERR_BAD_FINISHED', alert: 'decrypt_error', section: 'RFC 8446 §4.4.4' },
  },
  {
    what: 'CertificateVerify is a byte short',
    messages: { CertificateVerify: shortened },
    expect: undecodable,
  },
  {
    what: 'CertificateVerify is a byte long',
    messages: { CertificateVerify: lengthened },
    expect: undecodable,
  },
]

function signingAs(role: 'client' | 'server') {
  return {
    schemes: [0x0807],
    sign(scheme: number, data: Uint8Array) {
      const text = Buffer.from(data)
        .toString('latin1')
        .replace(/(server|client) Cert/, `${role} Cert`)
      return ed25519.signingKey.sign(scheme, Uint8Array.from(Buffer.from(text, 'latin1')))
    },
  }
}

export const finishedCases: readonly Case[] = [
  {
    what: 'Finished is damaged',
    messages: { Finished: (message) => flipped(message, -1) },
    expect: { code: 'ERR_BAD_FINISHED', alert: 'decrypt_error', section: 'RFC 8446 §4.4.4' },
  },
  {
    what: 'Finished is a byte short',
    messages: { Finished: shortened },
    expect: { code: 'ERR_DECODE', alert: 'decode_error', section: 'RFC 8446 §4.4.4' },
  },
  {
    what: 'Finished is a byte long',
    messages: { Finished: lengthened },
    expect: { code: 'ERR_DECODE', alert: 'decode_error', section: 'RFC 8446 §4.4.4' },
  },
  {
    what: 'something follows Finished in its record',
    prepare: ({ records }) => {
      const send = records.send.bind(records)
      // Finished is the last of its flight, and the flight is one record.
      records.send = (type, content, version) =>
        send(
          type,
          records.writeProtection === 'handshake' ? bytes(...content, 24) : content,
          version,
        )
    },
    expect: unexpected('RFC 8446 §5.1'),
  },
  {
    what: 'Finished is empty',
    messages: { Finished: () => messageWith(20, bytes()) },
    expect: { code: 'ERR_DECODE', alert: 'decode_error', section: 'RFC 8446 §4.4.4' },
  },
]

/** A message that is sent as it is, once the handshake is complete. */
