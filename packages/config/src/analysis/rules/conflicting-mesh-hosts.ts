import { MESH_GATEWAY, type ObjectOf } from '../../kinds/index.ts'
import type { Rule } from '../finding.ts'
import { HostIndex } from '../host-index.ts'

/** Sidecars use one VirtualService per host, the oldest; the others are silently without effect. */
export const conflictingMeshHosts: Rule = {
  code: 'IST0109',
  name: 'ConflictingMeshGatewayVirtualServiceHosts',
  severity: 'error',
  summary: 'two VirtualServices of the mesh gateway claim one host',
  check: context => {
    const routes = context.of('VirtualService').filter(({ spec }) => spec.gateways.includes(MESH_GATEWAY))
    const byHost = new HostIndex<ObjectOf<'VirtualService'>>()
    for (const route of routes) for (const host of route.spec.hosts) byHost.add(context.fullHost(host, route), route)
    return routes.flatMap(route =>
      route.spec.hosts.flatMap((host, i) => {
        const rival = byHost.equal(context.fullHost(host, route)).find(other => other !== route && seeEachOther(route, other))
        if (rival === undefined) return []
        const message = `'${host}' is claimed by the VirtualService ${rival.meta.namespace}/${rival.meta.name} too: only the older one takes effect`
        return [
          { object: route, path: `spec.hosts[${i}]`, message, remedy: 'put the routes of both into one VirtualService, or use delegates' },
        ]
      }),
    )
  },
}

/** Objects that are private to two different namespaces do not meet. */
function seeEachOther(a: ObjectOf<'VirtualService'>, b: ObjectOf<'VirtualService'>): boolean {
  if (a.meta.namespace === b.meta.namespace) return true
  return isPublic(a) && isPublic(b)
}

function isPublic({ spec }: ObjectOf<'VirtualService'>): boolean {
  return spec.exportTo.length === 0 || spec.exportTo.includes('*')
}
