/** The suite's own ways of "compressing" certificates: what is tested is the protocol around them. */
import type { CertificateCompression } from 'handfast'

const prefix = Uint8Array.of(1, 2, 3, 4)
/** Every Certificate of a handshake begins so: no context, and less than 64 KiB. */
const beginning = Uint8Array.of(0, 0)

const joined = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))
const ofLength = (data: Uint8Array, length: number) => (data.length === length ? data : undefined)

/** The preferred first. */
export const mockCompressions: readonly CertificateCompression[] = [
  {
    id: 0xff02,
    name: 'expanding',
    compress: (data) => joined(prefix, data),
    decompress: (data, length) => ofLength(data.slice(prefix.length), length),
  },
  {
    id: 0xff01,
    name: 'shrinking',
    compress: (data) => data.slice(beginning.length),
    decompress: (data, length) => ofLength(joined(beginning, data), length),
  },
  {
    id: 0xff03,
    name: 'random',
    compress: (data) => joined(crypto.getRandomValues(new Uint8Array(1)), data),
    decompress: (data, length) => ofLength(data.slice(1), length),
  },
]
