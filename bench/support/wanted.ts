/** Which measures and which implementations are wanted. */

/** @param by names between commas; undefined takes all */
export function takenBy(by: string | undefined): (name: string) => boolean {
  const names = by?.split(',')
  return (name) => names?.includes(name) ?? true
}

/** @param only texts between bars: a name has one of them, or is one that ends in `$` */
export function wantedBy(only: string): (name: string) => boolean {
  const texts = only.split('|')
  return (name) =>
    texts.some((text) => (text.endsWith('$') ? `${name}$` === text : name.includes(text)))
}
