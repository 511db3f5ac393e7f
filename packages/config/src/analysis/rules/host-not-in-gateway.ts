import { hostsOverlap, MESH_GATEWAY, type ObjectOf } from '../../kinds/index.ts'
import type { Rule } from '../finding.ts'

/** A gateway serves the hosts that its servers list. One host in common is enough: others may be meant for sidecars or other gateways. */
export const hostNotInGateway: Rule = {
  code: 'IST0132',
  name: 'VirtualServiceHostNotFoundInGateway',
  severity: 'warning',
  summary: 'the gateway of a VirtualService serves none of its hosts',
  check: context =>
    context.of('VirtualService').flatMap(route =>
      route.spec.gateways.flatMap((name, i) => {
        const gateway = name === MESH_GATEWAY ? undefined : context.gateway(name, route)
        const { hosts } = route.spec
        if (gateway === undefined || hosts.length === 0 || hosts.some(host => serves(gateway, host, route.meta.namespace))) return []
        const message = `no server of the gateway '${name}' has one of the hosts ${hosts.join(', ')}`
        return [{ object: route, path: `spec.gateways[${i}]`, message, remedy: 'add the host to the gateway, or remove the gateway here' }]
      }),
    ),
}

function serves(gateway: ObjectOf<'Gateway'>, host: string, namespace: string): boolean {
  return gateway.spec.servers.some(server =>
    server.hosts.some(entry => {
      const slash = entry.indexOf('/')
      const from = slash < 0 ? '*' : entry.slice(0, slash)
      const allowed = from === '*' || from === namespace || (from === '.' && gateway.meta.namespace === namespace)
      return allowed && hostsOverlap(entry.slice(slash + 1), host)
    }),
  )
}
