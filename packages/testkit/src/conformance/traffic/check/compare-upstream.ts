import type { Note } from '../pod/messages.ts'
import { compareHeaders } from './compare-headers.ts'
import type { ExpectedUpstream } from './must.ts'

const FIELDS = ['method', 'path', 'host', 'port', 'body', 'sni', 'protocol'] as const

/** Differences between a request as an endpoint must have received it and what it noted last. */
export function compareUpstream(endpoint: string, expected: ExpectedUpstream, notes: readonly Note[]): readonly string[] {
  const note = notes.findLast(candidate => candidate.endpoint === endpoint)
  if (note === undefined) return [`${endpoint} received nothing`]
  const place = `at ${endpoint}`
  const fields = FIELDS.flatMap(field => {
    const value = expected[field]
    return value === undefined || value === note[field]
      ? []
      : [`${place} ${field}: expected ${JSON.stringify(value)}, got ${JSON.stringify(note[field])}`]
  })
  return [...fields, ...compareHeaders(place, expected.headers ?? {}, note.headers)]
}
