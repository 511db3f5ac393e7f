import { distance } from 'fastest-levenshtein'

/** The candidate that a typing mistake most probably stood for: two letters may differ, in long names a quarter of them, never half. */
export function suggest(written: string, candidates: Iterable<string>): string | undefined {
  if (written.length > 64) return undefined
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const d = distance(written.toLowerCase(), candidate.toLowerCase())
    if (d < bestDistance && d <= Math.max(2, candidate.length / 4) && d < candidate.length / 2) {
      best = candidate
      bestDistance = d
    }
  }
  return best
}
