import { Permission, Principal } from '@meshwork/protos/envoy/config/rbac/v3/rbac'

/** How conditions of one kind are put together. */
export interface Algebra<T> {
  readonly any: () => T
  /** At least one part. */
  readonly all: (parts: readonly T[]) => T
  /** At least one part. */
  readonly some: (parts: readonly T[]) => T
  readonly not: (part: T) => T
}

export const PERMISSIONS: Algebra<Permission> = {
  any: () => Permission.fromPartial({ rule: { $case: 'any', value: true } }),
  all: parts => only(parts) ?? Permission.fromPartial({ rule: { $case: 'andRules', value: { rules: [...parts] } } }),
  some: parts => only(parts) ?? Permission.fromPartial({ rule: { $case: 'orRules', value: { rules: [...parts] } } }),
  not: part => Permission.fromPartial({ rule: { $case: 'notRule', value: part } }),
}

export const PRINCIPALS: Algebra<Principal> = {
  any: () => Principal.fromPartial({ identifier: { $case: 'any', value: true } }),
  all: parts => only(parts) ?? Principal.fromPartial({ identifier: { $case: 'andIds', value: { ids: [...parts] } } }),
  some: parts => only(parts) ?? Principal.fromPartial({ identifier: { $case: 'orIds', value: { ids: [...parts] } } }),
  not: part => Principal.fromPartial({ identifier: { $case: 'notId', value: part } }),
}

function only<T>(parts: readonly T[]): T | undefined {
  return parts.length === 1 ? parts[0] : undefined
}

/** One field of a policy with its `not` form. `make` gives undefined for what this place (a port without HTTP) cannot know. */
export interface PolicyField<T> {
  readonly values: readonly string[]
  readonly notValues: readonly string[]
  readonly make: (value: string) => T | undefined
}

/** What becomes of fields that cannot be known: an ALLOW must not match by them, all others must not miss by them. */
export type Doubt = 'never-matches' | 'ignored'

/**
 * All fields that have values must hold. undefined: it never holds. A field of which one value is unknown counts as unknown as a
 * whole, because leaving out a value of a list would make a DENY narrower.
 */
export function allFields<T>(fields: readonly PolicyField<T>[], algebra: Algebra<T>, doubt: Doubt): T | undefined {
  const parts: T[] = []
  for (const { values, notValues, make } of fields) {
    for (const [list, negated] of [
      [values, false],
      [notValues, true],
    ] as const) {
      if (list.length === 0) continue
      const made = list.map(make)
      const known = made.filter(part => part !== undefined)
      if (known.length < made.length) {
        if (doubt === 'never-matches') return undefined
        continue
      }
      const some = algebra.some(known)
      parts.push(negated ? algebra.not(some) : some)
    }
  }
  return parts.length === 0 ? algebra.any() : algebra.all(parts)
}
