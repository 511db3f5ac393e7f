import { CONTINUE, type FilterBlueprint, type FilterDeps, type FilterStatus, type FilterStream, type HttpFilter, REPLIED } from '@meshwork/proxy/filters'

/** At most `limit` requests for each value of `x-user`; the answer says how many are left. */
export function quotaFilter(limit: number): FilterBlueprint {
  return { name: 'example.quota', compile: deps => new QuotaFilter(limit, deps) }
}

class QuotaFilter implements HttpFilter {
  private readonly limit: number
  private readonly deps: FilterDeps
  private readonly used = new Map<string, number>()

  constructor(limit: number, deps: FilterDeps) {
    this.limit = limit
    this.deps = deps
  }

  onRequestHead(stream: FilterStream): FilterStatus {
    const user = stream.requestHeaders.get('x-user') ?? 'nobody'
    const used = (this.used.get(user) ?? 0) + 1
    if (used > this.limit) {
      stream.reply(429, 'quota is used up\n', 0, 'example_quota')
      return REPLIED
    }
    this.used.set(user, used)
    stream.setState(this.deps.slot, this.limit - used)
    stream.mergeDynamicMetadata('example.quota', { user, left: this.limit - used })
    return CONTINUE
  }

  onResponseHead(stream: FilterStream): FilterStatus {
    const left = stream.state(this.deps.slot)
    if (typeof left === 'number') stream.responseHeaders?.set('x-quota-left', String(left))
    return CONTINUE
  }
}
