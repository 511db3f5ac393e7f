import type { Service } from '@meshwork/config/registry'
import type { CompleteVirtualService } from '../snapshot/delegated-routes.ts'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { fullHost } from '../translate/routes/destination.ts'
import { authorizerServices } from './authorizers.ts'
import { meshAddress } from './mesh-address.ts'
import { type EgressScope, exportedServices, visibleServices } from './outbound-scope.ts'
import { Remembered } from '../snapshot/remembered.ts'
import { collectorHost } from './tracing-settings.ts'
import type { ViewIdentity } from './view-identity.ts'

/**
 * Every service that a view has clusters for: what the egress hosts name (all that a gateway may use), what rules lead to, Mixer, the
 * collector of spans, and whoever decides for callers, whatever the proxy's own application may see. The same list as before where
 * nothing came or went: much is remembered by it.
 */
export function outboundServices(identity: ViewIdentity, scopes: readonly EgressScope[], snapshot: MeshSnapshot): readonly Service[] {
  const services = identity.kind === 'sidecar' ? sidecarServices(scopes, identity, snapshot) : visibleServices(identity.namespace, snapshot)
  const authorizers = authorizerServices(snapshot)
  if (authorizers.length === 0) return services
  return withMore.get(services, 'authorizers', authorizers, () => {
    const known = hostsOf(services)
    return [...services, ...authorizers.filter((service, i, all) => !known.has(service.hostname) && all.indexOf(service) === i)]
  })
}

const withMore = new Remembered<readonly Service[]>()

/** What egress names. What only rules lead to has no name for the application. */
export function namedServices(scopes: readonly EgressScope[]): readonly Service[] {
  const [first, ...others] = scopes
  if (others.length === 0) return first?.services ?? []
  const lists = scopes.map(scope => scope.services)
  return joinedLists.get(lists[0] ?? lists, '', lists, () => {
    const byHost = new Map<string, Service>()
    for (const service of lists.flat()) if (!byHost.has(service.hostname)) byHost.set(service.hostname, service)
    return [...byHost.values()]
  })
}

const joinedLists = new Remembered<readonly Service[]>()

/** Of several services of a host that only a rule names, the own namespace's is meant, else that of the first namespace by name. */
function sidecarServices(scopes: readonly EgressScope[], identity: ViewIdentity, snapshot: MeshSnapshot): readonly Service[] {
  const named = namedServices(scopes)
  const known = hostsOf(named)
  const hosts = new Set<string>()
  const add = (host: string): void => {
    if (!known.has(host)) hosts.add(host)
  }
  for (const host of [...mixerHosts(snapshot), ...collectorHost(snapshot)]) add(host)
  for (const { virtualServices } of scopes) for (const vs of virtualServices) destinationHosts(vs, snapshot.clusterDomain).forEach(add)
  if (hosts.size === 0) return named
  const exported = exportedServices(identity.namespace, snapshot.registry)
  return withMore.get(named, `${identity.namespace} ${[...hosts].toSorted().join(' ')}`, [exported], () => [
    ...named,
    ...impliedServices(exported, hosts, identity.namespace),
  ])
}

function impliedServices(exported: readonly Service[], hosts: ReadonlySet<string>, namespace: string): readonly Service[] {
  const implied = exported.filter(({ hostname }) => hosts.has(hostname))
  return [...Map.groupBy(implied, service => service.hostname).values()].flatMap(services => {
    const own = services.find(service => service.namespace === namespace)
    const [first] = services.toSorted((a, b) => (a.namespace < b.namespace ? -1 : 1))
    return own ?? first ?? []
  })
}

const hostSets = new WeakMap<readonly Service[], ReadonlySet<string>>()

function hostsOf(services: readonly Service[]): ReadonlySet<string> {
  let hosts = hostSets.get(services)
  if (hosts === undefined) {
    hosts = new Set(services.map(({ hostname }) => hostname))
    hostSets.set(services, hosts)
  }
  return hosts
}

const destinations = new Remembered<readonly string[]>()

/** Full names of all hosts that the rules of an object send to. */
export function destinationHosts(vs: CompleteVirtualService, clusterDomain: string): readonly string[] {
  return destinations.get(vs, clusterDomain, [], () => {
    const { http, tls, tcp } = vs.spec
    const written = [
      ...http.flatMap(rule => [...rule.route, ...rule.mirrors].map(({ destination }) => destination.host)),
      ...http.flatMap(({ mirror }) => mirror?.host ?? []),
      ...[...tls, ...tcp].flatMap(rule => rule.route.map(({ destination }) => destination.host)),
    ]
    return [...new Set(written.map(host => fullHost(host, vs.meta.namespace, clusterDomain)))]
  })
}

function mixerHosts(snapshot: MeshSnapshot): readonly string[] {
  return [snapshot.mesh.mixerCheckServer, snapshot.mesh.mixerReportServer].flatMap(server => meshAddress(server, snapshot)?.host ?? [])
}
