import { headerNames, type HeaderName } from '../http/header-name.ts'
import type { HeaderTable } from '../http/header-table.ts'
import { HeaderTrait } from '../http/header-traits.ts'
import type { HeaderAddition, HeaderMutations } from '../model/route.ts'
import { compileFormatter, type Formatter } from '../telemetry/formatter.ts'
import type { StreamInfo } from '../telemetry/stream-info.ts'

interface CompiledAddition {
  readonly name: HeaderName
  readonly value: Formatter
  readonly action: HeaderAddition['action']
  readonly keepEmpty: boolean
}

/** What one level (route, virtual host, …) changes: removals, then additions. */
class LevelEdits {
  private readonly removals: readonly string[]
  private readonly additions: readonly CompiledAddition[]

  constructor(removals: readonly string[], additions: readonly CompiledAddition[]) {
    this.removals = removals
    this.additions = additions
  }

  apply(headers: HeaderTable, info: StreamInfo): void {
    for (const name of this.removals) headers.remove(name)
    if (this.additions.length === 1) {
      for (const addition of this.additions) addTo(headers, addition, addition.value.format(info, ''))
      return
    }
    // All values are made from the headers as they were before the first addition.
    const values = this.additions.map(addition => addition.value.format(info, ''))
    for (const [i, addition] of this.additions.entries()) addTo(headers, addition, values[i] ?? '')
  }
}

/** The changes of all levels in one direction, in the order in which they are applied. */
export class HeaderEdits {
  private readonly levels: readonly LevelEdits[]

  constructor(levels: readonly LevelEdits[]) {
    this.levels = levels
  }

  /** Applies to `headers`; pseudo-headers are not among them. */
  apply(headers: HeaderTable, info: StreamInfo): void {
    for (let i = 0; i < this.levels.length; i++) this.levels[i]?.apply(headers, info)
  }
}

/** null when there is nothing to do, so that most requests skip it. */
export function compileEdits(direction: 'request' | 'response', levels: readonly HeaderMutations[]): HeaderEdits | null {
  const compiled = levels.flatMap(level => {
    const removals = direction === 'request' ? level.requestRemove : level.responseRemove
    const additions = direction === 'request' ? level.requestAdd : level.responseAdd
    return removals.length === 0 && additions.length === 0 ? [] : [compileLevel(removals, additions)]
  })
  return compiled.length === 0 ? null : new HeaderEdits(compiled)
}

function compileLevel(removals: readonly string[], additions: readonly HeaderAddition[]): LevelEdits {
  return new LevelEdits(
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

function addTo(headers: HeaderTable, addition: CompiledAddition, value: string): void {
  if (value === '' && !addition.keepEmpty) return
  const present = headers.has(addition.name.key)
  switch (addition.action) {
    case 'append-if-exists-or-add':
      if (present && (addition.name.traits & HeaderTrait.joined) !== 0)
        headers.setName(addition.name, joined(headers, addition.name, value))
      else headers.append(addition.name.wire, value)
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

function joined(headers: HeaderTable, name: HeaderName, value: string): string {
  return `${headers.getJoined(name.key) ?? ''},${value}`
}
