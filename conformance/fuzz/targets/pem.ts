/** PEM, as files hold it. */
import { decodePem, encodePem, X509Error } from '../../../packages/x509/src/index.ts'

export function fuzz(input: Uint8Array): void {
  try {
    for (const { label, der } of decodePem(Buffer.from(input).toString('latin1'))) {
      const [again] = decodePem(encodePem(label, der))
      if (again === undefined || Buffer.compare(again.der, der) !== 0)
        throw new Error('What was decoded is not what it is encoded to')
    }
  } catch (error) {
    if (!(error instanceof X509Error)) throw error
  }
}
