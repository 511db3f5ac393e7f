import { isKind, type ObjectOf } from '@meshwork/config/kinds'
import { peerTlsFor, policiesFor, type ProxyNode } from '@meshwork/pilot/view'
import { type Asked, verdictOf } from './authorize.ts'
import type { MeshModel } from './mesh-model.ts'
import type { TracedRequest } from './request.ts'
import { nodeOfPod, type Source } from './source.ts'
import { type Cite, type Passed, type Step, step } from './step.ts'

/** A request that arrives at a pod. */
export interface Arrival {
  readonly pod: ObjectOf<'Pod'>
  readonly port: number
  readonly mutualTls: boolean
  readonly http: boolean
  readonly request: TracedRequest
  readonly source: Source
}

/** What the proxy of the server decides: whether the connection is taken, and whether policies let the request pass. */
export function inboundSteps(arrival: Arrival, model: MeshModel, cite: Cite): readonly Step[] {
  const node = nodeOfPod(arrival.pod, model)
  const tls = tlsStep(arrival, node, model, cite)
  return tls.ends === undefined ? [tls, ...policySteps(arrival, node, model, cite)] : [tls]
}

function tlsStep({ port, mutualTls, pod }: Arrival, node: ProxyNode, { snapshot }: MeshModel, cite: Cite): Step {
  const { rootNamespace } = snapshot.mesh
  const target = { namespace: node.namespace, labels: node.labels, port }
  const mode = peerTlsFor(snapshot.peerAuthentications, rootNamespace, target)
  const deciding = decidingPeerAuthentication(snapshot.peerAuthentications, rootNamespace, target)
  const at = deciding === undefined ? [] : [cite(deciding.policy, deciding.path)]
  const because = deciding === undefined ? 'no PeerAuthentication says otherwise: both are taken' : ''
  const name = pod.meta.name
  if (mode === 'strict' && !mutualTls) {
    return step('server mTLS', `${name} refuses plain text on port ${port}`, {
      because,
      at,
      ends: 'the connection is closed; the caller sees 503 with the flag UC. Give the caller a sidecar, or use mode PERMISSIVE',
    })
  }
  if (mode === 'disable' && mutualTls) {
    return step('server mTLS', `${name} takes no mutual TLS on port ${port}`, {
      because,
      at,
      ends: 'the handshake fails; the caller sees 503. Leave tls out of the DestinationRule: it is automatic then',
    })
  }
  return step('server mTLS', `${name} takes ${mutualTls ? 'mutual TLS' : 'plain text'} on port ${port} (mode ${mode.toUpperCase()})`, {
    because,
    at,
  })
}

interface Deciding {
  readonly policy: ObjectOf<'PeerAuthentication'>
  readonly path: string
}

/** The object that `peerTlsFor` went by: without it, and all that rank below, the answer would come from elsewhere. */
export function decidingPeerAuthentication(
  policies: readonly ObjectOf<'PeerAuthentication'>[],
  rootNamespace: string,
  target: { readonly namespace: string; readonly labels: Readonly<Record<string, string>>; readonly port: number },
): Deciding | undefined {
  const isWide = ({ spec }: ObjectOf<'PeerAuthentication'>): boolean => Object.keys(spec.selector?.matchLabels ?? {}).length === 0
  const here = policies.filter(({ meta }) => meta.namespace === target.namespace)
  const own = here.find(
    policy =>
      !isWide(policy) && Object.entries(policy.spec.selector?.matchLabels ?? {}).every(([key, value]) => target.labels[key] === value),
  )
  const port = String(target.port)
  const portMode = own?.spec.portLevelMtls[port]?.mode
  if (own !== undefined && portMode !== undefined && portMode !== 'UNSET') return { policy: own, path: `spec.portLevelMtls.${port}.mode` }
  const ranked = [own, here.find(isWide), policies.find(policy => policy.meta.namespace === rootNamespace && isWide(policy))]
  const policy = ranked.find(each => each !== undefined && each.spec.mtls.mode !== 'UNSET')
  return policy === undefined ? undefined : { policy, path: 'spec.mtls.mode' }
}

function policySteps(arrival: Arrival, node: ProxyNode, { snapshot }: MeshModel, cite: Cite): readonly Step[] {
  const target = { kind: node.kind, namespace: node.namespace, labels: node.labels }
  const policies = policiesFor(snapshot.authorizationPolicies, snapshot.mesh.rootNamespace, target)
  const asked = askedOf(arrival, snapshot.mesh.trustDomain)
  const steps = [...tokenSteps(arrival, target, snapshot, cite)]
  if (policies.length === 0)
    return [...steps, step('policy', 'no AuthorizationPolicy is for this workload', { because: 'everything is allowed' })]
  const of = (action: string): typeof policies => policies.filter(({ spec }) => spec.action === action)
  for (const policy of of('CUSTOM')) {
    const verdict = verdictOf(policy, asked)
    if (verdict.rule === undefined) continue
    steps.push(
      step('policy', `${policy.spec.provider?.name ?? 'the provider'} is asked`, {
        because: 'an external authorizer decides; a trace cannot know what it says',
        at: [cite(policy, `spec.rules[${verdict.rule}]`)],
      }),
    )
  }
  return [...steps, decision(of('DENY'), of('ALLOW'), asked, cite)]
}

type Policies = readonly ObjectOf<'AuthorizationPolicy'>[]

function decision(deny: Policies, allow: Policies, asked: Asked, cite: Cite): Step {
  const passed: Passed[] = []
  for (const policy of deny) {
    const verdict = verdictOf(policy, asked)
    if (verdict.rule !== undefined) {
      return step('policy', `denied by ${policy.meta.name}`, {
        at: [cite(policy, `spec.rules[${verdict.rule}]`)],
        passed,
        ends: '403, RBAC: access denied',
      })
    }
    passed.push(
      ...verdict.reasons.map((why, i) => ({ what: `DENY ${policy.meta.name} rule ${i}`, why, at: cite(policy, `spec.rules[${i}]`) })),
    )
  }
  if (allow.length === 0) return step('policy', 'allowed', { because: 'no DENY holds, and there is no ALLOW policy', passed })
  for (const policy of allow) {
    const verdict = verdictOf(policy, asked)
    passed.push(
      ...verdict.reasons.map((why, i) => ({ what: `ALLOW ${policy.meta.name} rule ${i}`, why, at: cite(policy, `spec.rules[${i}]`) })),
    )
    if (verdict.rule !== undefined)
      return step('policy', `allowed by ${policy.meta.name}`, { at: [cite(policy, `spec.rules[${verdict.rule}]`)], passed })
    if (policy.spec.rules.length === 0)
      passed.push({ what: `ALLOW ${policy.meta.name}`, why: 'it has no rules, so it allows nothing', at: cite(policy, 'spec') })
  }
  return step('policy', 'denied', {
    because: 'there are ALLOW policies, and none of their rules holds',
    passed,
    ends: '403, RBAC: access denied',
  })
}

function tokenSteps(
  { request, http }: Arrival,
  target: Parameters<typeof policiesFor>[2],
  snapshot: MeshModel['snapshot'],
  cite: Cite,
): readonly Step[] {
  if (!http) return []
  const hasToken = request.headers.has('authorization')
  return policiesFor(snapshot.requestAuthentications, snapshot.mesh.rootNamespace, target).map(policy =>
    step('token', hasToken ? `${policy.meta.name} verifies the token` : `${policy.meta.name} lets requests without a token pass`, {
      because: hasToken ? 'a trace cannot verify it: a token that is not valid gives 401' : 'only an AuthorizationPolicy can demand one',
      at: [cite(policy, 'spec.jwtRules')],
    }),
  )
}

function askedOf({ mutualTls, source, port, request, http }: Arrival, trustDomain: string): Asked {
  const { namespace, serviceAccount } = source.node
  const principal = mutualTls ? `${trustDomain}/ns/${namespace}/sa/${serviceAccount || 'default'}` : undefined
  return { request, principal, namespace: mutualTls ? namespace : undefined, port, http }
}

/** The pod behind an endpoint. */
export function podOf(
  workload: { readonly name: string; readonly namespace: string } | undefined,
  { objects }: MeshModel,
): ObjectOf<'Pod'> | undefined {
  if (workload === undefined) return undefined
  return objects
    .filter(object => isKind(object, 'Pod'))
    .find(({ meta }) => meta.name === workload.name && meta.namespace === workload.namespace)
}
