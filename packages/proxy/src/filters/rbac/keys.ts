import type { Condition } from './rules.ts'

/** More keys than this, and a policy is tried like any other. */
const MAX_KEYS = 1000

/** Paths outside of which none of `permissions` can hold, or null. */
export function exactPaths(permissions: readonly Condition[]): ReadonlySet<string> | null {
  return keysOfAny(permissions, condition =>
    condition.kind === 'url-path' && condition.match.kind === 'exact' && !condition.match.ignoreCase ? condition.match.value : null,
  )
}

/** Principals outside of which none of `principals` can hold, or null. */
export function exactPrincipals(principals: readonly Condition[]): ReadonlySet<string> | null {
  return keysOfAny(principals, condition =>
    condition.kind === 'authenticated' && condition.name?.kind === 'exact' && !condition.name.ignoreCase ? condition.name.value : null,
  )
}

type KeyOf = (condition: Condition) => string | null

function keysOfAny(conditions: readonly Condition[], keyOf: KeyOf): ReadonlySet<string> | null {
  const keys = new Set<string>()
  for (const condition of conditions) {
    const own = keysOf(condition, keyOf)
    if (own === null) return null
    for (const key of own) keys.add(key)
  }
  return keys.size > MAX_KEYS ? null : keys
}

function keysOf(condition: Condition, keyOf: KeyOf): ReadonlySet<string> | null {
  if (condition.kind === 'or') return keysOfAny(condition.of, keyOf)
  if (condition.kind === 'and') {
    for (const part of condition.of) {
      const keys = keysOf(part, keyOf)
      if (keys !== null) return keys
    }
    return null
  }
  const key = keyOf(condition)
  return key === null ? null : new Set([key])
}
