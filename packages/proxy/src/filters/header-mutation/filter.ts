import type { HeaderTable } from '../../http/header-table.ts'
import type { HeaderEdits } from '../../route/header-mutations.ts'
import type { StreamInfo } from '../../telemetry/stream-info.ts'
import { CONTINUE, type FilterBlueprint, type FilterStatus, type FilterStream, type HttpFilter } from '../filter.ts'

/** Edits of one level: the filter's own, or a route's. */
export class MutationSettings {
  readonly request: readonly HeaderEdits[]
  readonly response: readonly HeaderEdits[]

  constructor(request: readonly HeaderEdits[], response: readonly HeaderEdits[]) {
    this.request = request
    this.response = response
  }
}

/** `mostSpecificWins`: a route's edits come after its virtual host's; else before them (most_specific_header_mutations_wins). */
export function headerMutationBlueprint(own: MutationSettings, mostSpecificWins: boolean): FilterBlueprint {
  return {
    name: 'envoy.filters.http.header_mutation',
    compile: ({ slot }) => new HeaderMutationFilter(own, mostSpecificWins, slot),
  }
}

class HeaderMutationFilter implements HttpFilter {
  private readonly own: MutationSettings
  private readonly mostSpecificWins: boolean
  private readonly slot: number

  constructor(own: MutationSettings, mostSpecificWins: boolean, slot: number) {
    this.own = own
    this.mostSpecificWins = mostSpecificWins
    this.slot = slot
  }

  onRequestHead(stream: FilterStream): FilterStatus {
    apply(this.own.request, stream.requestHeaders, stream)
    for (const level of this.levels(stream)) apply(level.request, stream.requestHeaders, stream)
    return CONTINUE
  }

  onResponseHead(stream: FilterStream): FilterStatus {
    const headers = stream.responseHeaders
    if (headers === null) return CONTINUE
    apply(this.own.response, headers, stream)
    for (const level of this.levels(stream)) apply(level.response, headers, stream)
    return CONTINUE
  }

  private levels(stream: FilterStream): readonly MutationSettings[] {
    const levels = stream.allSettings(this.slot)
    if (levels.length === 0) return NONE
    const settings = levels.filter(level => level instanceof MutationSettings)
    return this.mostSpecificWins ? settings : settings.toReversed()
  }
}

const NONE: readonly MutationSettings[] = []

function apply(edits: readonly HeaderEdits[], headers: HeaderTable, info: StreamInfo): void {
  for (const edit of edits) edit.apply(headers, info)
}
