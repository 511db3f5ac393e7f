import type { LayeredCache } from '../cache/layered-cache.ts'
import { seal, type XdsResource } from '../types/resource.ts'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '../types/type-urls.ts'
import type { Random } from './random.ts'

export const VIEW = 'view'
const SHARED = 'shared'
const OWN = 'own'
const CLUSTERS = ['a', 'b', 'c', 'd'] as const
const PORTS = ['80', '81'] as const

/** What the control plane has: versions of clusters and endpoints, what each table leads to, and which resources are bad. */
export interface MeshState {
  readonly clusters: ReadonlyMap<string, number>
  readonly endpoints: ReadonlyMap<string, number>
  readonly listeners: ReadonlyMap<string, number>
  /** By port: the cluster, which always exists, as rules of users that lead nowhere have no order to keep. */
  readonly routes: ReadonlyMap<string, string>
  /** `cluster a=3`: the client refuses exactly this form. */
  readonly bad: ReadonlySet<string>
}

/** A random state that differs from `before` in one or more things. */
export function nextState(before: MeshState, random: Random): MeshState {
  const clusters = new Map(before.clusters)
  const endpoints = new Map(before.endpoints)
  const listeners = new Map(before.listeners)
  const routes = new Map(before.routes)
  const bad = new Set(before.bad)
  const cluster = random.pick(CLUSTERS, 'a')
  const port = random.pick(PORTS, '80')
  switch (random.below(6)) {
    case 0:
      clusters.set(cluster, random.below(4))
      if (!endpoints.has(cluster)) endpoints.set(cluster, random.below(4))
      routes.set(port, cluster)
      break
    case 1:
      endpoints.set(cluster, random.below(6))
      break
    case 2:
      if (clusters.size > 1 && [...routes.values()].every(used => used !== cluster)) clusters.delete(cluster)
      break
    case 3:
      listeners.set(port, random.below(4))
      break
    case 4:
      if (clusters.has(cluster)) routes.set(port, cluster)
      break
    default:
      if (random.chance(50)) bad.clear()
      else bad.add(`cluster ${cluster}=${random.below(4)}`)
  }
  for (const name of clusters.keys()) if (!endpoints.has(name)) endpoints.set(name, 0)
  return { clusters, endpoints, listeners, routes, bad }
}

export const FIRST_STATE: MeshState = {
  clusters: new Map([['a', 0]]),
  endpoints: new Map([['a', 0]]),
  listeners: new Map([['80', 0]]),
  routes: new Map(PORTS.map(port => [port, 'a'])),
  bad: new Set(),
}

/** What a client that has everything holds, as texts by type and name. */
export function textsOf(state: MeshState): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const texts = (kind: string, of: ReadonlyMap<string, unknown>): ReadonlyMap<string, string> =>
    new Map([...of].map(([name, value]) => [name, `${kind} ${name}=${String(value)}`]))
  return new Map([
    [CLUSTER_TYPE, texts('cluster', state.clusters)],
    [ENDPOINT_TYPE, texts('endpoints', new Map([...state.endpoints].filter(([name]) => state.clusters.has(name))))],
    [LISTENER_TYPE, texts('listener', state.listeners)],
    [ROUTE_TYPE, texts('routes', state.routes)],
  ])
}

/** Puts a state into a cache as pilot does: most of it in a layer that views share, listeners in one of their own. */
export function store(cache: LayeredCache, state: MeshState): void {
  const sealed = (typeUrl: string): readonly XdsResource[] =>
    [...(textsOf(state).get(typeUrl) ?? [])].map(([name, text]) => {
      const cluster = text.split('=')[1] ?? ''
      return seal(typeUrl, name, () => Buffer.from(text), typeUrl === ROUTE_TYPE ? () => new Set([cluster]) : null)
    })
  const [first = [], ...rest] = sealed(CLUSTER_TYPE).map(resource => [resource])
  cache.update(
    SHARED,
    new Map([
      [CLUSTER_TYPE, first],
      [ENDPOINT_TYPE, sealed(ENDPOINT_TYPE)],
      [ROUTE_TYPE, sealed(ROUTE_TYPE)],
      [LISTENER_TYPE, []],
    ]),
  )
  cache.update(
    OWN,
    new Map([
      [CLUSTER_TYPE, rest.flat()],
      [LISTENER_TYPE, sealed(LISTENER_TYPE)],
    ]),
  )
  cache.setView(VIEW, [SHARED, OWN])
}
