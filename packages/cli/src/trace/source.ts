import { isKind, type Labels, type ObjectOf } from '@meshwork/config/kinds'
import { selects } from '@meshwork/config/registry'
import { MeshError } from '@meshwork/core/result'
import { parseProxyNode, type ProxyNode } from '@meshwork/pilot/view'
import { nearest } from '../command/nearest.ts'
import type { MeshModel } from './mesh-model.ts'

/** Who sends the request. */
export interface Source {
  readonly node: ProxyNode
  /** For people: `pod default/productpage-v1`, `the gateway istio=ingressgateway`. */
  readonly title: string
  readonly pod: ObjectOf<'Pod'> | undefined
}

/** Words for a client outside of the mesh. */
const OUTSIDE: ReadonlySet<string> = new Set(['outside', 'internet', 'ingress', 'gateway', 'istio-ingressgateway'])

/** `productpage-v1`, `productpage` (its app), `pod/x`, `deploy/x`, `x.namespace`; `gateway` for a client outside of the mesh. */
export function findSource(typed: string, model: MeshModel): Source {
  const name = typed.replace(/^(?:pod|po|deploy|deployment|svc|service|sidecar)\//, '')
  const pods = model.objects.filter(object => isKind(object, 'Pod'))
  const found = pods.find(pod => namesOf(pod).includes(name))
  if (found !== undefined) return sourceOfPod(found, model)
  if (OUTSIDE.has(name)) return sourceOfGateway(model)
  const known = [...new Set(pods.map(pod => pod.meta.name))]
  const guess = nearest(name, [...new Set(pods.flatMap(namesOf))])
  throw new MeshError('UNKNOWN_WORKLOAD', `there is no workload '${typed}'${guess === undefined ? '' : `, did you mean '${guess}'?`}`, {
    source: 'config',
    nextStep:
      known.length === 0
        ? 'name the files that hold its Deployment or Pod: -f FOLDER'
        : `choose one of: ${known.slice(0, MOST_NAMES).join(', ')}${known.length > MOST_NAMES ? ' …' : ''}, or gateway`,
  })
}

/** More names than that help nobody. */
const MOST_NAMES = 12

function namesOf({ meta }: ObjectOf<'Pod'>): readonly string[] {
  const app = meta.labels['app'] ?? meta.labels['app.kubernetes.io/name']
  const names = app === undefined ? [meta.name] : [meta.name, app]
  return [...names, ...names.map(name => `${name}.${meta.namespace}`)]
}

function sourceOfPod(pod: ObjectOf<'Pod'>, model: MeshModel): Source {
  const { name, namespace, labels } = pod.meta
  const gateway = model.snapshot.gateways.find(({ spec }) => selects(spec.selector, labels))
  const kind = gateway === undefined ? 'sidecar' : 'router'
  const node = nodeOf(
    kind,
    name,
    namespace,
    labels,
    pod.spec.status.podIP ?? '0.0.0.0',
    pod.spec.serviceAccountName,
    interceptionOf(pod, model),
  )
  return { node, title: `${kind === 'router' ? 'gateway' : 'pod'} ${namespace}/${name}`, pod }
}

/** The proxies of the first Gateway, which need not be in the files. */
function sourceOfGateway(model: MeshModel): Source {
  const [gateway] = model.snapshot.gateways
  if (gateway === undefined) {
    throw new MeshError('UNKNOWN_WORKLOAD', 'there is no Gateway in these files, so nobody outside of the mesh gets in', {
      source: 'config',
      nextStep: 'add a Gateway, or trace from a workload',
    })
  }
  const { selector } = gateway.spec
  const pod = model.objects.filter(object => isKind(object, 'Pod')).find(({ meta }) => selects(selector, meta.labels))
  if (pod !== undefined) return sourceOfPod(pod, model)
  const words = Object.entries(selector).map(([key, value]) => `${key}=${value}`)
  const node = nodeOf('router', 'gateway', gateway.meta.namespace, selector, '10.244.255.254', 'default', 'REDIRECT')
  return { node, title: `outside, by the gateway proxies ${words.join(',')}`, pod: undefined }
}

/** Without capture the application calls its proxy itself; then the Sidecar object says so. */
function interceptionOf(pod: ObjectOf<'Pod'>, { snapshot }: MeshModel): string {
  const own = snapshot.sidecars.find(
    ({ meta, spec }) => meta.namespace === pod.meta.namespace && selects(spec.workloadSelector?.labels ?? {}, pod.meta.labels),
  )
  const listeners = [...(own?.spec.egress ?? []), ...(own?.spec.ingress ?? [])]
  return listeners.length > 0 && listeners.every(each => each.captureMode === 'NONE') ? 'NONE' : 'REDIRECT'
}

/** The proxy of a pod, as it would present itself. */
export function nodeOfPod(pod: ObjectOf<'Pod'>, model: MeshModel): ProxyNode {
  return sourceOfPod(pod, model).node
}

function nodeOf(
  kind: 'sidecar' | 'router',
  name: string,
  namespace: string,
  labels: Labels,
  ip: string,
  serviceAccount: string,
  interception: string,
): ProxyNode {
  const parsed = parseProxyNode({
    id: `${kind}~${ip}~${name}.${namespace}~${namespace}.svc.cluster.local`,
    cluster: name,
    locality: { region: '', zone: '', subZone: '' },
    userAgentName: 'meshwork',
    metadata: {
      NAMESPACE: namespace,
      LABELS: labels,
      SERVICE_ACCOUNT: serviceAccount,
      INTERCEPTION_MODE: interception,
      MESHWORK_VERSION: '1',
    },
  })
  if (parsed.kind === 'err') throw new MeshError('UNKNOWN_WORKLOAD', parsed.error, { source: 'config' })
  return parsed.value
}
