/** Characters of a path segment that a literal or a wildcard may cover (RFC 3986 pchar). */
const SEGMENT = "[a-zA-Z0-9\\-._~%!$&'()+,;:@=*]"
const LITERAL = /^[a-zA-Z0-9\-._~%!$&'()+,;:@=]*$/

/**
 * A path template of `envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig` as a regular expression over the
 * whole path: `*` is one segment, `**` any number of them and last, `{name}` and `{name=*}` likewise with a name.
 * null: not a template. It has no nested repetition, so that it cannot be slow.
 */
export function uriTemplateRegex(template: string): RegExp | null {
  if (!template.startsWith('/')) return null
  const parts: string[] = []
  let sawRest = false
  for (const segment of segmentsOf(template.slice(1))) {
    const pattern = segmentPattern(segment)
    if (pattern === null || sawRest) return null
    sawRest = pattern === REST
    parts.push(pattern)
  }
  return new RegExp(`^/${parts.join('/')}$`)
}

const REST = '.*'

/** Slashes inside braces belong to a variable's own pattern. */
function segmentsOf(text: string): readonly string[] {
  return text.split(/\/(?![^{]*\})/)
}

function segmentPattern(segment: string): string | null {
  if (segment === '*') return `${SEGMENT}+`
  if (segment === '**') return REST
  const variable = /^\{([a-zA-Z_][\w]{0,15})?(?:=(.+))?\}$/.exec(segment)
  if (variable !== null) return variablePattern(variable[2] ?? '*')
  if (/^\{\*{1,2}\}$/.test(segment)) return segmentPattern(segment.slice(1, -1))
  return LITERAL.test(segment) ? segment.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`) : null
}

function variablePattern(pattern: string): string | null {
  const inner = pattern.split('/').map(segment => (segment.startsWith('{') ? null : segmentPattern(segment)))
  return inner.includes(null) ? null : inner.length === 1 ? (inner[0] ?? null) : inner.join('/')
}
