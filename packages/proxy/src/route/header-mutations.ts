import { headerNames, type HeaderName } from '../http/header-name.ts'
import type { HeaderTable } from '../http/header-table.ts'
import type { HeaderAddition, HeaderMutations } from '../model/route.ts'
import { compileFormatter, type Formatter } from '../telemetry/formatter.ts'
import type { StreamInfo } from '../telemetry/stream-info.ts'

interface CompiledAddition {
  readonly name: HeaderName
  readonly value: Formatter
  readonly action: HeaderAddition['action']
  readonly keepEmpty: boolean
}

/** Removals, then additions, of one direction. null when there is nothing to do, so that most requests skip it. */
export class HeaderEdits {
  private readonly removals: readonly string[]
  private readonly additions: readonly CompiledAddition[]

  constructor(removals: readonly string[], additions: readonly CompiledAddition[]) {
    this.removals = removals
    this.additions = additions
  }

  /** Applies to `headers`; pseudo-headers are not among them. */
  apply(headers: HeaderTable, info: StreamInfo): void {
    for (const name of this.removals) headers.remove(name)
    for (const addition of this.additions) applyAddition(headers, addition, info)
  }
}

/** Edits in the order given: most specific first, as Envoy applies them (route, virtual host, route table). */
export function compileEdits(direction: 'request' | 'response', levels: readonly HeaderMutations[]): HeaderEdits | null {
  const removals = levels.flatMap(level => (direction === 'request' ? level.requestRemove : level.responseRemove))
  const additions = levels.flatMap(level => (direction === 'request' ? level.requestAdd : level.responseAdd))
  if (removals.length === 0 && additions.length === 0) return null
  return new HeaderEdits(
    removals.map(name => name.toLowerCase()),
    additions
      .filter(({ name }) => FIELD_NAME.test(name))
      .map(addition => ({
        name: headerNames.of(addition.name),
        value: compileFormatter(addition.value),
        action: addition.action,
        keepEmpty: addition.keepEmptyValue,
      })),
  )
}

/** Pseudo-headers and what is no name at all cannot be added. */
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

function applyAddition(headers: HeaderTable, addition: CompiledAddition, info: StreamInfo): void {
  const value = addition.value.format(info, '')
  if (value === '' && !addition.keepEmpty) return
  const present = headers.has(addition.name.key)
  switch (addition.action) {
    case 'append-if-exists-or-add':
      headers.append(addition.name.wire, value)
      return
    case 'add-if-absent':
      if (!present) headers.append(addition.name.wire, value)
      return
    case 'overwrite-if-exists-or-add':
      headers.set(addition.name.wire, value)
      return
    case 'overwrite-if-exists':
      if (present) headers.set(addition.name.wire, value)
  }
}
