import { MESH_GATEWAY, type ObjectOf } from '../../kinds/index.ts'
import type { AnalysisContext } from '../context.ts'
import type { Rule } from '../finding.ts'

/** Sidecars use one VirtualService per host, the oldest; the others are silently without effect. */
export const conflictingMeshHosts: Rule = {
  code: 'IST0109',
  name: 'ConflictingMeshGatewayVirtualServiceHosts',
  severity: 'error',
  check: context => {
    const routes = context.of('VirtualService').filter(({ spec }) => spec.gateways.includes(MESH_GATEWAY))
    return routes.flatMap((route, i) =>
      route.spec.hosts.flatMap((host, j) => {
        const rival = routes.find(
          (other, k) => k !== i && seeEachOther(route, other) && claims(other, context.fullHost(host, route), context),
        )
        if (rival === undefined) return []
        const message = `'${host}' is claimed by the VirtualService ${rival.meta.namespace}/${rival.meta.name} too: only the older one takes effect`
        return [
          { object: route, path: `spec.hosts[${j}]`, message, remedy: 'put the routes of both into one VirtualService, or use delegates' },
        ]
      }),
    )
  },
}

function claims(other: ObjectOf<'VirtualService'>, full: string, context: AnalysisContext): boolean {
  return other.spec.hosts.some(host => context.fullHost(host, other).toLowerCase() === full.toLowerCase())
}

/** Objects that are private to two different namespaces do not meet. */
function seeEachOther(a: ObjectOf<'VirtualService'>, b: ObjectOf<'VirtualService'>): boolean {
  if (a.meta.namespace === b.meta.namespace) return true
  return isPublic(a) && isPublic(b)
}

function isPublic({ spec }: ObjectOf<'VirtualService'>): boolean {
  return spec.exportTo.length === 0 || spec.exportTo.includes('*')
}
