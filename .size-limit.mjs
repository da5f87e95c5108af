// Bundles of programs as their users write them: minified by esbuild, compressed by gzip, each held under a limit.
// `npx size-limit` after a build; scripts/sizes.mjs says where the bytes are.

const client = '{ certificateVerifierOf, clientConnectionOf, tls13ClientOf }'
const engine = '{ clientConnectionOf, tls13ClientOf }'
const verification = '{ createTrustStore, formatName, parseCertificate, verifyCertificate }'
/** The crypto that RFC 8446 §9.1 demands of a client. */
const demanded =
  '{ ecdsaP256, ecdsaVerifier, equalBytes, random, rsaVerifiers, secp256r1, sha256, TLS_AES_128_GCM_SHA256 }'
const noble =
  '{ ecdsaP256, ecdsaP384, ecdsaVerifier, equalBytes, random, rsaVerifiers, secp256r1, sha256, sha384, TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256, x25519 }'
const web =
  '{ secp256r1, TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, webSignatureVerifiers, x25519 }'

/** @param imports of the files of a folder, by their names; undefined for all that its index exports */
const bundle = (name, folder, imports, limit) => {
  const files = Object.entries(imports ?? {}).map(([file, names]) => [
    `${folder}/${file}.js`,
    names,
  ])
  const named = imports && { import: Object.fromEntries(files) }
  return { name, path: `${folder}/index.js`, ...named, limit, gzip: true }
}

const x509 = (name, imports, limit) =>
  bundle(`@handfast/x509${name}`, 'packages/x509/dist', imports, limit)
const handfast = (name, imports, limit) =>
  bundle(`handfast, ${name}`, 'packages/handfast/dist', imports, limit)

/** The same, chosen by its condition. */
const lean = (name, imports, limit) => ({
  ...bundle(`handfast, lean, ${name}`, 'packages/handfast/dist/lean', imports, limit),
  modifyEsbuildConfig: (config) => ({ ...config, conditions: ['handfast-lean'] }),
})

export default [
  x509(', to verify', { index: verification }, '20 kB'),
  x509(', everything that its main entry exports', undefined, '25.5 kB'),
  x509(
    ', with all that its other entries add',
    {
      index: '*',
      dane: '{ verifyWithTlsa }',
      display: '{ certificateFields }',
      'profiles/index': '{ rfc5280, webpki }',
      'transparency/index':
        '{ checkTransparency, parseSignedCertificateTimestamp, parseTimestampList }',
    },
    '32 kB',
  ),
  handfast(
    'a TLS 1.3 client with what RFC 8446 §9.1 demands of @noble',
    { index: client, 'crypto/noble/index': demanded },
    '70 kB',
  ),
  handfast(
    'a TLS 1.3 client with parts of @noble',
    { index: client, 'crypto/noble/index': noble },
    '79.5 kB',
  ),
  handfast(
    'a TLS 1.3 client with parts of WebCrypto',
    {
      index: client,
      'crypto/noble/index': '{ equalBytes, random, sha256, sha384 }',
      'crypto/web/index': web,
    },
    '57.8 kB',
  ),
  handfast(
    'a client of all versions with the whole of @noble',
    {
      index: '{ certificateVerifier, clientConnection }',
      'crypto/noble/index': '{ nobleProvider }',
    },
    '118 kB',
  ),
  handfast("a TLS 1.3 client's engine, without crypto", { index: engine }, '30 kB'),
  handfast('everything that its main entry exports', undefined, '85.5 kB'),
  lean(
    'a TLS 1.3 client with what RFC 8446 §9.1 demands of @noble',
    { index: client, 'crypto/noble/index': demanded },
    '60 kB',
  ),
  lean("a TLS 1.3 client's engine, without crypto", { index: engine }, '25 kB'),
  bundle('@handfast/ca', 'packages/ca/dist', undefined, '20 kB'),
]
