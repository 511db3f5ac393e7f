import type { HeaderTable } from '../http/header-table.ts'

/** Value of a cookie of a request (RFC 6265 section 4.2.1), without quotes; null when there is none. */
export function cookieValue(headers: HeaderTable, name: string): string | null {
  for (let i = headers.find('cookie'); i >= 0; i = headers.find('cookie', i + 1)) {
    for (const pair of (headers.values[i] ?? '').split(';')) {
      const equals = pair.indexOf('=')
      if (equals < 0 || pair.slice(0, equals).trim() !== name) continue
      const value = pair.slice(equals + 1).trim()
      return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
    }
  }
  return null
}
