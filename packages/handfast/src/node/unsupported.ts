/** Options that node:tls has and handfast has not, or not yet: they are refused by name, never ignored. */
import { withCode } from './validate.ts'

const unsupported: Readonly<Record<string, string>> = {
  privateKeyEngine: 'give a SigningKey ({ schemes, sign }) as key for a key that lives elsewhere',
  privateKeyIdentifier:
    'give a SigningKey ({ schemes, sign }) as key for a key that lives elsewhere',
  clientCertEngine: 'give a SigningKey ({ schemes, sign }) as key for a key that lives elsewhere',
}

/** @throws Error `ERR_FEATURE_UNAVAILABLE` for the first option that is set and not supported */
export function refuseUnsupported(options: object): void {
  for (const [name, advice] of Object.entries(unsupported)) {
    if ((options as Record<string, unknown>)[name] == null) continue
    throw withCode(
      new Error(`The option "${name}" is not supported by handfast: ${advice}`),
      'ERR_FEATURE_UNAVAILABLE',
    )
  }
}

/** The names, for documentation and tests. */
export const unsupportedOptions: readonly string[] = Object.keys(unsupported)
