import type { HttpRetry } from '@meshwork/config/kinds'
import { isHttp, type ModelPort, type Protocol, type Service, type ServiceRegistry } from '@meshwork/config/registry'
import { BLACK_HOLE_CLUSTER } from '../translate/clusters/cluster-name.ts'
import { settingsFor } from '../translate/clusters/traffic-settings.ts'
import type { MixerSettings } from '../translate/filters/inputs.ts'
import { fullHost } from '../translate/routes/destination.ts'
import type { DestinationFacts, RouteTableInputs, VirtualHostInputs } from '../translate/routes/inputs.ts'
import type { DestinationRules } from './destination-rules.ts'
import type { EgressScope } from './outbound-scope.ts'
import type { ViewIdentity } from './view-identity.ts'
import { virtualHostsAt } from './virtual-hosts.ts'

/** Name of the table of an HTTP proxy listener. */
export const HTTP_PROXY_TABLE = 'http_proxy'
const HTTP_PORT = 80

export interface RouteContext {
  readonly identity: ViewIdentity
  readonly clusterDomain: string
  readonly rules: DestinationRules
  readonly endpoints: ServiceRegistry['endpoints']
  /** Every service that the view knows, for destinations. */
  readonly services: readonly Service[]
  /** Cluster for what is for nobody that the mesh knows. */
  readonly elsewhere: string
  /** Holds where a rule says nothing of retries; undefined: Istio's default. */
  readonly defaultRetries: HttpRetry | undefined
  readonly mixer: MixerSettings | null
}

/** Whether requests on the port are routed by host. A port that declares nothing is, where HTTP is found on it. */
export function routesHttp(protocol: Protocol): boolean {
  return isHttp(protocol) || protocol === 'auto'
}

/** The table for one port: hosts of all services that have it, whatever the port in `Host` says. */
export function portTable(name: string, port: number, scope: EgressScope, context: RouteContext): RouteTableInputs {
  return table(name, true, virtualHostsAt({ port, scope, context, served: isServed, portInHost: false }), context)
}

/** The table of a listener that applications use as `http_proxy`: every host at every HTTP port, told apart by the port in the URL. */
export function httpProxyTable(name: string, scope: EgressScope, context: RouteContext): RouteTableInputs {
  const ports = new Set([HTTP_PORT, ...scope.services.flatMap(service => service.ports.filter(isServed).map(port => port.number))])
  const hosts = [...ports].flatMap(port => virtualHostsAt({ port, scope, context, served: isServed, portInHost: true }))
  return table(name, false, hosts, context)
}

function isServed(port: ModelPort): boolean {
  return routesHttp(port.protocol)
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
    virtualHosts,
    fallback: context.elsewhere === BLACK_HOLE_CLUSTER ? 'block-all' : 'allow-any',
    elsewhere: context.elsewhere,
    clusterDomain: context.clusterDomain,
    destinations: destinationFacts(virtualHosts, context),
    endsTls: false,
    defaultRetries: context.defaultRetries,
    mixer: context.mixer,
  }
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
  const byHost = servicesByHost(context.services)
  return [...wanted]
    .flatMap(host => byHost.get(host) ?? [])
    .map(service => rememberedFacts(service, context.rules))
    .toSorted((a, b) => (a.host < b.host ? -1 : 1))
}

const hostIndexes = new WeakMap<readonly Service[], ReadonlyMap<string, readonly Service[]>>()

/** Asked for each port of a view. */
export function servicesByHost(services: readonly Service[]): ReadonlyMap<string, readonly Service[]> {
  let index = hostIndexes.get(services)
  if (index === undefined) {
    index = Map.groupBy(services, service => service.hostname)
    hostIndexes.set(services, index)
  }
  return index
}

const factsByService = new WeakMap<Service, { readonly rule: unknown; readonly facts: DestinationFacts }>()

/** As `factsOf`, and the same object as long as its rule is: views of all namespaces ask. */
function rememberedFacts(service: Service, rules: DestinationRules): DestinationFacts {
  const rule = rules.ruleFor(service)
  const known = factsByService.get(service)
  if (known?.rule === rule && known !== undefined) return known.facts
  const facts = factsOf(service, rule)
  factsByService.set(service, { rule, facts })
  return facts
}

function factsOf(service: Service, rule: ReturnType<DestinationRules['ruleFor']>): DestinationFacts {
  if (rule === undefined)
    return { host: service.hostname, name: service.name, namespace: service.namespace, ports: portsOf(service), hashes: [] }
  const ports = portsOf(service)
  const subsets = ['', ...(rule?.spec.subsets ?? []).map(subset => subset.name)]
  const hashes = ports.flatMap(port =>
    subsets.flatMap(subset => {
      const hash = settingsFor(rule?.spec, subset, port).loadBalancer?.consistentHash
      return hash === undefined ? [] : [{ port, subset, hash }]
    }),
  )
  return { host: service.hostname, name: service.name, namespace: service.namespace, ports, hashes }
}

function portsOf({ ports }: Service): readonly number[] {
  return ports.map(({ number }) => number)
}
