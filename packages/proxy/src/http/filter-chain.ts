import type { FilterBlueprint, FilterDeps, HttpFilter } from '../filters/filter.ts'
import { FILTER_DISABLED } from '../filters/filter.ts'
import type { CompiledTarget } from '../route/route-target.ts'

type With<M extends keyof HttpFilter> = HttpFilter & { [K in M]-?: NonNullable<HttpFilter[K]> }

/** A filter in the list of one phase. */
export interface ChainEntry<M extends keyof HttpFilter> {
  readonly filter: With<M>
  /** Its place in the configured chain: key of its settings and state. */
  readonly slot: number
  /** Its place on the way of this direction: counts up as events pass. */
  readonly place: number
}

/**
 * The filters of one connection manager by phase: each list holds only those that have the phase's method, so a request
 * pays for nothing it does not use. Response phases run in reverse order.
 */
export class HttpFilterChain {
  readonly requestHead: readonly ChainEntry<'onRequestHead'>[]
  readonly requestData: readonly ChainEntry<'onRequestData'>[]
  readonly requestEnd: readonly ChainEntry<'onRequestEnd'>[]
  readonly responseHead: readonly ChainEntry<'onResponseHead'>[]
  readonly responseData: readonly ChainEntry<'onResponseData'>[]
  readonly responseEnd: readonly ChainEntry<'onResponseEnd'>[]
  readonly complete: readonly ChainEntry<'onComplete'>[]
  /** By slot: the name under which routes keep a filter's settings. */
  readonly names: readonly string[]
  /** By slot: 1 for filters that run only where a route asks for them. null: there are none. */
  private readonly offByDefault: Uint8Array | null
  private readonly skipsByTarget = new WeakMap<CompiledTarget, Uint8Array>()

  constructor(blueprints: readonly FilterBlueprint[], depsFor: (slot: number) => FilterDeps) {
    const filters = blueprints.map((blueprint, slot) => blueprint.compile(depsFor(slot)))
    this.names = blueprints.map(blueprint => blueprint.name)
    const off = Uint8Array.from(blueprints, blueprint => (blueprint.disabled === true ? 1 : 0))
    this.offByDefault = off.includes(1) ? off : null
    this.requestHead = entries(filters, 'onRequestHead')
    this.requestData = entries(filters, 'onRequestData')
    this.requestEnd = entries(filters, 'onRequestEnd')
    this.responseHead = reversed(filters, 'onResponseHead')
    this.responseData = reversed(filters, 'onResponseData')
    this.responseEnd = reversed(filters, 'onResponseEnd')
    this.complete = entries(filters, 'onComplete')
  }

  /**
   * By slot, 1 for each filter that requests to this target pass by: switched off for the route, or off by default and not
   * mentioned by it (HttpFilter.disabled, FilterConfig.disabled). null: all run, which is nearly always so.
   */
  skipsFor(target: CompiledTarget | null): Uint8Array | null {
    if (target === null || (this.offByDefault === null && !target.disablesFilters)) return this.offByDefault
    let skips = this.skipsByTarget.get(target)
    if (skips === undefined) {
      skips = Uint8Array.from(this.names, (name, slot) => this.skip(slot, target.perFilter.get(name)))
      this.skipsByTarget.set(target, skips)
    }
    return skips
  }

  /** Where the filter in `slot` stands on the way of responses. */
  responsePlace(slot: number): number {
    return this.names.length - 1 - slot
  }

  private skip(slot: number, settings: unknown): number {
    if (settings === FILTER_DISABLED) return 1
    return settings === undefined ? (this.offByDefault?.[slot] ?? 0) : 0
  }
}

function entries<M extends keyof HttpFilter>(filters: readonly (HttpFilter | null)[], method: M): readonly ChainEntry<M>[] {
  return filters.flatMap((filter, slot) => (filter !== null && has(filter, method) ? [{ filter, slot, place: slot }] : []))
}

function reversed<M extends keyof HttpFilter>(filters: readonly (HttpFilter | null)[], method: M): readonly ChainEntry<M>[] {
  return entries(filters, method)
    .map(entry => ({ ...entry, place: filters.length - 1 - entry.slot }))
    .toReversed()
}

function has<M extends keyof HttpFilter>(filter: HttpFilter, method: M): filter is With<M> {
  return filter[method] !== undefined
}
