import type { ModelPort, Service } from '@meshwork/config/registry'
import { Remembered } from '../snapshot/remembered.ts'
import type { CompleteVirtualService } from '../snapshot/delegated-routes.ts'
import { addressDomain, ownPart, shorterNames, withPort } from '../translate/routes/host-domains.ts'
import { asksForCaller } from '../translate/routes/host-fragment.ts'
import { httpRulesOf, type VirtualHostInputs } from '../translate/routes/inputs.ts'
import type { Caller } from '../translate/routes/static-match.ts'
import type { EgressScope } from './outbound-scope.ts'
import type { RouteContext } from './route-inputs.ts'
import { addressesFor } from './tcp-places.ts'
import type { ViewIdentity } from './view-identity.ts'

const HTTP_PORT = 80

export interface ServiceAtPort {
  readonly service: Service
  readonly port: ModelPort
  /** Further names of the service, those with rules of their own left out. */
  readonly aliases: readonly Service[]
}

/** What is asked of one port of one egress listener. */
export interface PortOfScope {
  readonly port: number
  readonly scope: EgressScope
  readonly context: RouteContext
  readonly served: (port: ModelPort) => boolean
  /** Whether the port is told by `Host`, as an HTTP proxy needs, and not by the connection. */
  readonly portInHost: boolean
}

/**
 * The host of a service. Callers of most namespaces know a service by the same names, and few rules ask who calls: all of those share
 * one object, and so what is encoded from it.
 */
export function serviceHost(
  one: ServiceAtPort,
  vs: CompleteVirtualService | undefined,
  others: ReadonlyMap<string, ServiceAtPort>,
  caller: Caller,
  at: PortOfScope,
): VirtualHostInputs {
  const { service, aliases } = one
  if (aliases.length > 0 || (vs !== undefined && asksForCaller(vs.spec.http))) return newServiceHost(one, vs, others, caller, at)
  const { dnsDomain, dnsCapture } = at.context.identity
  const own = ownPart(service.hostname, dnsDomain)
  const shared = sharedHosts.get(service, `${at.port} ${own} ${dnsCapture} ${at.portInHost}`, [vs], () => ({
    host: newServiceHost(one, vs, NO_OTHERS, { ...caller, namespace: '', labels: {} }, at),
    shortNames: shortNames(service, dnsDomain),
  }))
  const givesWay = shared.shortNames.some(name => others.has(name))
  return givesWay ? newServiceHost(one, vs, others, caller, at) : shared.host
}

interface SharedHost {
  readonly host: VirtualHostInputs
  readonly shortNames: readonly string[]
}

const sharedHosts = new Remembered<SharedHost>()
const NO_OTHERS: ReadonlyMap<string, ServiceAtPort> = new Map()

function shortNames({ registry, hostname }: Service, dnsDomain: string): readonly string[] {
  return registry === 'kubernetes' ? shorterNames(hostname, ownPart(hostname, dnsDomain)) : []
}

function newServiceHost(
  { service, port, aliases }: ServiceAtPort,
  vs: CompleteVirtualService | undefined,
  others: ReadonlyMap<string, ServiceAtPort>,
  caller: Caller,
  at: PortOfScope,
): VirtualHostInputs {
  return {
    name: `${service.hostname}:${port.number}`,
    domains: domainsOf(namesOf(service, aliases, others, at.context.identity), at),
    caller,
    port: port.number,
    service: service.hostname,
    rules: vs === undefined ? [] : [httpRulesOf(vs)],
    requireTls: false,
    origins: [service.origin, ...(vs === undefined ? [] : [vs.origin, ...(vs.parts ?? [])])],
  }
}

/** Full name, shorter names, those of single pods of a headless service, addresses. A short name gives way to a full one. */
function namesOf(
  service: Service,
  aliases: readonly Service[],
  others: ReadonlyMap<string, ServiceAtPort>,
  { dnsDomain, dnsCapture }: ViewIdentity,
): readonly string[] {
  const names = [service, ...aliases].flatMap(each => [each.hostname, ...shortNames(each, dnsDomain).filter(alias => !others.has(alias))])
  const addresses = addressesFor(service, dnsCapture).filter(address => !address.includes('/') && address !== '0.0.0.0')
  return [...names, ...(service.headless ? names.map(name => `*.${name}`) : []), ...addresses.map(addressDomain)]
}

export function domainsOf(names: readonly string[], { port, portInHost }: PortOfScope): readonly string[] {
  if (!portInHost) return names
  // Clients leave out `:80`; every other port they must say.
  return port === HTTP_PORT ? [...names, ...withPort(names, port)] : withPort(names, port)
}
