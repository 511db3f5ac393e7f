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

const unions = new WeakMap<ReadonlySet<string>, WeakMap<readonly string[], ReadonlySet<string>>>()

/** `set` with the names of a list but `except`. Clients that go from the same set by the same frozen list come to the same set. */
export function withNames(set: ReadonlySet<string>, names: readonly string[], except: string): ReadonlySet<string> {
  const isShared = Object.isFrozen(names)
  const known = isShared ? unions.get(set)?.get(names) : undefined
  if (known !== undefined) return known
  const union = new Set(set)
  for (const name of names) if (name !== except) union.add(name)
  if (isShared) {
    const byList = unions.get(set) ?? new WeakMap<readonly string[], ReadonlySet<string>>()
    byList.set(names, union)
    unions.set(set, byList)
  }
  return union
}
