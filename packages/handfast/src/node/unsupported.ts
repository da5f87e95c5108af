/** Options that node:tls has and handfast has not, or not yet: they are refused by name, never ignored. */
import { withCode } from './validate.ts'

/** The names, for documentation and tests: all of them are for keys of OpenSSL's engines. */
export const unsupportedOptions: readonly string[] = [
  'privateKeyEngine',
  'privateKeyIdentifier',
  'clientCertEngine',
]

/** @throws Error `ERR_FEATURE_UNAVAILABLE` for the first option that is set and not supported */
export function refuseUnsupported(options: object): void {
  for (const name of unsupportedOptions) {
    if ((options as Record<string, unknown>)[name] == null) continue
    throw withCode(
      new Error(
        `The option "${name}" is not supported by handfast: give a SigningKey ({ schemes, sign }) as key for a key that lives elsewhere`,
      ),
      'ERR_FEATURE_UNAVAILABLE',
    )
  }
}
