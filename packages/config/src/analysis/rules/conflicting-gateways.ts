import type { GatewayServer, ObjectOf } from '../../kinds/index.ts'
import type { Rule } from '../finding.ts'
import { HostIndex } from '../host-index.ts'

/** Two gateways for the same proxies, port and host: only one of them gets the requests. */
export const conflictingGateways: Rule = {
  code: 'IST0145',
  name: 'ConflictingGateways',
  severity: 'error',
  summary: 'two gateways for the same proxies, port and host',
  check: context => {
    const gateways = context.of('Gateway')
    const byPlace = new Map<string, HostIndex<ObjectOf<'Gateway'>>>()
    for (const gateway of gateways) {
      for (const server of gateway.spec.servers) {
        const index = byPlace.get(placeOf(gateway, server)) ?? new HostIndex()
        byPlace.set(placeOf(gateway, server), index)
        for (const host of server.hosts) index.add(bare(host), gateway)
      }
    }
    return gateways.flatMap(gateway =>
      gateway.spec.servers.flatMap((server, i) => {
        const index = byPlace.get(placeOf(gateway, server))
        const rival = server.hosts.flatMap(host => index?.overlapping(bare(host)) ?? []).find(other => other !== gateway)
        if (rival === undefined) return []
        const message = `the gateway ${rival.meta.namespace}/${rival.meta.name} serves port ${server.port.number} for the same hosts and proxies`
        return [
          { object: gateway, path: `spec.servers[${i}]`, message, remedy: 'merge the two, or give them different hosts or selectors' },
        ]
      }),
    )
  },
}

/** Proxies, address and port of a server as one text. */
function placeOf({ spec }: ObjectOf<'Gateway'>, { port, bind }: GatewayServer): string {
  const selector = Object.keys(spec.selector)
    .toSorted()
    .map(key => [key, spec.selector[key]])
  return JSON.stringify([selector, bind ?? '', port.number])
}

function bare(host: string): string {
  return host.slice(host.indexOf('/') + 1)
}
