import { isDeepStrictEqual } from 'node:util'
import { hostsOverlap, type ObjectOf } from '../../kinds/index.ts'
import type { Rule } from '../finding.ts'

/** Two gateways for the same proxies, port and host: only one of them gets the requests. */
export const conflictingGateways: Rule = {
  code: 'IST0145',
  name: 'ConflictingGateways',
  severity: 'error',
  check: context => {
    const gateways = context.of('Gateway')
    return gateways.flatMap(gateway =>
      gateway.spec.servers.flatMap((server, i) => {
        const rival = gateways.find(
          other => other !== gateway && sameProxies(gateway, other) && other.spec.servers.some(one => collide(one, server)),
        )
        if (rival === undefined) return []
        const message = `the gateway ${rival.meta.namespace}/${rival.meta.name} serves port ${server.port.number} for the same hosts and proxies`
        return [
          { object: gateway, path: `spec.servers[${i}]`, message, remedy: 'merge the two, or give them different hosts or selectors' },
        ]
      }),
    )
  },
}

type Server = ObjectOf<'Gateway'>['spec']['servers'][number]

function sameProxies(a: ObjectOf<'Gateway'>, b: ObjectOf<'Gateway'>): boolean {
  return isDeepStrictEqual(a.spec.selector, b.spec.selector)
}

function collide(a: Server, b: Server): boolean {
  return (
    a.port.number === b.port.number &&
    a.bind === b.bind &&
    a.hosts.some(host => b.hosts.some(other => hostsOverlap(bare(host), bare(other))))
  )
}

function bare(host: string): string {
  return host.slice(host.indexOf('/') + 1)
}
