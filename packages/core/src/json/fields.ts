/** A value that is known to be an object, and nothing more. What came from outside is read with these, field by field. */
export type Fields = Readonly<Record<string, unknown>>

/** An object that is no list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The fields of an object; none of anything else. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {}
}

/** The text, or an empty one. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Numbers and booleans as one writes them, too: what YAML makes of `tag: 1.0` or `port: 15020`. */
export function scalarText(value: unknown): string {
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : textOf(value)
}

/** Labels and annotations: the texts among the values. */
export function textsOf(value: unknown): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {}
  for (const [key, text] of Object.entries(fieldsOf(value))) if (typeof text === 'string') texts[key] = text
  return texts
}

/** What a text of JSON says; undefined if it is none, which JSON cannot say. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
