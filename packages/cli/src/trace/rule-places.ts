import { isDeepStrictEqual } from 'node:util'
import { type HttpMatch, type HttpRoute, isKind, mergeDelegate, type ObjectOf } from '@meshwork/config/kinds'
import { buildRouteMatch } from '@meshwork/pilot/translate'
import { at, asText } from '../mesh-api/json-reader.ts'
import type { Route } from './match-route.ts'
import type { MeshModel } from './mesh-model.ts'

type VirtualService = ObjectOf<'VirtualService'>

/** A match block of a rule, or a rule without any, where it was written. */
export interface RulePlace {
  readonly object: VirtualService
  readonly path: string
  readonly rule: HttpRoute
  /** As it takes effect: with that of the delegating rule. */
  readonly match: HttpMatch | undefined
}

/** The VirtualService that a route was made from: pilot says so in the route's metadata, in Istio's form. */
export function virtualServiceOf(route: Route, model: MeshModel): VirtualService | undefined {
  const config = asText(at(route.metadata?.filterMetadata['istio'], 'config'))
  const [, namespace, name] = /\/namespaces\/([^/]+)\/virtual-service\/([^/]+)$/.exec(config) ?? []
  if (namespace === undefined || name === undefined) return undefined
  return find(namespace, name, model)
}

/** All rules of a VirtualService in order, those that it delegates included. */
export function placesOf(object: VirtualService, model: MeshModel): readonly RulePlace[] {
  return object.spec.http.flatMap((rule, i) => {
    if (rule.delegate === undefined) return placesOfRule(object, rule, rule, i)
    const part = find(rule.delegate.namespace || object.meta.namespace, rule.delegate.name ?? '', model)
    if (part === undefined) return []
    return part.spec.http.flatMap((inner, j) => mergeDelegate(rule, [inner]).routes.flatMap(merged => placesOfRule(part, merged, inner, j)))
  })
}

function placesOfRule(object: VirtualService, effective: HttpRoute, written: HttpRoute, index: number): readonly RulePlace[] {
  const path = `spec.http[${index}]`
  if (effective.match.length === 0) return [{ object, path, rule: effective, match: undefined }]
  return effective.match.map((match, j) => ({
    object,
    path: written.match.length === 0 ? path : `${path}.match[${Math.min(j, written.match.length - 1)}]`,
    rule: effective,
    match,
  }))
}

/** Which of the places a route was made from. Of equal ones the first, because it takes the requests. */
export function placeOfRoute(route: Route, places: readonly RulePlace[]): RulePlace | undefined {
  return places.find(({ match }) => isDeepStrictEqual(buildRouteMatch(match), route.match))
}

/** Why a rule is no route of this proxy at all; undefined if nothing is known against it. */
export function staticReason(
  { match }: RulePlace,
  caller: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> },
  port: number,
): string | undefined {
  if (match === undefined) return undefined
  if (match.port !== undefined && match.port !== 0 && match.port !== port) return `it is for port ${match.port}`
  if ((match.sourceNamespace ?? '') !== '' && match.sourceNamespace !== caller.namespace)
    return `it is for callers in the namespace ${match.sourceNamespace}, and this one is in ${caller.namespace}`
  const [missing] = Object.entries(match.sourceLabels).filter(([key, value]) => caller.labels[key] !== value)
  if (missing !== undefined)
    return `it is for callers with the label ${missing[0]}=${missing[1]}, and this one has ${caller.labels[missing[0]] ?? 'none'}`
  return match.gateways.length === 0 ? undefined : `it is for the gateways ${match.gateways.join(', ')}`
}

function find(namespace: string, name: string, { objects }: MeshModel): VirtualService | undefined {
  return objects.filter(object => isKind(object, 'VirtualService')).find(({ meta }) => meta.namespace === namespace && meta.name === name)
}
