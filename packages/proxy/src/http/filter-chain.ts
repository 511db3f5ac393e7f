import type { FilterBlueprint, FilterDeps, HttpFilter } from '../filters/filter.ts'

type With<M extends keyof HttpFilter> = HttpFilter & { [K in M]-?: NonNullable<HttpFilter[K]> }

/**
 * The filters of one connection manager by phase: each list holds only those that have the phase's method, so a request
 * pays for nothing it does not use. Response phases run in reverse order.
 */
export class HttpFilterChain {
  readonly requestHead: readonly With<'onRequestHead'>[]
  readonly requestData: readonly With<'onRequestData'>[]
  readonly requestEnd: readonly With<'onRequestEnd'>[]
  readonly responseHead: readonly With<'onResponseHead'>[]
  readonly responseData: readonly With<'onResponseData'>[]
  readonly complete: readonly With<'onComplete'>[]
  /** By slot: the name under which routes keep a filter's settings. */
  readonly names: readonly string[]

  constructor(blueprints: readonly FilterBlueprint[], depsFor: (slot: number) => FilterDeps) {
    const filters = blueprints.map((blueprint, slot) => blueprint.compile(depsFor(slot))).filter(filter => filter !== null)
    const reversed = filters.toReversed()
    this.names = blueprints.map(blueprint => blueprint.name)
    this.requestHead = filters.filter(filter => has(filter, 'onRequestHead'))
    this.requestData = filters.filter(filter => has(filter, 'onRequestData'))
    this.requestEnd = filters.filter(filter => has(filter, 'onRequestEnd'))
    this.responseHead = reversed.filter(filter => has(filter, 'onResponseHead'))
    this.responseData = reversed.filter(filter => has(filter, 'onResponseData'))
    this.complete = filters.filter(filter => has(filter, 'onComplete'))
  }
}

function has<M extends keyof HttpFilter>(filter: HttpFilter, method: M): filter is With<M> {
  return filter[method] !== undefined
}
