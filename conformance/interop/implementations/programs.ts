/** Go's crypto/tls, rustls, JSSE and Python's ssl. */

import { join } from 'node:path'
import { opensslName } from 'handfast'
import {
  reasonsOfOthers12,
  reasonsOfTools,
  signatureSchemes,
  signatureSchemes12,
  someSuites12,
} from '../names.ts'
import { interopFolder, notInstalled, systemProgram, unpackedProgram } from '../paths.ts'
import type { Feature, Peer } from '../peer.ts'
import { build, programPeer } from './program.ts'

const retry: readonly Feature[] = ['hello-retry-request', 'hello-retry-request-while-resuming']
const usual: readonly Feature[] = ['resumption', ...retry, 'client-auth', 'alpn', 'plain']

const usual12: readonly Feature[] = ['resumption', 'client-auth', 'alpn']

export const go: Peer = programPeer({
  name: 'Go crypto/tls',
  tls12: {
    features: { client: [...usual12, 'ocsp-stapling'], server: [...usual12, 'ocsp-stapling'] },
  },
  async command() {
    const built = await build('go')
    return typeof built === 'string' ? built : [join(built.folder, 'peer')]
  },
  features: { client: [...usual, 'ocsp-stapling'], server: [...usual, 'ocsp-stapling'] },
  reasons: {
    'key-update': 'crypto/tls answers it, but has no call that starts one',
    'post-handshake-auth': 'crypto/tls does not have it',
    'no-middlebox-compatibility': 'crypto/tls always has it on',
    'record-size-limit': 'crypto/tls does not have it',
    'record-padding': 'crypto/tls does not have it',
    'max-send-fragment': 'crypto/tls chooses the size of its records by itself',
    'early-data': 'crypto/tls has it for QUIC alone',
  },
  source: 'the constants of crypto/tls',
  flags: ['groups', 'signature-schemes', 'key-log', 'ocsp'],
})

export const rustls: Peer = programPeer({
  name: 'rustls',
  tls12: {
    features: { client: usual12, server: [...usual12, 'ocsp-stapling'] },
    signatureSchemes: [
      ...['ecdsa_secp256r1_sha256', 'ecdsa_secp384r1_sha384', 'ed25519'],
      ...['rsa_pss_rsae_sha256', 'rsa_pss_rsae_sha384', 'rsa_pss_rsae_sha512'],
    ],
  },
  async command() {
    const built = await build('rust')
    return typeof built === 'string' ? built : [join(built.folder, 'peer')]
  },
  features: {
    client: ['resumption', 'hello-retry-request', 'client-auth', 'alpn', 'key-update'],
    server: ['resumption', ...retry, 'client-auth', 'alpn', 'key-update', 'ocsp-stapling'],
  },
  reasons: {
    'client hello-retry-request-while-resuming':
      'rustls remembers which group the server chose, and sends its share at once',
    plain: 'our program names the version that it speaks',
    ecdsa_secp521r1_sha512:
      'its groups lack secp521r1, where TLS 1.2 wants the curve of the certificate too',
    'post-handshake-auth': 'rustls does not have it',
    'no-middlebox-compatibility': 'rustls always has it on',
    'record-size-limit': 'rustls does not have it',
    'record-padding': 'rustls does not have it',
    'max-send-fragment': 'our program has no flag for it',
    'early-data': 'our program has no flag for it',
    'client ocsp-stapling':
      'rustls asks for it and checks nothing of it, so that its program has nothing to tell',
  },
  source: "the CryptoProvider of rustls's aws-lc-rs feature",
  flags: ['suites', 'groups', 'signature-schemes', 'ocsp'],
})

const classicGroups = [
  'x25519',
  'secp256r1',
  'secp384r1',
  'secp521r1',
  'x448',
  'ffdhe2048',
  'ffdhe3072',
]

function jsse(
  name: string,
  java: () => string | undefined,
  groups: readonly string[],
  absence: string,
  has12: boolean,
): Peer {
  return programPeer({
    name,
    async command() {
      const program = java()
      if (program === undefined) return absence
      const built = await build('java')
      // Each run lives for a second: no time is spent on optimising.
      const quick = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto']
      return typeof built === 'string' ? built : [program, ...quick, '-cp', built.folder, 'Peer']
    },
    features: {
      client: [...usual, 'key-update', 'ocsp-stapling', 'no-middlebox-compatibility'],
      server: [...usual, 'key-update'],
    },
    reasons: {
      'server ocsp-stapling': 'JSSE asks the responder by itself, over the network',
      'post-handshake-auth': 'JSSE does not have it',
      'record-size-limit': 'JSSE does not have it',
      'record-padding': 'JSSE does not have it',
      'max-send-fragment': 'our program has no flag for it',
      'early-data': 'JSSE does not have it',
      'TLS 1.2': 'run with the other JDK alone, since each case starts a JVM',
    },
    groups,
    signatureSchemes,
    ...(has12 && {
      tls12: {
        features: { client: [...usual12, 'resumption-by-id'], server: usual12 },
        signatureSchemes: signatureSchemes12,
      },
    }),
    source: 'getSupportedSSLParameters() and `java -XshowSettings:security:tls`',
    flags: ['suites', 'groups', 'signature-schemes'],
  })
}

/** The JDK that stands first on the PATH. */
export const jsseSystem: Peer = jsse(
  'JSSE (system JDK)',
  () => systemProgram('java'),
  classicGroups,
  'java is not on this machine',
  true,
)

/** The newest JDK of the machine's own, or the one that install.sh unpacked: from 27 on JSSE has ML-KEM (JEP 527). */
export const jsseNewest: Peer = jsse(
  'JSSE (JDK 27)',
  () => unpackedProgram('unstable', 'java'),
  [...classicGroups, 'X25519MLKEM768', 'SecP256r1MLKEM768', 'SecP384r1MLKEM1024'],
  notInstalled('JDK 27'),
  // Each case starts a JVM: once is enough.
  false,
)

export const python: Peer = programPeer({
  name: 'Python ssl',
  tls12: {
    features: { client: usual12, server: usual12 },
    signatureSchemes: signatureSchemes12,
    suites: someSuites12,
    suiteName: opensslName,
  },
  async command() {
    const program = systemProgram('python3')
    return program === undefined
      ? 'python3 is not on this machine'
      : [program, join(interopFolder, 'peers', 'python', 'peer.py')]
  },
  features: {
    client: [...usual, 'post-handshake-auth'],
    server: [...usual, 'post-handshake-auth'],
  },
  suites: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_CCM_SHA256',
    'TLS_AES_128_CCM_8_SHA256',
  ],
  signatureSchemes,
  reasons: { ...reasonsOfTools('the calls of the ssl module'), ...reasonsOfOthers12 },
  source: 'the OpenSSL that it is linked with (3.0: no ML-KEM)',
  flags: ['suites', 'groups', 'signature-schemes', 'key-log'],
})
