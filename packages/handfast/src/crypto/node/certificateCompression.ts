/** Compression of certificates (RFC 8879 §3) by node:zlib. */
import * as zlib from 'node:zlib'
import { CertificateCompressionAlgorithm } from '../../codec/registry.ts'
import type { CertificateCompression } from '../provider.ts'
import { plain } from './bytes.ts'

type Call = (data: Uint8Array, options?: { maxOutputLength?: number }) => Uint8Array

function compression(
  name: keyof typeof CertificateCompressionAlgorithm,
  compress: Call,
  decompress: Call,
): CertificateCompression {
  return {
    id: CertificateCompressionAlgorithm[name],
    name,
    compress: (data) => plain(compress(data)),
    decompress(data, length) {
      try {
        // zlib stops with an error at the first byte beyond.
        return plain(decompress(data, { maxOutputLength: Math.max(1, length) }))
      } catch {
        return undefined
      }
    },
  }
}

const { zstdCompressSync, zstdDecompressSync } = zlib as unknown as Partial<
  Record<'zstdCompressSync' | 'zstdDecompressSync', Call>
>

/** Brotli first, as browsers have it; zstd where Node has it (22.15). */
export const certificateCompressions: readonly CertificateCompression[] = [
  compression('brotli', zlib.brotliCompressSync, zlib.brotliDecompressSync),
  ...(zstdCompressSync && zstdDecompressSync
    ? [compression('zstd', zstdCompressSync, zstdDecompressSync)]
    : []),
  compression('zlib', zlib.deflateSync, zlib.inflateSync),
]
