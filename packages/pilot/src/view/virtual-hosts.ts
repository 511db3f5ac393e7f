import type { Service } from '@meshwork/config/registry'
import { Remembered } from '../snapshot/remembered.ts'
import type { CompleteVirtualService } from '../snapshot/delegated-routes.ts'
import { fullHost } from '../translate/routes/destination.ts'
import { httpRulesOf, type VirtualHostInputs } from '../translate/routes/inputs.ts'
import { type Caller, hasRoutesFor, MESH_GATEWAY } from '../translate/routes/static-match.ts'
import { hostCovers, specificity } from './host-pattern.ts'
import type { EgressScope } from './outbound-scope.ts'
import { domainsOf, type PortOfScope, serviceHost, type ServiceAtPort } from './service-host.ts'

const HTTP_PORT = 80

/**
 * The hosts of one port. First those with rules, in the order of the VirtualServices, then the other services: where two want one
 * domain, the earlier has it. Of several VirtualServices for one host the first that has any route for this caller decides alone.
 */
export function virtualHostsAt(at: PortOfScope): readonly VirtualHostInputs[] {
  const services = servicesAt(at)
  const caller: Caller = {
    namespace: at.context.identity.namespace,
    labels: at.context.identity.labels,
    gateways: [MESH_GATEWAY],
    port: at.port,
  }
  const hosts = new Map<string, VirtualHostInputs>()
  const patterns = wildcards.get(at.scope.virtualServices, '', [], () => wildcardOwners(at.scope.virtualServices))
  for (const vs of at.scope.virtualServices) {
    if (vs.spec.http.length === 0 || !hasRoutesFor(vs, caller)) continue
    const { served, unserved } = splitHosts(vs, services, patterns)
    if (served.length === 0 && !takesStrangersAt(vs, services, at)) continue
    for (const host of unserved) if (!hosts.has(host)) hosts.set(host, unservedHost(host, vs, caller, at))
    for (const one of served) if (!hosts.has(keyOf(one))) hosts.set(keyOf(one), serviceHost(one, vs, services, caller, at))
  }
  for (const one of services.values()) {
    if (!hosts.has(keyOf(one))) hosts.set(keyOf(one), serviceHost(one, undefined, services, caller, at))
  }
  return [...hosts.values()]
}

function keyOf({ service }: ServiceAtPort): string {
  return service.hostname.toLowerCase()
}

/** By hostname in lower case. Names of another service stand with that service, unless rules name them or it is not there. */
function servicesAt({ port, scope, served }: PortOfScope): ReadonlyMap<string, ServiceAtPort> {
  const aliases = aliasesIn(scope)
  return foundServices.get(scope.services, String(port), [served, aliases], () => {
    const found = new Map<string, ServiceAtPort>()
    for (const service of scope.services) {
      const own = service.ports.find(candidate => candidate.number === port && served(candidate))
      if (own === undefined || aliases.get(service.aliasOf?.hostname ?? '')?.includes(service) === true) continue
      found.set(service.hostname.toLowerCase(), { service, port: own, aliases: aliases.get(service.hostname) ?? NO_ALIASES })
    }
    return found
  })
}

const foundServices = new Remembered<ReadonlyMap<string, ServiceAtPort>>()
const NO_ALIASES: readonly Service[] = []
const NOBODY_HAS_ALIASES: ReadonlyMap<string, readonly Service[]> = new Map()

/** By the hostname of the service that they are names of. */
function aliasesIn({ services, virtualServices }: EgressScope): ReadonlyMap<string, readonly Service[]> {
  const aliases = allAliases.get(services, '', [], () => services.filter(({ aliasOf }) => aliasOf !== undefined))
  if (aliases.length === 0) return NOBODY_HAS_ALIASES
  const hosts = new Set(services.map(({ hostname }) => hostname))
  const withRules = new Set(virtualServices.flatMap(({ spec }) => spec.hosts))
  return Map.groupBy(
    aliases.filter(({ aliasOf, hostname }) => hosts.has(aliasOf?.hostname ?? '') && !withRules.has(hostname)),
    ({ aliasOf }) => aliasOf?.hostname ?? '',
  )
}

const allAliases = new Remembered<readonly Service[]>()

/** Patterns with the VirtualService that each counts for, whether or not that has a route here; the most specific first. `exact`: all other hosts. */
interface Wildcards {
  readonly owners: readonly { readonly pattern: string; readonly vs: CompleteVirtualService }[]
  readonly exact: ReadonlySet<string>
}

const wildcards = new Remembered<Wildcards>()

function wildcardOwners(virtualServices: readonly CompleteVirtualService[]): Wildcards {
  const owners = new Map<string, CompleteVirtualService>()
  const exact = new Set<string>()
  for (const vs of virtualServices) {
    for (const host of vs.spec.hosts) {
      if (!host.startsWith('*')) exact.add(host)
      else if (!owners.has(host)) owners.set(host, vs)
    }
  }
  const sorted = [...owners].map(([pattern, vs]) => ({ pattern, vs })).toSorted((a, b) => specificity(b.pattern) - specificity(a.pattern))
  return { owners: sorted, exact }
}

interface HostsOfObject {
  readonly served: readonly ServiceAtPort[]
  /** Hosts that no service has at this port. */
  readonly unserved: readonly string[]
}

/** A pattern means the services that it covers, save those that an exact host or a longer pattern of another object names. */
function splitHosts(vs: CompleteVirtualService, services: ReadonlyMap<string, ServiceAtPort>, { owners, exact }: Wildcards): HostsOfObject {
  const served = new Set<ServiceAtPort>()
  const unserved: string[] = []
  for (const host of vs.spec.hosts) {
    if (!host.startsWith('*')) {
      const service = services.get(host)
      if (service === undefined) unserved.push(host)
      else served.add(service)
      continue
    }
    const covered = [...services].filter(([name]) => name === host || hostCovers(host, name))
    if (covered.length === 0) unserved.push(host)
    for (const [name, service] of covered) {
      if (!exact.has(name) && owners.find(({ pattern }) => hostCovers(pattern, name))?.vs === vs) served.add(service)
    }
  }
  return { served: [...served], unserved }
}

/**
 * Whether the object's hosts that no service has are reached at this port: at 80, as in Istio, and at ports of the services that its
 * rules lead to (decision 0024).
 */
function takesStrangersAt(vs: CompleteVirtualService, services: ReadonlyMap<string, ServiceAtPort>, at: PortOfScope): boolean {
  if (at.port === HTTP_PORT && !at.portInHost) return true
  // The question that nearly always says no comes first: the other one goes over all services.
  if (at.port !== HTTP_PORT && !leadsTo(vs, services, at)) return false
  return !vs.spec.hosts.some(host => at.scope.services.some(service => hostCovers(host, service.hostname)))
}

function leadsTo({ meta, spec }: CompleteVirtualService, services: ReadonlyMap<string, ServiceAtPort>, at: PortOfScope): boolean {
  return spec.http.some(rule =>
    rule.route.some(({ destination }) =>
      destination.port === undefined
        ? services.has(fullHost(destination.host, meta.namespace, at.context.clusterDomain).toLowerCase())
        : destination.port === at.port,
    ),
  )
}

function unservedHost(host: string, vs: CompleteVirtualService, caller: Caller, at: PortOfScope): VirtualHostInputs {
  return {
    name: `${host}:${at.port}`,
    domains: domainsOf([host], at),
    caller,
    port: at.port,
    service: undefined,
    rules: [httpRulesOf(vs)],
    requireTls: false,
    origins: [vs.origin, ...(vs.parts ?? [])],
  }
}
