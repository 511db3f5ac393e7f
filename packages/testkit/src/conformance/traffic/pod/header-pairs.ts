/** Flat `rawHeaders` of Node as pairs with lower-case names, without pseudo-headers. */
export function headerPairs(raw: readonly string[]): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = []
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase()
    if (!name.startsWith(':')) pairs.push([name, raw[at + 1] ?? ''])
  }
  return pairs
}

/** First value of a header, or an empty text. */
export function headerValue(pairs: readonly (readonly [string, string])[], name: string): string {
  return pairs.find(([key]) => key === name)?.[1] ?? ''
}
