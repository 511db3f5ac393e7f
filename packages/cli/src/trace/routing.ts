import type { HttpRoute } from '@meshwork/config/kinds'
import type { CallerView } from './outbound.ts'
import { kubernetesOrEntry, serviceFor } from './outbound.ts'
import { chooseVirtualHost, reasonAgainst, type Route, type VirtualHost } from './match-route.ts'
import type { MeshModel } from './mesh-model.ts'
import { authorityOf, type TracedRequest } from './request.ts'
import { placeOfRoute, placesOf, type RulePlace, staticReason, virtualServiceOf } from './rule-places.ts'
import type { Source } from './source.ts'
import { type Cite, type Passed, type Step, step } from './step.ts'

export interface Routed {
  readonly steps: readonly Step[]
  readonly destinations: readonly { readonly cluster: string; readonly weight: number }[]
}

/** Where one route table sends a request. */
export function routeSteps(
  table: string,
  caller: CallerView,
  request: TracedRequest,
  source: Source,
  model: MeshModel,
  cite: Cite,
): Routed {
  const message = caller.view.routes.find(({ resource }) => resource.name === table)?.message
  const authority = authorityOf(request)
  const chosen = message === undefined ? undefined : chooseVirtualHost(message, authority)
  if (chosen === undefined) {
    const ends = '404: no virtual host has this name. A VirtualService or Service must name it'
    return { steps: [step('virtual host', `none of the table '${table}' is for ${authority}`, { ends })], destinations: [] }
  }
  const host = hostStep(chosen.host, chosen.domain, authority, source, model, cite)
  const route = chosen.host.routes.find(each => reasonAgainst(each, request) === undefined)
  if (route === undefined) {
    const passed = passedRoutes(chosen.host, undefined, request, source, model, cite)
    return { steps: [host, step('route', 'no route matches', { passed, ends: '404 with the flag NR' })], destinations: [] }
  }
  const routed = routeStep(route, chosen.host, request, source, model, cite)
  return { steps: [host, routed], destinations: routed.ends === undefined ? destinationsOf(route) : [] }
}

function hostStep(host: VirtualHost, domain: string, authority: string, source: Source, model: MeshModel, cite: Cite): Step {
  if (host.name === 'allow_any')
    return step('virtual host', 'allow_any', {
      because: `nothing in the mesh is called ${authority}, and outboundTrafficPolicy is ALLOW_ANY`,
    })
  if (host.name === 'block_all')
    return step('virtual host', 'block_all', {
      because: `nothing in the mesh is called ${authority}, and outboundTrafficPolicy is REGISTRY_ONLY`,
    })
  const service = serviceFor(host.name.replace(/:\d+$/, ''), source.node.namespace, model)
  const because = domain === '*' ? 'it takes every host' : `the host ${authority} is '${domain}'`
  return step('virtual host', host.name, { because, at: service === undefined ? [] : [cite(kubernetesOrEntry(service), 'metadata.name')] })
}

function routeStep(route: Route, host: VirtualHost, request: TracedRequest, source: Source, model: MeshModel, cite: Cite): Step {
  const place = placeFor(route, model)
  const passed = passedRoutes(host, route, request, source, model, cite)
  const at = place === undefined ? [] : [cite(place.object, place.path)]
  const effects = place === undefined ? [] : effectsOf(place.rule)
  const ends = endOf(route, host) ?? (place === undefined ? undefined : abortOf(place.rule))
  const because =
    place === undefined
      ? 'no VirtualService is for this host and caller'
      : place.match === undefined
        ? 'it takes every request'
        : 'all conditions of the match hold'
  return step('route', targetWords(route), { because, at, passed, effects, ...(ends !== undefined && { ends }) })
}

function placeFor(route: Route, model: MeshModel): RulePlace | undefined {
  const object = virtualServiceOf(route, model)
  return object === undefined ? undefined : placeOfRoute(route, placesOf(object, model))
}

/** Routes and rules before the deciding one, in order, with the reason why each did not take the request. */
function passedRoutes(
  host: VirtualHost,
  deciding: Route | undefined,
  request: TracedRequest,
  source: Source,
  model: MeshModel,
  cite: Cite,
): readonly Passed[] {
  const end = deciding === undefined ? host.routes.length : host.routes.indexOf(deciding)
  const earlier = host.routes.slice(0, end).map(route => ({ place: placeFor(route, model), why: reasonAgainst(route, request) ?? '' }))
  const own = deciding === undefined ? undefined : placeFor(deciding, model)
  const object = own?.object ?? earlier.find(({ place }) => place !== undefined)?.place?.object ?? unusedRules(host, source, model)
  const port = Number(/:(\d+)$/.exec(host.name)?.[1] ?? request.port)
  const known = new Map(earlier.map(({ place, why }) => [placeKey(place), why]))
  const places = object === undefined ? [] : placesOf(object, model)
  const stop = places.findIndex(place => own !== undefined && placeKey(place) === placeKey(own))
  const ofObject = (stop < 0 ? places : places.slice(0, stop)).map(place => ({
    what: labelOf(place),
    why: known.get(placeKey(place)) ?? staticReason(place, source.node, port) ?? 'it does not apply to this proxy',
    at: cite(place.object, place.path),
  }))
  const listed = new Set(places.map(placeKey))
  const others = earlier.flatMap(({ place, why }) =>
    place === undefined || listed.has(placeKey(place)) ? [] : [{ what: labelOf(place), why, at: cite(place.object, place.path) }],
  )
  return [...others, ...ofObject]
}

/** The VirtualService of a host all of whose rules are for others: the default route then looks as if there were none. */
function unusedRules(host: VirtualHost, source: Source, model: MeshModel): RulePlace['object'] | undefined {
  if (source.node.kind === 'router') return undefined
  const name = host.name.replace(/:\d+$/, '')
  const object = model.snapshot.virtualServices.find(
    ({ spec }) => spec.gateways.includes('mesh') && spec.hosts.some(each => each.toLowerCase() === name),
  )
  return object === undefined ? undefined : { ...object }
}

function placeKey(place: RulePlace | undefined): string {
  return place === undefined ? '' : `${place.object.meta.namespace}/${place.object.meta.name} ${place.path}`
}

function labelOf({ rule, path }: RulePlace): string {
  const name = rule.name ?? ''
  return name === '' ? path : `${path} ('${name}')`
}

function destinationsOf(route: Route): Routed['destinations'] {
  if (route.action?.$case !== 'route') return []
  const specifier = route.action.value.clusterSpecifier
  if (specifier?.$case === 'cluster') return [{ cluster: specifier.value, weight: 1 }]
  if (specifier?.$case !== 'weightedClusters') return []
  return specifier.value.clusters.map(({ name, weight }) => ({ cluster: name, weight: weight ?? 0 })).filter(({ weight }) => weight > 0)
}

function targetWords(route: Route): string {
  const destinations = destinationsOf(route)
  const total = destinations.reduce((sum, { weight }) => sum + weight, 0)
  if (destinations.length > 1)
    return `${destinations.map(({ cluster, weight }) => `${Math.round((weight / total) * 100)} % ${cluster}`).join(', ')}`
  const [only] = destinations
  if (only !== undefined) return `to ${only.cluster}`
  return route.action?.$case === 'redirect' ? 'a redirect' : 'an answer of the proxy itself'
}

function endOf(route: Route, host: VirtualHost): string | undefined {
  switch (route.action?.$case) {
    case 'redirect': {
      const { hostRedirect, pathRewriteSpecifier } = route.action.value
      const path = pathRewriteSpecifier?.$case === 'pathRedirect' ? pathRewriteSpecifier.value : ''
      return `the proxy answers with a redirect${hostRedirect === '' && path === '' ? '' : ` to ${hostRedirect}${path}`}`
    }
    case 'directResponse':
      return host.name === 'block_all'
        ? '502: the host is not in the mesh. Add a ServiceEntry for it'
        : `the proxy answers ${route.action.value.status} itself`
    default:
      return undefined
  }
}

const ALL = 100

/** A fault that takes every request. */
function abortOf({ fault }: HttpRoute): string | undefined {
  const abort = fault?.abort
  if (abort === undefined || abort.percent < ALL || statusOf(abort) === '') return undefined
  return `the proxy answers ${statusOf(abort)} itself: a fault is injected (flag FI). Remove the fault to reach the service`
}

function statusOf({ httpStatus, grpcStatus }: NonNullable<NonNullable<HttpRoute['fault']>['abort']>): string {
  return grpcStatus === undefined ? String(httpStatus ?? '') : `gRPC status ${grpcStatus}`
}

/** What else a rule does. */
function effectsOf(rule: HttpRoute): readonly string[] {
  const { fault, retries, rewrite, mirrors, mirror, corsPolicy } = rule
  return [
    ...(fault?.delay === undefined
      ? []
      : [`a fault delays ${fault.delay.percent} % of the requests by ${fault.delay.fixedDelayMs ?? 0} ms (flag DI)`]),
    ...(fault?.abort === undefined
      ? []
      : [`a fault answers ${fault.abort.percent} % of the requests with ${statusOf(fault.abort)} (flag FI)`]),
    ...(rule.timeoutMs === undefined ? [] : [`timeout ${rule.timeoutMs} ms`]),
    ...(retries === undefined ? [] : [`up to ${retries.attempts} retries`]),
    ...(rewrite === undefined ? [] : [`the request is rewritten${rewrite.uri === undefined ? '' : ` to ${rewrite.uri}`}`]),
    ...[...(mirror === undefined ? [] : [mirror]), ...mirrors.map(each => each.destination)].map(({ host }) => `a copy goes to ${host}`),
    ...(corsPolicy === undefined ? [] : ['CORS headers']),
  ]
}
