import type { ServiceEndpoint, ServiceRegistry } from '@meshwork/config/registry'
import { sameItems } from '../snapshot/remembered.ts'

type Endpoints = ServiceRegistry['endpoints']

interface Found {
  /** Of the list that the endpoint is in. */
  readonly key: string
  readonly endpoint: ServiceEndpoint
}

/** With more lists that changed everything is indexed anew. */
const MOST_CHANGES = 64

type Places = Map<string, Found[]>

/**
 * Endpoints by their workload and by their address, each within its cluster, in the order of the lists that they are in. Follows a
 * registry from change to change: pods come and go one at a time, and indexing all others again would be most of what that costs.
 */
export class EndpointIndex {
  private readonly byWorkload: Places = new Map()
  private readonly byAddress: Places = new Map()
  private current: Endpoints

  constructor(endpoints: Endpoints) {
    this.current = endpoints
    for (const [key, list] of endpoints) for (const endpoint of list) this.add({ key, endpoint })
  }

  /** What is indexed. */
  get endpoints(): Endpoints {
    return this.current
  }

  /** `cluster/namespace/name`; the own cluster is ''. */
  ofWorkload(name: string): readonly ServiceEndpoint[] | undefined {
    return this.byWorkload.get(name)?.map(({ endpoint }) => endpoint)
  }

  /** `cluster/address`. */
  atAddress(address: string): readonly ServiceEndpoint[] | undefined {
    return this.byAddress.get(address)?.map(({ endpoint }) => endpoint)
  }

  /** False, and nothing has happened, if `after` is too different, or has lists that did not change in another order. */
  moveTo(after: Endpoints): boolean {
    const before = this.current
    const changed = new Set<string>()
    for (const [key, list] of after) if (before.get(key) !== list) changed.add(key)
    for (const key of before.keys()) if (!after.has(key)) changed.add(key)
    const others = (endpoints: Endpoints): readonly string[] => [...endpoints.keys()].filter(key => !changed.has(key))
    if (changed.size > MOST_CHANGES || !sameItems(others(before), others(after))) return false
    const keys = [...changed]
    const gone = keys.flatMap(key => before.get(key) ?? [])
    const come = keys.flatMap(key => (after.get(key) ?? []).map(endpoint => ({ key, endpoint })))
    this.update(gone, (places, name) => drop(places, name, changed))
    for (const found of come) this.add(found)
    const ranks = new Map([...after.keys()].map((key, rank) => [key, rank]))
    this.update(
      come.map(({ endpoint }) => endpoint),
      (places, name) => places.get(name)?.sort((a, b) => (ranks.get(a.key) ?? 0) - (ranks.get(b.key) ?? 0)),
    )
    this.current = after
    return true
  }

  private add(found: Found): void {
    for (const name of workloadOf(found.endpoint)) put(this.byWorkload, name, found)
    put(this.byAddress, addressOf(found.endpoint), found)
  }

  /** Each place of the endpoints once. */
  private update(endpoints: readonly ServiceEndpoint[], change: (places: Places, name: string) => void): void {
    for (const name of new Set(endpoints.flatMap(workloadOf))) change(this.byWorkload, name)
    for (const address of new Set(endpoints.map(addressOf))) change(this.byAddress, address)
  }
}

/** One or none. */
function workloadOf({ workload, cluster = '' }: ServiceEndpoint): readonly string[] {
  return workload === undefined ? [] : [`${cluster}/${workload.namespace}/${workload.name}`]
}

function addressOf({ address, cluster = '' }: ServiceEndpoint): string {
  return `${cluster}/${address}`
}

function put(places: Places, name: string, found: Found): void {
  const known = places.get(name)
  if (known === undefined) places.set(name, [found])
  else known.push(found)
}

function drop(places: Places, name: string, keys: ReadonlySet<string>): void {
  const left = (places.get(name) ?? []).filter(({ key }) => !keys.has(key))
  if (left.length === 0) places.delete(name)
  else places.set(name, left)
}
