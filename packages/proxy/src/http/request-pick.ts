import type { SubsetCriteria } from '../model/balancing.ts'
import type { HashPolicies, RequestHash } from '../route/hash-policy.ts'
import { sortedCriteria } from '../route/route-target.ts'
import type { Hash64 } from '../upstream/hash/hash64.ts'
import type { PickContext } from '../upstream/pick-context.ts'
import type { HeaderTable } from './header-table.ts'
import type { StreamRecord } from './stream-record.ts'

/** What a request says about its host. Made for clusters that ask; the hash is computed once, when a balancer wants it. */
export class RequestPick implements PickContext {
  readonly criteria: SubsetCriteria | null
  private readonly stream: StreamRecord
  private readonly policies: HashPolicies | null
  private computed: RequestHash | null = null

  constructor(stream: StreamRecord, policies: HashPolicies | null) {
    this.stream = stream
    this.policies = policies
    this.criteria = criteriaOf(stream)
  }

  hash(): Hash64 | null {
    if (this.policies === null) return null
    this.computed ??= this.policies.compute(this.stream)
    return this.computed.hash
  }

  header(name: string): string | null {
    return this.stream.requestHeaders.get(name)
  }

  /** Cookies that make the client come back to the same host. */
  addCookies(headers: HeaderTable): void {
    for (const cookie of this.computed?.cookies ?? []) headers.append('set-cookie', cookie)
  }
}

/** Labels of the route's, and those that filters have written under `envoy.lb`, which go before. */
function criteriaOf(stream: StreamRecord): SubsetCriteria | null {
  const routed = stream.target?.metadataMatch ?? null
  const written = stream.dynamicMetadata('envoy.lb')
  return written === null ? routed : sortedCriteria({ ...Object.fromEntries(routed ?? []), ...written })
}
