import { distance } from 'fastest-levenshtein'

/** More than a third of the letters wrong is another word, not a typo. */
const LARGEST_SHARE = 1 / 3

/** The word of `known` that `typed` was probably meant to be, or `undefined` if none is close. A prefix of one word counts as close. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const word = typed.toLowerCase()
  let best: { readonly name: string; readonly distance: number } | undefined
  for (const name of known) {
    const d = name.startsWith(word) && word.length >= 2 ? 1 : distance(word, name.toLowerCase())
    if (d <= Math.max(2, Math.floor(name.length * LARGEST_SHARE)) && d < name.length && (best === undefined || d < best.distance)) {
      best = { name, distance: d }
    }
  }
  return best?.name
}
