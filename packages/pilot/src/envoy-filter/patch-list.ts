import type { Result } from '@meshwork/core/result'
import type { PatchOperation } from '@meshwork/config/kinds'

export interface ListPatch<T> {
  readonly operation: PatchOperation
  readonly value: T | null
  /** Whether the patch names an item; without that it means all, or the ends of the list. */
  readonly picks: boolean
  readonly matches: (item: T) => boolean
  readonly merge: (item: T, value: T) => Result<T, string>
  readonly failed: (reason: string) => void
}

/** The list after one patch; the same list where it changes nothing. */
export function patchList<T>(items: readonly T[], patch: ListPatch<T>): readonly T[] {
  const { operation, value, picks, matches } = patch
  if (operation === 'REMOVE') {
    const kept = items.filter(item => !matches(item))
    return kept.length === items.length ? items : kept
  }
  if (value === null) return items
  const index = items.findIndex(matches)
  switch (operation) {
    case 'ADD':
      return [...items, value]
    case 'INSERT_FIRST':
      return [value, ...items]
    case 'INSERT_BEFORE':
      if (!picks) return [value, ...items]
      return index < 0 ? items : items.toSpliced(index, 0, value)
    case 'INSERT_AFTER':
      if (!picks) return [...items, value]
      return index < 0 ? items : items.toSpliced(index + 1, 0, value)
    case 'REPLACE':
      return !picks || index < 0 ? items : items.with(index, value)
    case 'MERGE':
      return index < 0 ? items : items.map(item => (matches(item) ? merged(item, value, patch) : item))
    case 'INVALID':
      return items
  }
}

function merged<T>(item: T, value: T, { merge, failed }: ListPatch<T>): T {
  const result = merge(item, value)
  if (result.kind === 'ok') return result.value
  failed(result.error)
  return item
}
