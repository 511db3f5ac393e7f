import { RE2JS } from 're2js'

/** Longest `filter` that is compiled. */
const MAX_FILTER_LENGTH = 512

/** `filter` of a query: an RE2 expression to be found in a name; null: it is none, or longer than 512 characters. */
export function nameFilter(filter: string): ((name: string) => boolean) | null {
  if (filter === '') return () => true
  if (filter.length > MAX_FILTER_LENGTH) return null
  try {
    const pattern = RE2JS.compile(filter)
    return name => pattern.matcher(name).find()
  } catch {
    return null
  }
}
