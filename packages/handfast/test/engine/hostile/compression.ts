/** Compressed certificates: what a hostile peer can put into them (RFC 8879 §4). */
import { brotliCompressSync, constants } from 'node:zlib'
import { CertificateCompressionAlgorithm, ExtensionType } from '../../../src/codec/registry.ts'
import { nodeProvider } from '../../../src/crypto/node/index.ts'
import { serverIdentity } from '../pair.ts'
import { bytes, type Case, illegal } from './expected.ts'
import { type Expected, replacing } from './peer.ts'

const { brotli, zlib } = CertificateCompressionAlgorithm
const wrong: Expected = {
  code: 'ERR_BAD_COMPRESSION',
  alert: 'bad_certificate',
  section: 'RFC 8879 §4',
}

/** A server that does something else in place of compressing. */
function packing(compress: (data: Uint8Array) => Uint8Array): Pick<Case, 'client' | 'server'> {
  const liar = { id: brotli, name: 'brotli', compress, decompress: () => undefined }
  return {
    client: { certificateCompression: [brotli] },
    server: {
      identity: { ...serverIdentity },
      crypto: { ...nodeProvider, certificateCompressions: [liar] },
    },
  }
}
const honest = packing((data) => brotliCompressSync(data))

/** The message behind its header: algorithm, length, then what was compressed. */
const changed = (at: number, ...values: readonly number[]) => ({
  CompressedCertificate: (message: Uint8Array) => {
    const copy = message.slice()
    copy.set(values, 4 + at)
    return copy
  },
})

export const compressedCertificateCases: readonly Case[] = [
  { what: 'a compressed certificate does not unpack', ...packing((data) => data), expect: wrong },
  {
    what: 'a compressed certificate is shorter than it says',
    ...packing((data) => brotliCompressSync(data.subarray(1))),
    expect: wrong,
  },
  {
    what: 'a compressed certificate is a bomb',
    ...packing(() =>
      brotliCompressSync(new Uint8Array(64 * 2 ** 20), {
        params: { [constants.BROTLI_PARAM_QUALITY]: 1 },
      }),
    ),
    expect: wrong,
  },
  {
    what: 'a compressed certificate announces more than is allowed',
    ...honest,
    messages: changed(2, 0xff, 0xff, 0xff),
    expect: { code: 'ERR_MESSAGE_TOO_LONG', alert: 'bad_certificate', section: 'RFC 8879 §4' },
  },
  {
    what: 'a certificate is compressed with what was not offered',
    ...honest,
    messages: changed(0, 0, zlib),
    expect: illegal('RFC 8879 §4'),
  },
]

export const compressionOfferCases: readonly Case[] = [
  {
    what: 'compress_certificate names an algorithm twice',
    client: { certificateCompression: [brotli] },
    hello: replacing(ExtensionType.compress_certificate, () => bytes(4, 0, brotli, 0, brotli)),
    expect: illegal('RFC 8879 §3'),
  },
]
