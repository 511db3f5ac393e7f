/** How a path pattern is to be compared. */
export type PathPattern = 'text' | 'template' | 'malformed'

const SEGMENT = /^[a-zA-Z0-9\-._~%!$&'()+,;:@=]*$/

/**
 * A path with `{*}` or `{**}` is a template: whole segments only, `{**}` only as the last one, and no other wildcard. Braces
 * have no other use.
 */
export function pathPattern(path: string): PathPattern {
  if (!/[{}]/.test(path)) return 'text'
  if (!path.startsWith('/')) return 'malformed'
  const segments = path.slice(1).split('/')
  const wellFormed = segments.every((segment, i) => {
    if (segment === '{*}') return true
    if (segment === '{**}') return i === segments.length - 1
    return SEGMENT.test(segment)
  })
  return wellFormed ? 'template' : 'malformed'
}
