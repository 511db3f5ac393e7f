import { MESH_GATEWAY, type ObjectOf } from '../../kinds/index.ts'
import { suggest } from '../../kinds/parse/suggest.ts'
import type { AnalysisContext } from '../context.ts'
import { destinationsOf, type NamedDestination } from '../destinations.ts'
import type { Draft, Rule } from '../finding.ts'

/** Gateways, hosts, subsets and delegates that a VirtualService names must exist. */
export const referencedResourceNotFound: Rule = {
  code: 'IST0101',
  name: 'ReferencedResourceNotFound',
  severity: 'error',
  summary: 'something is named that does not exist: a gateway, host, subset, delegate, secret or workload',
  check: context =>
    context
      .of('VirtualService')
      .flatMap(route => [
        ...missingGateways(route, context),
        ...destinationsOf(route).flatMap(named => missingDestination(route, named, context)),
        ...missingDelegates(route, context),
      ]),
}

function missing(object: ObjectOf<'VirtualService'>, path: string, what: string, name: string, remedy: string): Draft {
  return { object, path, message: `there is no ${what} '${name}'`, remedy }
}

function missingGateways(route: ObjectOf<'VirtualService'>, context: AnalysisContext): readonly Draft[] {
  const own = route.spec.gateways.map((name, i) => ({ name, path: `spec.gateways[${i}]` }))
  const inMatches = route.spec.http.flatMap((http, i) =>
    http.match.flatMap((match, j) => match.gateways.map((name, k) => ({ name, path: `spec.http[${i}].match[${j}].gateways[${k}]` }))),
  )
  return [...own, ...inMatches]
    .filter(({ name }) => name !== MESH_GATEWAY && context.gateway(name, route) === undefined)
    .map(({ name, path }) => missing(route, path, 'gateway', name, "create it, or write 'namespace/name' if it is in another namespace"))
}

function missingDestination(route: ObjectOf<'VirtualService'>, named: NamedDestination, context: AnalysisContext): readonly Draft[] {
  const { path, destination } = named
  if (destination.host.startsWith('*')) return []
  if (context.service(destination.host, route) === undefined) {
    const full = context.fullHost(destination.host, route)
    return [missing(route, `${path}.host`, 'host', full, remedyForHost(full, context))]
  }
  const { subset } = destination
  if (subset === undefined || subset === '') return []
  const known = context.destinationRules(destination.host, route).flatMap(({ spec }) => spec.subsets.map(({ name }) => name))
  if (known.includes(subset)) return []
  const remedy =
    known.length === 0 ? 'create a DestinationRule with this subset for the host' : `the host has the subsets ${known.join(', ')}`
  return [missing(route, `${path}.subset`, 'subset', `${destination.host}/${subset}`, remedy)]
}

function remedyForHost(host: string, context: AnalysisContext): string {
  const create = 'create the Service, or a ServiceEntry for a host outside of the mesh'
  const nearest = suggest(
    host,
    context.registry.services.map(({ hostname }) => hostname),
  )
  return nearest === undefined ? create : `did you mean '${nearest}'? Otherwise ${create}`
}

function missingDelegates(route: ObjectOf<'VirtualService'>, context: AnalysisContext): readonly Draft[] {
  return route.spec.http.flatMap(({ delegate }, i) => {
    if (delegate === undefined) return []
    const [namespace, name] = [delegate.namespace ?? route.meta.namespace, delegate.name ?? '']
    const exists = context.of('VirtualService').some(({ meta }) => meta.namespace === namespace && meta.name === name)
    return exists ? [] : [missing(route, `spec.http[${i}].delegate`, 'VirtualService', `${namespace}/${name}`, 'create it, without hosts')]
  })
}
