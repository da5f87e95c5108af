/** Who a client is by its ClientHello, for `onClientHello`. */
import { createHash } from 'node:crypto'
import type { ClientHelloInfo } from '../config.ts'
import { ja3Text } from '../fingerprint/ja3.ts'
import { ja4 as ja4With } from '../fingerprint/ja4.ts'

/**
 * JA3: 32 hexadecimal digits. It depends on the order of extensions, which browsers change at random.
 * @throws TlsError `ERR_DECODE` for an extension that is malformed
 */
export function ja3({ message }: Pick<ClientHelloInfo, 'message'>): string {
  return createHash('md5').update(ja3Text(message)).digest('hex')
}

/**
 * JA4 of a TLS client, such as `t13d1516h2_8daaf6152771_e5627efa2ab1`.
 * @throws TlsError `ERR_DECODE` for an extension that is malformed
 */
export function ja4({ message }: Pick<ClientHelloInfo, 'message'>): string {
  return ja4With(message, (data) => createHash('sha256').update(data).digest()) as string
}
