/** What a ClientHello of TLS 1.3 must have, for a server (RFC 8446 §4.1.2, §4.2.8, §9.2). */
import { findExtension, hasExtension } from '../codec/extension.ts'
import { keyShare } from '../codec/extensions/key_share.ts'
import { supportedGroups } from '../codec/extensions/supported_groups.ts'
import type { ClientHello } from '../codec/messages.ts'
import { ExtensionType, extensionTypes, namedGroups, nameOf } from '../codec/registry.ts'
import type { KeyExchangeGroup } from '../crypto/provider.ts'
import { TlsError } from '../errors.ts'

/** RFC 8446 §4.1.2, §4.2.8, §9.2: what a ClientHello of TLS 1.3 must have. */
export function checkClientHello(hello: ClientHello): void {
  const { extensions } = hello
  if (hello.legacyCompressionMethods.length !== 1 || hello.legacyCompressionMethods[0] !== 0)
    throw new TlsError('ERR_ILLEGAL_PARAMETER', 'The client offers compression', {
      section: 'RFC 8446 §4.1.2',
    })
  const has = (type: number) => hasExtension(extensions, type)
  const required: number[] = [ExtensionType.supported_groups, ExtensionType.key_share]
  if (!has(ExtensionType.pre_shared_key)) required.push(ExtensionType.signature_algorithms)
  else required.push(ExtensionType.psk_key_exchange_modes)
  for (const type of required)
    if (!has(type))
      throw new TlsError(
        'ERR_MISSING_EXTENSION',
        `The ClientHello carries no ${nameOf(extensionTypes, type)}`,
      )
  checkShares(hello)
}

/** RFC 8446 §4.2.8: each share once, of a group that is in supported_groups. */
function checkShares(hello: ClientHello): void {
  const groups = findExtension(hello.extensions, supportedGroups, 'ClientHello') ?? []
  const shares = sharesOf(hello)
  const seen = new Set<number>()
  for (const { group } of shares) {
    if (seen.has(group) || !groups.includes(group))
      throw new TlsError(
        'ERR_ILLEGAL_PARAMETER',
        `The client's share of ${nameOf(namedGroups, group)} ${
          seen.has(group) ? 'stands twice' : 'is of a group that it does not offer'
        }`,
        { section: 'RFC 8446 §4.2.8' },
      )
    seen.add(group)
  }
}

export function clientShare(hello: ClientHello, group: KeyExchangeGroup): Uint8Array | undefined {
  return sharesOf(hello).find((share) => share.group === group.id)?.keyExchange
}

/** Those of `groups` for which the client sent a share. */
export function groupsWithShare(
  hello: ClientHello,
  groups: readonly KeyExchangeGroup[],
): readonly KeyExchangeGroup[] {
  const shares = sharesOf(hello)
  return groups.filter(({ id }) => shares.some(({ group }) => group === id))
}

function sharesOf({ extensions }: ClientHello) {
  return findExtension(extensions, keyShare, 'ClientHello') ?? []
}
