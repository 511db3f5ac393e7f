import type { Graph } from '@meshwork/config/derive'
import type { ObjectOf } from '@meshwork/config/kinds'
import { KindInput } from '@meshwork/config/registry'
import { type CompleteVirtualService, isPart, withDelegatedRoutes } from './delegated-routes.ts'
import { order, type OrderedKind } from './derive-ordered.ts'
import { withFullHosts } from './full-hosts.ts'

/**
 * Adds VirtualServices as generators read them: hosts completed, delegated routes in place of the routes that delegate. Parts stand
 * only where they are delegated to. An object depends on itself and its parts and on nothing else.
 */
export function deriveVirtualServices(graph: Graph, clusterDomain: string): OrderedKind<'VirtualService', CompleteVirtualService> {
  const input = new KindInput(graph, 'VirtualService')
  const named = graph.derive<ObjectOf<'VirtualService'>>({
    name: 'VirtualService with full hosts',
    inputs: [input.table],
    keys: read => read.keys(input.table),
    compute: (key, read) => {
      const object = read.get(input.table, key)
      return object === undefined ? undefined : withFullHosts(object, clusterDomain)
    },
  })
  const complete = graph.derive<CompleteVirtualService>({
    name: 'VirtualService with delegated routes',
    inputs: [named.table],
    keys: read => read.keys(named.table),
    compute: (key, read) => {
      const object = read.get(named.table, key)
      if (object === undefined || isPart(object)) return undefined
      return withDelegatedRoutes(object, clusterDomain, part => read.get(named.table, part))
    },
  })
  return { input, ordered: order(graph, 'VirtualService', complete.table) }
}
