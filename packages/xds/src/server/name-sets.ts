/** Sets made of lists that many requests share, by the list. */
const sets = new WeakMap<readonly string[], ReadonlySet<string>>()

/** The names of a list. A frozen list (requests with equal names have the same one) always gives the same set. */
export function nameSet(names: readonly string[]): ReadonlySet<string> {
  if (!Object.isFrozen(names)) return new Set(names)
  let set = sets.get(names)
  if (set === undefined) {
    set = new Set(names)
    sets.set(names, set)
  }
  return set
}
