import { violation, type Violation } from '@meshwork/core/result'
import type { KindDefinition } from './definition.ts'
import type { RawObject } from './object.ts'
import { suggest } from './parse/suggest.ts'

/** API groups in which an unknown kind must not go unnoticed: it would be a policy that nobody enforces. */
const ISTIO_GROUPS: ReadonlySet<string> = new Set([
  'networking.istio.io',
  'security.istio.io',
  'telemetry.istio.io',
  'extensions.istio.io',
  'config.istio.io',
  'authentication.istio.io',
  'rbac.istio.io',
])

/** Kinds that Istio gave up before 1.0, all of `config.istio.io`, and what they became. */
const SUCCESSORS: Readonly<Record<string, string>> = {
  RouteRule: 'VirtualService',
  DestinationPolicy: 'DestinationRule',
  EgressRule: 'ServiceEntry',
  IngressRule: 'Gateway with a VirtualService',
}

const GATEWAY_API_GROUP = 'gateway.networking.k8s.io'

/** Why a document of no known kind is refused; undefined for one that is nobody's business here. */
export function strangeKind(raw: RawObject, kinds: readonly KindDefinition[]): Violation | undefined {
  const { kind, apiVersion } = raw
  const group = groupOf(apiVersion)
  if (group === GATEWAY_API_GROUP) {
    const hint = 'write a Gateway and a VirtualService of networking.istio.io'
    return violation('kind', 'not-supported', `${kind} of the Gateway API is not supported yet`, hint)
  }
  const successor = group === 'config.istio.io' ? SUCCESSORS[kind] : undefined
  if (successor !== undefined) {
    return violation('kind', 'superseded-kind', `${kind} of ${apiVersion} is no longer read`, `write a ${successor} of networking.istio.io`)
  }
  return unknownKind(raw, group, kinds)
}

function unknownKind({ kind, apiVersion }: RawObject, group: string, kinds: readonly KindDefinition[]): Violation | undefined {
  const rivals = kinds.filter(({ apiVersions }) => apiVersions.some(version => groupOf(version) === group))
  const same = rivals.find(rival => rival.kind === kind)
  if (same !== undefined) {
    return violation('apiVersion', 'unknown-version', `${kind} has no version '${apiVersion}'`, `known: ${same.apiVersions.join(', ')}`)
  }
  const nearest = suggest(
    kind,
    rivals.map(rival => rival.kind),
  )
  if (!ISTIO_GROUPS.has(group) && nearest === undefined) return undefined
  const hint = nearest === undefined ? undefined : `did you mean '${nearest}'?`
  return violation('kind', 'unknown-kind', `kind '${kind}' of ${apiVersion} is not known to this version`, hint)
}

/** `networking.istio.io` of `networking.istio.io/v1`; empty for the core group `v1`. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? '' : apiVersion.slice(0, slash)
}
