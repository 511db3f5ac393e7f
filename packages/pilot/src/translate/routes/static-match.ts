import type { HttpMatch, HttpRoute, Labels, ObjectOf } from '@meshwork/config/kinds'

/** The name that VirtualServices use for all sidecars. */
export const MESH_GATEWAY = 'mesh'

/** What is known about a proxy before any request: conditions on it are decided here, not in the proxy. */
export interface Caller {
  readonly namespace: string
  readonly labels: Labels
  /** `['mesh']` for sidecars, the full names (`namespace/name`) of the gateways served for gateway proxies. */
  readonly gateways: readonly string[]
  /** The port that the request came to. */
  readonly port: number
}

/** Whether the conditions of the block on source, gateway and port hold for `caller`. */
function holdsFor(match: HttpMatch, caller: Caller, ruleNamespace: string): boolean {
  if (match.port !== undefined && match.port !== 0 && match.port !== caller.port) return false
  if (match.sourceNamespace !== undefined && match.sourceNamespace !== '' && match.sourceNamespace !== caller.namespace) return false
  if (!hasLabels(caller.labels, match.sourceLabels)) return false
  if (match.gateways.length === 0) return true
  return match.gateways.some(gateway => caller.gateways.includes(gatewayKey(gateway, ruleNamespace)))
}

/** The match blocks of a rule that can apply; `'all'` if it has none, an empty list if the rule is out for this caller. */
export function applicableMatches(rule: HttpRoute, caller: Caller, ruleNamespace: string): readonly HttpMatch[] | 'all' {
  if (rule.match.length === 0) return 'all'
  return rule.match.filter(match => holdsFor(match, caller, ruleNamespace))
}

/** Whether any rule can apply to requests of `caller`. */
export function hasRoutesFor({ meta, spec }: ObjectOf<'VirtualService'>, caller: Caller): boolean {
  return spec.http.some(rule => {
    const matches = applicableMatches(rule, caller, meta.namespace)
    return matches === 'all' || matches.length > 0
  })
}

export function hasLabels(actual: Labels, wanted: Labels): boolean {
  for (const key of Object.keys(wanted)) if (actual[key] !== wanted[key]) return false
  return true
}

/** `mesh`, or `namespace/name` from `name`, `namespace/name` and Istio 1.0's `name.namespace.svc.cluster.local`. */
export function gatewayKey(written: string, namespace: string): string {
  if (written === MESH_GATEWAY) return MESH_GATEWAY
  if (written.includes('/')) return written
  const [name = '', ns, svc] = written.split('.')
  return svc === 'svc' && ns !== undefined ? `${ns}/${name}` : `${namespace}/${written}`
}
