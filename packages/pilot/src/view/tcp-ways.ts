import type { L4Match, L4RouteDestination, ObjectOf } from '@meshwork/config/kinds'
import type { ModelPort, Service } from '@meshwork/config/registry'
import { outboundClusterName } from '../translate/clusters/cluster-name.ts'
import type { TcpDestination, TcpTuning } from '../translate/filters/tcp-proxy.ts'
import type { TcpWay } from '../translate/listeners/inputs.ts'
import { resolveDestination } from '../translate/routes/destination.ts'
import { type Caller, gatewayKey, hasLabels } from '../translate/routes/static-match.ts'
import { distinctWays, isUnconditional } from './distinct-ways.ts'
import { hostCovers } from './host-pattern.ts'

export interface TcpContext {
  readonly caller: Caller
  readonly clusterDomain: string
  readonly virtualServices: readonly ObjectOf<'VirtualService'>[]
  /** What DestinationRules say of connections to a destination; nothing if left out. */
  readonly tuningOf?: (host: string, port: number, subset: string) => TcpTuning
}

/**
 * The ways through a port whose bytes the proxy does not read: rules for the host, oldest first, and else the service itself.
 * `anyAddress`: connections to other services come here too, so TLS of a service without an address must name its host.
 */
export function tcpWays(service: Service, port: ModelPort, context: TcpContext, anyAddress: boolean): readonly TcpWay[] {
  const isTls = port.protocol === 'tls' || port.protocol === 'https'
  const rules = context.virtualServices.filter(vs => vs.spec.hosts.some(host => hostCovers(host, service.hostname)))
  const ways = rules.flatMap(vs => (isTls ? tlsWays(vs, context) : plainWays(vs, context)))
  const direct = directWays(service, port, isTls, anyAddress, context)
  const complete = isTls ? ways.length > 0 : ways.some(isUnconditional)
  return distinctWays(complete ? ways : [...ways, ...direct])
}

/** To the service itself. Services that share an address are told apart by the name that clients ask for, if they ask for one. */
function directWays(service: Service, port: ModelPort, isTls: boolean, anyAddress: boolean, context: TcpContext): readonly TcpWay[] {
  const cluster = outboundClusterName(port.number, '', service.hostname)
  const tuning = context.tuningOf?.(service.hostname, port.number, '')
  const way = { subnets: [], destinations: [{ cluster, weight: 1, ...(tuning !== undefined && { tuning }) }] }
  if (!isTls || service.registry !== 'service-entry') return [{ serverNames: [], ...way }]
  const byName = { serverNames: [service.hostname], ...way }
  return anyAddress ? [byName] : [byName, { serverNames: [], ...way }]
}

/** One way for each SNI match that can apply to this caller; `*` takes any name. */
export function tlsWays(vs: ObjectOf<'VirtualService'>, context: TcpContext): readonly TcpWay[] {
  return vs.spec.tls.flatMap(rule =>
    rule.match
      .filter(match => appliesTo(match, context.caller, vs.meta.namespace))
      .map(match => ({
        serverNames: match.sniHosts.includes('*') ? [] : match.sniHosts,
        subnets: match.destinationSubnets,
        destinations: destinations(rule.route, vs, context),
      })),
  )
}

/** Ways of TCP rules in order, up to the first that takes every connection. */
export function plainWays(vs: ObjectOf<'VirtualService'>, context: TcpContext): readonly TcpWay[] {
  const ways: TcpWay[] = []
  for (const rule of vs.spec.tcp) {
    const matches = rule.match.filter(match => appliesTo(match, context.caller, vs.meta.namespace))
    if (rule.match.length > 0 && matches.length === 0) continue
    const everything = rule.match.length === 0 || matches.some(match => match.destinationSubnets.length === 0)
    const subnets = everything ? [] : matches.flatMap(match => match.destinationSubnets)
    ways.push({ serverNames: [], subnets, destinations: destinations(rule.route, vs, context) })
    if (everything) break
  }
  return ways
}

function appliesTo(match: L4Match, caller: Caller, namespace: string): boolean {
  if (match.port !== undefined && match.port !== caller.port) return false
  if (match.sourceNamespace !== undefined && match.sourceNamespace !== '' && match.sourceNamespace !== caller.namespace) return false
  if (!hasLabels(caller.labels, match.sourceLabels)) return false
  return match.gateways.length === 0 || match.gateways.some(gateway => caller.gateways.includes(gatewayKey(gateway, namespace)))
}

function destinations(
  route: readonly L4RouteDestination[],
  vs: ObjectOf<'VirtualService'>,
  context: TcpContext,
): readonly TcpDestination[] {
  return route
    .filter(entry => route.length === 1 || entry.weight > 0)
    .map(entry => {
      const { host, port, subset, cluster } = resolveDestination(entry.destination, {
        namespace: vs.meta.namespace,
        clusterDomain: context.clusterDomain,
        requestPort: context.caller.port,
        onlyPortCounts: false,
        facts: new Map(),
      })
      const tuning = context.tuningOf?.(host, port, subset)
      return { cluster, weight: Math.max(entry.weight, 1), ...(tuning !== undefined && { tuning }) }
    })
}
