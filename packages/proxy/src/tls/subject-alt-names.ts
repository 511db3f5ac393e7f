/** The names a certificate is valid for. */
export interface SubjectAltNames {
  readonly uri: readonly string[]
  readonly dns: readonly string[]
  readonly email: readonly string[]
  readonly ip: readonly string[]
}

const KINDS: Readonly<Record<string, keyof SubjectAltNames>> = { URI: 'uri', DNS: 'dns', email: 'email', 'IP Address': 'ip' }

/**
 * Reads OpenSSL's text form as Node prints it: `URI:spiffe://a, DNS:b`. Values with characters that could be taken for
 * separators are JSON strings there, so the text has one reading only. A part that is not understood ends the list:
 * what follows it is not trusted.
 */
export function parseSubjectAltNames(text: string): SubjectAltNames {
  const names: Record<keyof SubjectAltNames, string[]> = { uri: [], dns: [], email: [], ip: [] }
  let at = 0
  while (at < text.length) {
    const colon = text.indexOf(':', at)
    if (colon < 0) break
    const kind = KINDS[text.slice(at, colon)]
    const [value, end] = readValue(text, colon + 1)
    if (value === null) break
    if (kind !== undefined) names[kind].push(value)
    if (end < text.length && !text.startsWith(', ', end)) break
    at = end + 2
  }
  return names
}

function readValue(text: string, at: number): readonly [string | null, number] {
  if (text[at] !== '"') {
    const comma = text.indexOf(', ', at)
    const end = comma < 0 ? text.length : comma
    return [text.slice(at, end), end]
  }
  let end = at + 1
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
  try {
    const value: unknown = JSON.parse(text.slice(at, end + 1))
    return [typeof value === 'string' ? value : null, end + 1]
  } catch {
    return [null, end + 1]
  }
}
