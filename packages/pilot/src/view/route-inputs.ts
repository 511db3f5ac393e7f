import type { ObjectOf, OutboundTrafficPolicy } from '@meshwork/config/kinds'
import { isHttp, type ModelPort, type Protocol, type Service } from '@meshwork/config/registry'
import { settingsFor } from '../translate/clusters/traffic-settings.ts'
import type { MixerSettings } from '../translate/filters/inputs.ts'
import { fullHost } from '../translate/routes/destination.ts'
import { hostAliases } from '../translate/routes/host-aliases.ts'
import { type DestinationFacts, httpRulesOf, type RouteTableInputs, type VirtualHostInputs } from '../translate/routes/inputs.ts'
import { MESH_GATEWAY } from '../translate/routes/static-match.ts'
import type { DestinationRules } from './destination-rules.ts'
import { hostCovers, specificity } from './host-pattern.ts'
import type { EgressScope } from './outbound-scope.ts'
import type { ViewIdentity } from './view-identity.ts'

/** Name of the table of an HTTP proxy listener. */
export const HTTP_PROXY_TABLE = 'http_proxy'
const HTTP_PORT = 80

export interface RouteContext {
  readonly identity: ViewIdentity
  readonly clusterDomain: string
  readonly rules: DestinationRules
  /** Every service that the view knows, for destinations. */
  readonly services: readonly Service[]
  readonly outboundPolicy: OutboundTrafficPolicy['mode']
  readonly mixer: MixerSettings | null
}

/** Whether requests on the port are routed by host. A port that declares nothing is, where HTTP is found on it. */
export function routesHttp(protocol: Protocol): boolean {
  return isHttp(protocol) || protocol === 'auto'
}

/** The table for one port: hosts of all services that have it, whatever the port in `Host` says. */
export function portTable(
  name: string,
  port: number,
  scope: EgressScope,
  context: RouteContext,
  protocols: (p: Protocol) => boolean,
): RouteTableInputs {
  const hosts = scope.services.flatMap(service =>
    service.ports.filter(p => p.number === port && protocols(p.protocol)).map(p => serviceHost(service, p, scope, context, false)),
  )
  const virtualHosts = [...hosts, ...unservedHosts(port, scope, context, false)]
  return table(name, true, virtualHosts, context)
}

/** The table of a listener that applications use as `http_proxy`: every host at every HTTP port, told apart by the port in the URL. */
export function httpProxyTable(name: string, scope: EgressScope, context: RouteContext): RouteTableInputs {
  const hosts = scope.services.flatMap(service =>
    service.ports.filter(port => routesHttp(port.protocol)).map(port => serviceHost(service, port, scope, context, true)),
  )
  return table(name, false, [...hosts, ...unservedHosts(HTTP_PORT, scope, context, true)], context)
}

function table(
  name: string,
  ignorePortInHost: boolean,
  virtualHosts: readonly VirtualHostInputs[],
  context: RouteContext,
): RouteTableInputs {
  return {
    name,
    ignorePortInHost,
    virtualHosts: virtualHosts.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    fallback: context.outboundPolicy === 'ALLOW_ANY' ? 'allow-any' : 'block-all',
    clusterDomain: context.clusterDomain,
    destinations: destinationFacts(virtualHosts, context),
    mixer: context.mixer,
  }
}

function serviceHost(service: Service, port: ModelPort, scope: EgressScope, context: RouteContext, withPort: boolean): VirtualHostInputs {
  const vs = virtualServiceFor(service.hostname, scope.virtualServices)
  const names = [
    service.hostname,
    ...(service.registry === 'kubernetes' ? hostAliases(service.hostname, context.identity.dnsDomain) : []),
    ...service.addresses.filter(address => !address.includes('/') && address !== '0.0.0.0'),
  ]
  return {
    name: `${service.hostname}:${port.number}`,
    domains: withPort ? domainsWithPort(names, port.number) : names,
    caller: callerAt(port.number, context),
    port: port.number,
    service: service.hostname,
    rules: vs === undefined ? [] : [httpRulesOf(vs)],
    requireTls: false,
    origins: [service.origin, ...(vs === undefined ? [] : [vs.origin])],
  }
}

/** Hosts of VirtualServices that no service has: their rules say where such requests go, at whatever port they come. */
function unservedHosts(port: number, scope: EgressScope, context: RouteContext, withPort: boolean): readonly VirtualHostInputs[] {
  const seen = new Set<string>()
  return scope.virtualServices.flatMap(vs =>
    vs.spec.hosts
      .filter(host => vs.spec.http.length > 0 && !context.services.some(service => hostCovers(host, service.hostname)))
      .filter(host => !seen.has(host) && seen.add(host))
      .map(host => ({
        name: `${host}:${port}`,
        domains: withPort ? domainsWithPort(namesOf(host, context), port) : namesOf(host, context),
        caller: callerAt(port, context),
        port,
        service: undefined,
        rules: [httpRulesOf(vs)],
        requireTls: false,
        origins: [vs.origin],
      })),
  )
}

function namesOf(host: string, context: RouteContext): readonly string[] {
  return host.startsWith('*') ? [host] : [host, ...hostAliases(host, context.identity.dnsDomain)]
}

/** Clients leave out `:80`; every other port they must say. */
function domainsWithPort(names: readonly string[], port: number): readonly string[] {
  const withPort = names.map(name => `${name}:${port}`)
  return port === HTTP_PORT ? [...names, ...withPort] : withPort
}

function callerAt(port: number, context: RouteContext): VirtualHostInputs['caller'] {
  const { namespace, labels } = context.identity
  return { namespace, labels, gateways: [MESH_GATEWAY], port }
}

/** The VirtualService that decides for a host: the most specific of its patterns, the oldest of equals. */
function virtualServiceFor(host: string, candidates: readonly ObjectOf<'VirtualService'>[]): ObjectOf<'VirtualService'> | undefined {
  let best: { readonly vs: ObjectOf<'VirtualService'>; readonly score: number } | undefined
  for (const vs of candidates) {
    if (vs.spec.http.length === 0) continue
    for (const pattern of vs.spec.hosts) {
      if (!hostCovers(pattern, host)) continue
      const score = specificity(pattern)
      if (best === undefined || score > best.score) best = { vs, score }
    }
  }
  return best?.vs
}

/** Facts about every host that the rules send to, sorted by host. */
export function destinationFacts(
  hosts: readonly VirtualHostInputs[],
  context: Pick<RouteContext, 'services' | 'rules' | 'clusterDomain'>,
): readonly DestinationFacts[] {
  const wanted = new Set<string>()
  for (const host of hosts) {
    if (host.service !== undefined) wanted.add(host.service)
    for (const { meta, http } of host.rules) {
      for (const rule of http) {
        for (const { destination } of [...rule.route, ...rule.mirrors])
          wanted.add(fullHost(destination.host, meta.namespace, context.clusterDomain))
        if (rule.mirror !== undefined) wanted.add(fullHost(rule.mirror.host, meta.namespace, context.clusterDomain))
      }
    }
  }
  return context.services
    .filter(service => wanted.has(service.hostname))
    .map(service => factsOf(service, context.rules))
    .toSorted((a, b) => (a.host < b.host ? -1 : 1))
}

function factsOf(service: Service, rules: DestinationRules): DestinationFacts {
  const rule = rules.ruleFor(service)
  const ports = service.ports.map(port => port.number)
  const subsets = ['', ...(rule?.spec.subsets ?? []).map(subset => subset.name)]
  const hashes = ports.flatMap(port =>
    subsets.flatMap(subset => {
      const hash = settingsFor(rule?.spec, subset, port).loadBalancer?.consistentHash
      return hash === undefined ? [] : [{ port, subset, hash }]
    }),
  )
  return { host: service.hostname, name: service.name, namespace: service.namespace, ports, hashes }
}
