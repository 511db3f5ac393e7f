/** What a request has that a label may be made of, by CEL's names for it (Envoy's attributes). */
const ATTRIBUTES = [
  'request.method',
  'request.host',
  'request.path',
  'request.url_path',
  'request.scheme',
  'request.protocol',
  'request.id',
  'request.useragent',
  'response.code',
  'xds.cluster_name',
  'xds.route_name',
] as const

export type TagAttribute = (typeof ATTRIBUTES)[number]

/** Where the value of a label comes from. */
export type TagExpression =
  | { readonly kind: 'literal'; readonly value: string }
  | { readonly kind: 'attribute'; readonly name: TagAttribute }
  /** `name` in lower case. */
  | { readonly kind: 'header'; readonly of: 'request' | 'response'; readonly name: string }

const LONGEST = 1024
const LITERAL = /^(?:'([^'\\]*)'|"([^"\\]*)")$/
const HEADER = /^(request|response)\.headers\[(?:'([\w:-]+)'|"([\w:-]+)")\]$/

/**
 * Reads the part of CEL that labels of metrics are made of: texts in quotes, attributes of the request, and headers as
 * `request.headers['name']`. undefined for all else that CEL can say.
 */
export function parseTagExpression(text: string): TagExpression | undefined {
  if (text.length > LONGEST) return undefined
  const trimmed = text.trim()
  const literal = LITERAL.exec(trimmed)
  if (literal !== null) return { kind: 'literal', value: literal[1] ?? literal[2] ?? '' }
  const header = HEADER.exec(trimmed)
  if (header !== null) {
    return { kind: 'header', of: header[1] === 'response' ? 'response' : 'request', name: (header[2] ?? header[3] ?? '').toLowerCase() }
  }
  const name = ATTRIBUTES.find(attribute => attribute === trimmed)
  return name === undefined ? undefined : { kind: 'attribute', name }
}
