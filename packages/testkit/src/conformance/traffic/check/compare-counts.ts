/** How often each key occurs. */
export function tally(keys: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1
  return counts
}

/** Differences of more than `slack`; keys that only one side has count as 0 on the other. */
export function compareCounts(
  place: string,
  expected: Readonly<Record<string, number>>,
  actual: Readonly<Record<string, number>>,
  slack: number,
): readonly string[] {
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)])
  const differs = [...keys].some(key => Math.abs((expected[key] ?? 0) - (actual[key] ?? 0)) > slack)
  return differs ? [`${place}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`] : []
}

/** Numbers outside of their bounds; a single number is exact. */
export function compareBounds(
  place: string,
  expected: Readonly<Record<string, number | readonly [number, number]>>,
  actual: Readonly<Record<string, number>>,
): readonly string[] {
  return Object.entries(expected).flatMap(([key, bounds]) => {
    const [least, most] = typeof bounds === 'number' ? [bounds, bounds] : bounds
    const value = actual[key] ?? 0
    return value >= least && value <= most ? [] : [`${place} ${key}: expected ${least} to ${most}, got ${value}`]
  })
}

/** Counts as percentages of `total`. */
export function percentages(counts: Readonly<Record<string, number>>, total: number): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).map(([key, count]) => [key, (100 * count) / Math.max(total, 1)]))
}
