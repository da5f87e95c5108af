/** Random bytes from the platform's generator, which every runtime has under the same name. */
import { ConfigurationError } from '../../errors.ts'

interface PlatformRandom {
  getRandomValues(array: Uint8Array): Uint8Array
}

/** Web Cryptography §10.1.1: at most so many bytes in one call. */
const quota = 65_536

export function random(length: number): Uint8Array {
  const platform = (globalThis as { crypto?: Partial<PlatformRandom> }).crypto
  if (platform?.getRandomValues === undefined) {
    throw new ConfigurationError(
      'ERR_NO_RANDOMNESS',
      'this runtime has no crypto.getRandomValues: install a polyfill that asks the operating system',
    )
  }
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += quota) {
    platform.getRandomValues(bytes.subarray(at, at + quota))
  }
  return bytes
}
