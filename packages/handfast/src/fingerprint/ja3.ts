/** JA3: a client by what its ClientHello offers, in its order. */
import { type MaybePromise, runSteps, type Steps, settle } from '@handfast/x509'
import { fromText, hexOf } from '../codec/bytes.ts'
import type { ClientHello } from '../codec/messages.ts'
import { offersOf } from './offers.ts'

/** What is hashed: `version,suites,extensions,groups,point formats` in decimal, with `-` between the values of each. */
export function ja3Text(hello: ClientHello): string {
  const { cipherSuites, extensions, groups, pointFormats } = offersOf(hello)
  const lists = [cipherSuites, extensions, groups, pointFormats]
  return [hello.legacyVersion, ...lists.map((values) => values.join('-'))].join(',')
}

/** @param md5 which nothing else here uses, and no provider has. @returns 32 hexadecimal digits */
export function ja3(
  hello: ClientHello,
  md5: (data: Uint8Array) => MaybePromise<Uint8Array>,
): MaybePromise<string> {
  return runSteps(digits(md5(fromText(ja3Text(hello)))))
}

function* digits(hash: MaybePromise<Uint8Array>): Steps<string> {
  return hexOf(yield* settle(hash))
}
