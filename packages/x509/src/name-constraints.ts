/** Name constraints (RFC 5280 §4.2.1.10): what an authority may speak for. */
import type { WorkBudget } from './budget.ts'
import { briefGeneralName } from './general-name.ts'
import { parseDnsName } from './host-name.ts'
import { parseIpAddress, prefixLength } from './ip-address.ts'
import { emailAddressOid, isWithin } from './name.ts'
import type { Certificate, GeneralName, NameConstraints } from './types.ts'

/** Every name a certificate claims that constraints apply to: alternative names, subject, e-mail in the subject. */
export function constrainedNames(certificate: Certificate): readonly GeneralName[] {
  const alternatives = certificate.subjectAltName ?? []
  const names: GeneralName[] = [...alternatives]
  if (certificate.subject.isEmpty) return names
  names.push({ type: 'directory', value: certificate.subject })
  // RFC 5280 §4.2.1.10: an e-mail address in the subject counts when no alternative name gives one.
  if (!alternatives.some((name) => name.type === 'email')) {
    for (const attribute of certificate.subject.rdns.flat()) {
      if (attribute.oid === emailAddressOid) names.push({ type: 'email', value: attribute.value })
    }
  }
  return names
}

/**
 * Checks names against one certificate's constraints. Each name must lie in one of the permitted subtrees of its form,
 * if there are any, and in none of the excluded ones.
 *
 * @returns why the names violate the constraints, or undefined when they do not
 * @throws BudgetExhausted when there are more comparisons than the budget allows
 */
export function violation(
  names: readonly GeneralName[],
  constraints: NameConstraints,
  budget: WorkBudget,
): string | undefined {
  const permitted = byForm(constraints.permittedSubtrees)
  const excluded = byForm(constraints.excludedSubtrees)
  for (const name of names) {
    const allow = permitted.get(name.type)
    const deny = excluded.get(name.type)
    if (allow === undefined && deny === undefined) continue
    const problem = syntaxProblem(name)
    if (problem !== undefined)
      return `${briefGeneralName(name)} is under constraints but ${problem}`
    for (const base of deny ?? []) {
      budget.spend('nameComparisons')
      const relation = compare(name, base)
      if (relation === 'within' || relation === 'overlaps' || relation === 'unknown') {
        return relation === 'unknown'
          ? `${briefGeneralName(name)} is of a form whose constraints are not supported`
          : `${briefGeneralName(name)} lies in the excluded ${briefGeneralName(base)}`
      }
    }
    if (allow === undefined) continue
    const inside = allow.some((base) => {
      budget.spend('nameComparisons')
      return compare(name, base) === 'within'
    })
    if (!inside) {
      const some = allow.slice(0, 3).map(briefGeneralName).join(', ')
      const more = allow.length > 3 ? ` and ${allow.length - 3} more` : ''
      return `${briefGeneralName(name)} lies outside what is permitted: ${some}${more}`
    }
  }
  return undefined
}

/** Why a subtree's base cannot be read, if it cannot: nothing could be said to lie in or outside of it. */
export function constraintProblem(base: GeneralName): string | undefined {
  switch (base.type) {
    case 'dns': {
      const domain = base.value.startsWith('.') ? base.value.slice(1) : base.value
      return base.value === '' || parseDnsName(domain) !== undefined
        ? undefined
        : 'is not a domain name'
    }
    case 'ip':
      return prefixLength(base.value.subarray(base.value.length / 2)) === undefined
        ? 'has a mask that is not a prefix'
        : undefined
    case 'email': {
      if (base.value.includes('@')) {
        return splitMailbox(base.value) === undefined ? 'is not a mailbox' : undefined
      }
      const domain = base.value.startsWith('.') ? base.value.slice(1) : base.value
      return parseDnsName(domain) === undefined ? 'is neither a mailbox nor a domain' : undefined
    }
    case 'uri': {
      const domain = base.value.startsWith('.') ? base.value.slice(1) : base.value
      return parseDnsName(domain) === undefined ? 'is not a domain name' : undefined
    }
    default:
      return undefined
  }
}

function byForm(
  subtrees: readonly GeneralName[],
): ReadonlyMap<GeneralName['type'], readonly GeneralName[]> {
  const forms = new Map<GeneralName['type'], GeneralName[]>()
  for (const base of subtrees) {
    const others = forms.get(base.type)
    if (others === undefined) forms.set(base.type, [base])
    else others.push(base)
  }
  return forms
}

function syntaxProblem(name: GeneralName): string | undefined {
  switch (name.type) {
    case 'dns':
      return parseDnsName(name.value.startsWith('*.') ? name.value.slice(2) : name.value) ===
        undefined
        ? 'is not a host name'
        : undefined
    case 'email':
      return splitMailbox(name.value) === undefined ? 'is not a mailbox' : undefined
    case 'uri':
      // RFC 5280 §4.2.1.10: a URI without a host name, or with an IP address, is rejected under constraints.
      return uriHost(name.value) === undefined ? 'has no host name' : undefined
    default:
      return undefined
  }
}

/** `overlaps`: a wildcard that stands for names inside of the subtree and for names outside of it. */
type Relation = 'within' | 'overlaps' | 'apart' | 'unknown'

function compare(name: GeneralName, base: GeneralName): Relation {
  if (name.type === 'dns' && base.type === 'dns') return compareDns(name.value, base.value)
  if (name.type === 'ip' && base.type === 'ip')
    return toRelation(isInSubnet(name.value, base.value))
  if (name.type === 'email' && base.type === 'email') {
    return toRelation(isMailboxWithin(name.value, base.value))
  }
  if (name.type === 'uri' && base.type === 'uri') {
    const host = uriHost(name.value)
    return toRelation(host !== undefined && isHostWithin(host, base.value))
  }
  if (name.type === 'directory' && base.type === 'directory') {
    return toRelation(isWithin(name.value, base.value))
  }
  // RFC 5280 §4.2.1.10: a constraint of a form that is not processed, on a name of that form, is a refusal.
  return 'unknown'
}

function toRelation(within: boolean): Relation {
  return within ? 'within' : 'apart'
}

/**
 * A DNS constraint covers the domain and all below it; with a leading dot, which others write too, only those below.
 * `*.example.com` stands for every name one label below `example.com`, so it also touches a subtree at such a name.
 */
function compareDns(name: string, base: string): Relation {
  const domain = base.toLowerCase()
  if (domain === '') return 'within'
  const lower = name.toLowerCase()
  if (!lower.startsWith('*.')) return toRelation(isDomainWithin(lower, domain))
  const parent = lower.slice(2)
  const bare = domain.startsWith('.') ? domain.slice(1) : domain
  if (parent === bare || parent.endsWith(`.${bare}`)) return 'within'
  return bare.endsWith(`.${parent}`) && !bare.slice(0, -parent.length - 1).includes('.')
    ? 'overlaps'
    : 'apart'
}

function isDomainWithin(name: string, domain: string): boolean {
  if (domain.startsWith('.')) return name.endsWith(domain) && name.length > domain.length
  return name === domain || name.endsWith(`.${domain}`)
}

/** In URI and e-mail constraints a domain is that host alone, and `.domain` the hosts below it. */
function isHostWithin(host: string, base: string): boolean {
  const lower = base.toLowerCase()
  return lower.startsWith('.') ? host.endsWith(lower) && host.length > lower.length : host === lower
}

function isMailboxWithin(mailbox: string, base: string): boolean {
  const name = splitMailbox(mailbox)
  if (name === undefined) return false
  const particular = splitMailbox(base)
  // RFC 5280 §7.5: the local part is compared exactly, the host without regard to case.
  if (particular !== undefined)
    return name.local === particular.local && name.host === particular.host
  return isHostWithin(name.host, base)
}

/** Local part (RFC 5321's Dot-string; quoted forms are not supported) and lower-case host of a mailbox. */
function splitMailbox(mailbox: string): { local: string; host: string } | undefined {
  const at = mailbox.lastIndexOf('@')
  const local = mailbox.slice(0, at)
  const host = mailbox.slice(at + 1).toLowerCase()
  if (at < 1 || parseDnsName(host) === undefined) return undefined
  return dotString.test(local) ? { local, host } : undefined
}

const dotString = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/

/** The host name of a URI with an authority (RFC 3986 §3.2.2), in lower case; undefined for an IP address. */
function uriHost(uri: string): string | undefined {
  const match =
    /^[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#@:[\]]+)(?::[0-9]*)?(?:[/?#]|$)/.exec(uri)
  const host = match?.[1]?.toLowerCase()
  if (host === undefined || parseIpAddress(host) !== undefined) return undefined
  return parseDnsName(host) === undefined ? undefined : host
}

/** RFC 5280 §4.2.1.10: address and mask, of the same family. */
function isInSubnet(address: Uint8Array, subnet: Uint8Array): boolean {
  const length = subnet.length / 2
  if (address.length !== length) return false
  for (let i = 0; i < length; i++) {
    const mask = subnet[length + i]!
    if ((address[i]! & mask) !== (subnet[i]! & mask)) return false
  }
  return true
}
