/** IP address literals: RFC 4291 §2.2 and dotted quads in, RFC 5952 out. */

/**
 * The bytes of an IP address literal: 4 for IPv4, 16 for IPv6. Undefined for anything else.
 * IPv4 has exactly four decimal parts without leading zeros; an IPv6 literal may stand in brackets. A zone is refused.
 */
export function parseIpAddress(text: string): Uint8Array | undefined {
  if (text.startsWith('[') && text.endsWith(']')) return parseIpv6(text.slice(1, -1))
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const bytes = new Uint8Array(4)
  for (let i = 0; i < 4; i++) {
    const part = parts[i]!
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined
    bytes[i] = Number(part)
  }
  return bytes
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0]!, halves.length === 1)
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : []
  if (head === undefined || tail === undefined) return undefined
  const count = head.length + tail.length
  // `::` stands for at least one group of zeros.
  if (halves.length === 2 ? count > 7 : count !== 8) return undefined
  const groups = [...head, ...new Array<number>(8 - count).fill(0), ...tail]
  const bytes = new Uint8Array(16)
  groups.forEach((group, i) => {
    bytes[2 * i] = group >> 8
    bytes[2 * i + 1] = group & 0xff
  })
  return bytes
}

/** Groups of four hexadecimal digits; the last two may be written as an IPv4 address. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const groups: number[] = []
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!
    if (mayEndInIpv4 && i === parts.length - 1 && part.includes('.')) {
      const ipv4 = parseIpv4(part)
      if (ipv4 === undefined) return undefined
      groups.push((ipv4[0]! << 8) | ipv4[1]!, (ipv4[2]! << 8) | ipv4[3]!)
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16))
    } else {
      return undefined
    }
  }
  return groups
}

/** The address as text; of 8 or 32 bytes, address and mask joined by a slash. */
export function formatIpAddress(bytes: Uint8Array): string {
  switch (bytes.length) {
    case 4:
      return bytes.join('.')
    case 16:
      return formatIpv6(bytes)
    case 8:
    case 32: {
      const half = bytes.length / 2
      return `${formatIpAddress(bytes.subarray(0, half))}/${formatMask(bytes.subarray(half))}`
    }
    default:
      return `(${bytes.length} bytes)`
  }
}

/** RFC 5952 §4: lower case, no leading zeros, `::` for the first longest run of two or more zero groups. */
function formatIpv6(bytes: Uint8Array): string {
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push((bytes[i]! << 8) | bytes[i + 1]!)
  let runStart = -1
  let runLength = 1
  for (let i = 0; i < 8; i++) {
    let length = 0
    while (i + length < 8 && groups[i + length] === 0) length++
    if (length > runLength) {
      runStart = i
      runLength = length
    }
  }
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':')
  if (runStart === -1) return hex(groups)
  return `${hex(groups.slice(0, runStart))}::${hex(groups.slice(runStart + runLength))}`
}

/** A mask as its prefix length, or as an address where it is not contiguous. */
function formatMask(mask: Uint8Array): string {
  const length = prefixLength(mask)
  return length === undefined ? formatIpAddress(mask) : String(length)
}

/** Number of leading one bits, when all others are zero. */
export function prefixLength(mask: Uint8Array): number | undefined {
  let length = 0
  let ended = false
  for (const byte of mask) {
    for (let bit = 7; bit >= 0; bit--) {
      const one = ((byte >> bit) & 1) === 1
      if (one && ended) return undefined
      if (one) length++
      else ended = true
    }
  }
  return length
}
