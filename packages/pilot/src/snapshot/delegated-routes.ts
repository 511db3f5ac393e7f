import { type HttpMatch, type HttpRoute, mergeDelegate, type ObjectOf, type Origin } from '@meshwork/config/kinds'
import { leftOut } from '../repair/header-operations.ts'
import { isExportedTo } from '../view/host-pattern.ts'
import { fullHost } from '../translate/routes/destination.ts'
import { gatewayKey } from '../translate/routes/static-match.ts'
import type { ViewFinding } from '../view/view-finding.ts'

type VirtualService = ObjectOf<'VirtualService'>

/** A VirtualService whose delegated routes stand in it. */
export interface CompleteVirtualService extends VirtualService {
  /** Where the parts were written that its routes come from; absent without delegates. */
  readonly parts?: readonly Origin[]
  /** Routes of it and of its parts that count for nothing; absent without delegates. */
  readonly findings?: readonly ViewFinding[]
}

/** Finds a VirtualService by `namespace/name`. */
export type FindPart = (key: string) => VirtualService | undefined

/** Whether the object is only a part that others delegate to. */
export function isPart(object: VirtualService): boolean {
  return object.spec.hosts.length === 0
}

/**
 * The object with the routes of its parts in place of those that delegate to them. A part that does not exist, is none (it has
 * hosts) or is not exported to the object's namespace takes only its route away.
 */
export function withDelegatedRoutes(object: VirtualService, clusterDomain: string, find: FindPart): CompleteVirtualService {
  const { meta, spec } = object
  if (spec.http.every(route => route.delegate === undefined)) return object
  const parts: Origin[] = []
  const findings: ViewFinding[] = []
  const http = spec.http.flatMap((route, i) => {
    if (route.delegate === undefined) return [route]
    const key = `${route.delegate.namespace || meta.namespace}/${route.delegate.name ?? ''}`
    const part = find(key)
    if (part === undefined || !isPart(part) || !isExportedTo(part.spec.exportTo, part.meta.namespace, meta.namespace)) {
      findings.push({ origin: object.origin, violation: leftOut(`spec.http[${i}].delegate`, whyNot(key, part)) })
      return []
    }
    parts.push(part.origin)
    const root = { ...route, match: route.match.map(match => withFullGateways(match, meta.namespace)) }
    const own = part.spec.http.map(each => withFullNames(each, part.meta.namespace, clusterDomain))
    const { routes, conflicting } = mergeDelegate(root, own)
    const reason = `${meta.namespace}/${meta.name} delegates to it at spec.http[${i}], whose matches it contradicts`
    findings.push(...conflicting.map(index => ({ origin: part.origin, violation: leftOut(`spec.http[${index}]`, reason) })))
    return routes
  })
  return { ...object, spec: { ...spec, http }, parts, findings }
}

function whyNot(key: string, part: VirtualService | undefined): string {
  if (part === undefined) return `there is no VirtualService ${key}`
  return isPart(part) ? `${key} is not exported to this namespace` : `${key} has hosts of its own`
}

/** What a part names is meant as seen from its own namespace, wherever its routes end up. */
function withFullNames(route: HttpRoute, namespace: string, clusterDomain: string): HttpRoute {
  const full = <T extends { readonly host: string }>(destination: T): T => ({
    ...destination,
    host: fullHost(destination.host, namespace, clusterDomain),
  })
  return {
    ...route,
    match: route.match.map(match => withFullGateways(match, namespace)),
    route: route.route.map(entry => ({ ...entry, destination: full(entry.destination) })),
    mirrors: route.mirrors.map(mirror => ({ ...mirror, destination: full(mirror.destination) })),
    ...(route.mirror === undefined ? {} : { mirror: full(route.mirror) }),
  }
}

function withFullGateways(match: HttpMatch, namespace: string): HttpMatch {
  return match.gateways.length === 0 ? match : { ...match, gateways: match.gateways.map(gateway => gatewayKey(gateway, namespace)) }
}
