/** Compression of certificates (RFC 8879 §3) by node:zlib. */
import { CertificateCompressionAlgorithm } from '../../codec/registry.ts'
import type { CertificateCompression } from '../provider.ts'
import { plain } from './bytes.ts'

type Call = (data: Uint8Array, options?: { maxOutputLength?: number }) => Uint8Array

/** Loaded when a certificate is compressed or unpacked: it takes up to 8 ms. */
const zlib = () => process.getBuiltinModule('node:zlib') as unknown as Record<string, Call>

function compression(
  name: keyof typeof CertificateCompressionAlgorithm,
  compress: string,
  decompress: string,
): CertificateCompression {
  return {
    id: CertificateCompressionAlgorithm[name],
    name,
    compress: (data) => plain(zlib()[compress]!(data)),
    decompress(data, length) {
      try {
        // zlib stops with an error at the first byte beyond.
        return plain(zlib()[decompress]!(data, { maxOutputLength: Math.max(1, length) }))
      } catch {
        return undefined
      }
    },
  }
}

/** Brotli first, as browsers have it; zstd where Node has it (22.15). */
export const certificateCompressions: readonly CertificateCompression[] = [
  compression('brotli', 'brotliCompressSync', 'brotliDecompressSync'),
  ...('zstd' in process.versions
    ? [compression('zstd', 'zstdCompressSync', 'zstdDecompressSync')]
    : []),
  compression('zlib', 'deflateSync', 'inflateSync'),
]
