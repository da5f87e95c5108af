/** Numbers, times and bytes in words. */

/** `1 byte`, `1234 bytes`. */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${value} ${value === 1 ? one : many}`
}

export function bytes(length: number): string {
  return count(length, 'byte')
}

/** Milliseconds as `0.4 ms`, `12 ms`, `1.3 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`
}

/** Seconds as `10 minutes`, `2 hours`, `1 day`: the largest unit that says it without a fraction, or nearly. */
export function span(seconds: number): string {
  const units = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ] as const
  for (const [unit, size] of units)
    if (seconds >= size) return count(Math.round(seconds / size), unit)
  return count(Math.round(seconds), 'second')
}

/** `2026-11-21` */
export function day(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10)
}

/** `today`, `in 61 days`, `3 days ago`. */
export function fromNow(milliseconds: number, now: number): string {
  const seconds = Math.abs(milliseconds - now) / 1000
  return milliseconds >= now ? `in ${span(seconds)}` : `${span(seconds)} ago`
}

/** `a`, `a and b`, `a, b and c`; of a long list the first, and how many more. */
export function listed(items: readonly string[], most = 6): string {
  const shown = items.length > most ? items.slice(0, most - 1) : items
  const rest = items.length - shown.length
  const parts = rest > 0 ? [...shown, `${rest} more`] : shown
  if (parts.length < 2) return parts.join('')
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}
