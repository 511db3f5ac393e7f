import type { L4Match, L4RouteDestination, ObjectOf } from '@meshwork/config/kinds'
import type { ModelPort, Service } from '@meshwork/config/registry'
import { outboundClusterName } from '../translate/clusters/cluster-name.ts'
import type { TcpDestination } from '../translate/filters/tcp-proxy.ts'
import type { TcpWay } from '../translate/listeners/inputs.ts'
import { resolveDestination } from '../translate/routes/destination.ts'
import { type Caller, gatewayKey, hasLabels } from '../translate/routes/static-match.ts'
import { hostCovers } from './host-pattern.ts'

export interface TcpContext {
  readonly caller: Caller
  readonly clusterDomain: string
  readonly virtualServices: readonly ObjectOf<'VirtualService'>[]
}

/** The ways through a port whose bytes the proxy does not read: rules for the host, and else the service itself. */
export function tcpWays(service: Service, port: ModelPort, context: TcpContext): readonly TcpWay[] {
  const isTls = port.protocol === 'tls' || port.protocol === 'https'
  const vs = context.virtualServices.find(candidate => candidate.spec.hosts.some(host => hostCovers(host, service.hostname)))
  const direct: TcpWay = {
    serverNames: isTls && service.registry === 'service-entry' ? [service.hostname] : [],
    subnets: [],
    destinations: [{ cluster: outboundClusterName(port.number, '', service.hostname), weight: 1 }],
  }
  if (vs === undefined) return [direct]
  const ways = isTls ? tlsWays(vs, context) : plainWays(vs, context)
  return ways.some(way => way.serverNames.length === 0 && way.subnets.length === 0)
    ? ways
    : [...ways, ...(isTls && ways.length > 0 ? [] : [direct])]
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
    .map(entry => ({
      cluster: resolveDestination(entry.destination, {
        namespace: vs.meta.namespace,
        clusterDomain: context.clusterDomain,
        requestPort: context.caller.port,
        onlyPortCounts: false,
        facts: new Map(),
        mixer: null,
      }).cluster,
      weight: Math.max(entry.weight, 1),
    }))
}
