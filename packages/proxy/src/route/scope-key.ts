import type { ScopeFragment } from '../model/scoped-routes.ts'
import { pseudoHeader, type RequestView } from './request-view.ts'

/** One text for a list of fragments, and no other list has it. */
export function scopeKey(fragments: readonly string[]): string {
  return fragments.map(fragment => `${fragment.length}:${fragment}`).join('')
}

/** The key of a request; null: it lacks a fragment. */
export function scopeKeyOf(builder: readonly ScopeFragment[], request: RequestView): string | null {
  const fragments: string[] = []
  for (const fragment of builder) {
    const value = pseudoHeader(request, fragment.header) ?? request.requestHeaders.get(fragment.header)
    const found = value === null ? null : fragmentOf(fragment, value)
    if (found === null) return null
    fragments.push(found)
  }
  return scopeKey(fragments)
}

function fragmentOf({ separator, pick }: ScopeFragment, value: string): string | null {
  const elements = separator === '' ? [value] : value.split(separator)
  if (pick.kind === 'index') return elements[pick.index] ?? null
  for (const element of elements) {
    const at = element.indexOf(pick.separator)
    if ((at < 0 ? element : element.slice(0, at)) === pick.key) return at < 0 ? '' : element.slice(at + pick.separator.length)
  }
  return null
}
