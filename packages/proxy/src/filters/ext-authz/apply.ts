import type { HeaderTable } from '../../http/header-table.ts'
import type { FilterStream } from '../filter.ts'
import type { HeaderChange, Verdict } from './verdict.ts'

const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
/** What decides where a message ends is not a service's to change. */
const UNTOUCHABLE: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection', 'host'])

/** What the service wants of an allowed request. */
export function applyVerdict(stream: FilterStream, verdict: Extract<Verdict, { kind: 'allowed' }>): void {
  for (const name of verdict.requestRemovals) if (!UNTOUCHABLE.has(name)) stream.requestHeaders.remove(name)
  for (const change of verdict.requestChanges) if (!applyPseudo(stream, change)) applyChanges(stream.requestHeaders, [change])
  if (verdict.query !== null && verdict.query.set.length + verdict.query.remove.length > 0)
    stream.path = withQuery(stream.path, verdict.query)
}

export function applyChanges(headers: HeaderTable, changes: readonly HeaderChange[]): void {
  for (const { name, value, action } of changes) {
    if (!FIELD_NAME.test(name) || UNTOUCHABLE.has(name)) continue
    const present = headers.has(name)
    if (action === 'append') headers.append(name, value)
    else if (action === 'set' || (action === 'set-if-present' && present) || (action === 'add-if-absent' && !present))
      headers.set(name, value)
  }
}

function applyPseudo(stream: FilterStream, { name, value }: HeaderChange): boolean {
  if (name === ':path' && value.startsWith('/')) stream.path = value
  if (name === ':authority' || name === 'host') {
    stream.authority = value
    stream.requestHeaders.set('host', value)
  }
  return name.startsWith(':') || name === 'host'
}

function withQuery(
  path: string,
  query: { readonly set: readonly (readonly [string, string])[]; readonly remove: readonly string[] },
): string {
  const question = path.indexOf('?')
  const parameters = new URLSearchParams(question < 0 ? '' : path.slice(question + 1))
  for (const name of query.remove) parameters.delete(name)
  for (const [name, value] of query.set) parameters.set(name, value)
  const text = parameters.toString()
  return (question < 0 ? path : path.slice(0, question)) + (text === '' ? '' : `?${text}`)
}
