import type { ObjectOf } from '@meshwork/config/kinds'
import type { Service } from '@meshwork/config/registry'
import type { CompleteVirtualService } from '../snapshot/delegated-routes.ts'
import type { RouteTableInputs } from '../translate/routes/inputs.ts'
import { rulesFor } from './outbound-clusters.ts'
import type { EgressScope } from './outbound-scope.ts'
import { destinationHosts } from './outbound-services.ts'
import { Remembered } from '../snapshot/remembered.ts'
import { portTable, type RouteContext, routesHttp } from './route-inputs.ts'

const HTTP_PORT = 80

/**
 * As `portTable`, and the same object until something changes that the table of this port depends on: an edit of a VirtualService
 * concerns only the ports of its hosts and of its destinations.
 */
export function rememberedPortTable(name: string, port: number, scope: EgressScope, context: RouteContext): RouteTableInputs {
  const { services, virtualServices } = scope
  const at = placeOf(services, port)
  const concerned = virtualServicesAt.get(virtualServices, `${port} ${context.clusterDomain}`, [at], () =>
    virtualServices.filter(vs => concerns(vs, at, context.clusterDomain)),
  )
  const hosts = at.hasAliases || hostsIn(virtualServices).wildcards ? hostsIn(virtualServices).text : ''
  const inputs = [context.services, context.defaultRetries, hosts, ...hashingRules(context), ...concerned]
  return tables.get(services, `${name} ${port} ${callerText(context)}`, inputs, () => portTable(name, port, scope, context))
}

const tables = new Remembered<RouteTableInputs>()
const virtualServicesAt = new Remembered<readonly CompleteVirtualService[]>()

/** One port of a list of services. */
interface PlaceOfServices {
  readonly port: number
  /** In lower case. */
  readonly hosts: ReadonlySet<string>
  readonly hasAliases: boolean
}

const places = new Remembered<PlaceOfServices>()

function placeOf(services: readonly Service[], port: number): PlaceOfServices {
  return places.get(services, String(port), [], () => {
    const here = services.filter(({ ports }) => ports.some(({ number, protocol }) => number === port && routesHttp(protocol)))
    return {
      port,
      hosts: new Set(here.map(({ hostname }) => hostname.toLowerCase())),
      hasAliases: services.some(({ aliasOf }) => aliasOf !== undefined),
    }
  })
}

/** False only if nothing of the object can be in the table of the port. */
function concerns(vs: CompleteVirtualService, { port, hosts }: PlaceOfServices, clusterDomain: string): boolean {
  if (vs.spec.http.length === 0) return false
  if (port === HTTP_PORT || vs.spec.hosts.some(host => host.startsWith('*') || hosts.has(host))) return true
  return (
    destinationHosts(vs, clusterDomain).some(host => hosts.has(host.toLowerCase())) ||
    vs.spec.http.some(rule => rule.route.some(({ destination }) => destination.port === port))
  )
}

interface HostsOfObjects {
  readonly text: string
  readonly wildcards: boolean
}

const hostTexts = new Remembered<HostsOfObjects>()

/** Patterns and names of other services stand back for exact hosts, whatever the objects say that have those. */
function hostsIn(virtualServices: readonly CompleteVirtualService[]): HostsOfObjects {
  return hostTexts.get(virtualServices, '', [], () => {
    const text = virtualServices.map(({ spec }) => spec.hosts.join(' ')).join('\n')
    return { text, wildcards: text.includes('*') }
  })
}

const hashing = new Remembered<readonly unknown[]>()
const hashes = new Remembered<boolean>()

/** Services with the rules that hash their requests, which is all that tables have of DestinationRules. */
function hashingRules({ services, rules }: RouteContext): readonly unknown[] {
  const list = rulesFor(services, rules)
  return hashing.get(list, '', [services], () =>
    services.flatMap((service, index) => {
      const rule = list[index]
      return rule !== undefined && mayHash(rule) ? [service, rule] : []
    }),
  )
}

function mayHash(rule: ObjectOf<'DestinationRule'>): boolean {
  return hashes.get(rule, '', [], () => JSON.stringify(rule.spec).includes('consistentHash'))
}

const texts = new WeakMap<RouteContext, string>()

function callerText(context: RouteContext): string {
  let text = texts.get(context)
  if (text === undefined) {
    const { identity, clusterDomain, mixer, elsewhere } = context
    const { namespace, labels, dnsDomain, dnsCapture } = identity
    text = JSON.stringify([namespace, labels, dnsDomain, dnsCapture, clusterDomain, mixer, elsewhere])
    texts.set(context, text)
  }
  return text
}
