import { parse } from 'yaml'
import { PROXY_CONFIG } from './check-annotations.ts'
import { goView } from './go-view.ts'
import type { InjectionSettings } from './injection-settings.ts'
import { type Fields, fieldsOf, isFields, scalarText, textOf, textsOf } from './json.ts'
import { strategicMerge } from './strategic-merge.ts'
import { ownerUrl, type Workload } from './workload-of.ts'

/** What only the injector knows. */
export interface InjectorFacts {
  /** `default`, or that of this control plane. */
  readonly revision: string
  /** Whether nodes start native sidecars (Kubernetes 1.29 and later); decides where nothing else does. */
  readonly supportsNativeSidecars: boolean
}

/** A pod with what it is part of. */
export interface PodInPlace {
  readonly pod: Fields
  readonly namespace: string
  readonly workload: Workload
}

/** How the application waits for the proxy. */
export interface StartOrder {
  /** The proxy is an init container that stays. */
  readonly native: boolean
  /** Else: the first container, and the next ones are held back until it is ready. */
  readonly gate: boolean
}

const NATIVE = 'sidecar.istio.io/nativeSidecar'
const PROXY_IMAGE = 'sidecar.istio.io/proxyImage'
const DISCOVERY = 'sidecar.istio.io/discoveryAddress'
export const STATUS_PORT = 'status.sidecar.istio.io/port'
const PROXY_USER = 1337

/** Under the names that templates of Istio know, and `StartGate`, `WorkloadName` and `Owner`. */
export function templateData({ pod, namespace, workload }: PodInPlace, settings: InjectionSettings, facts: InjectorFacts): Fields {
  const metadata = { labels: {}, annotations: {}, name: '', ...fieldsOf(pod['metadata']), namespace }
  const proxyConfig = proxyConfigOf(metadata, settings)
  const { native, gate } = startOrder(metadata, settings, facts)
  const { apiVersion, kind, name } = workload
  return {
    TypeMeta: { APIVersion: apiVersion, Kind: kind },
    DeploymentMeta: { Name: name, Namespace: namespace },
    ObjectMeta: goView(metadata),
    Spec: goView({ containers: [], initContainers: [], volumes: [], serviceAccountName: '', ...fieldsOf(pod['spec']) }),
    ProxyConfig: goView(proxyConfig),
    MeshConfig: goView({ trustDomain: 'cluster.local', ...settings.mesh }),
    Values: settings.values,
    Revision: facts.revision,
    NativeSidecars: native,
    StartGate: gate,
    ProxyImage: proxyImage(textsOf(metadata.annotations)[PROXY_IMAGE], fieldsOf(settings.values['global'])),
    ProxyUID: PROXY_USER,
    ProxyGID: PROXY_USER,
    InboundTrafficPolicyMode: textOf(fieldsOf(settings.mesh['inboundTrafficPolicy'])['mode']) || 'PASSTHROUGH',
    CompliancePolicy: '',
    EstimatedConcurrency: Number(proxyConfig['concurrency'] ?? 0),
    WorkloadName: name,
    Owner: ownerUrl(workload, namespace),
  }
}

/** The pod's wish, then the value of the installation (`true`, `false`; anything else leaves it to the cluster), then the cluster. */
export function startOrder(metadata: Fields, settings: InjectionSettings, facts: InjectorFacts): StartOrder {
  const proxy = fieldsOf(fieldsOf(settings.values['global'])['proxy'])
  const wish = flag(textsOf(metadata['annotations'])[NATIVE]) ?? flag(textsOf(metadata['labels'])[NATIVE]) ?? flag(proxy['nativeSidecars'])
  const native = wish ?? facts.supportsNativeSidecars
  const hold = flag(proxyConfigOf(metadata, settings)['holdApplicationUntilProxyStarts']) ?? flag(proxy['holdApplicationUntilProxyStarts'])
  return { native, gate: !native && hold !== false }
}

/** The mesh's, changed by what the pod says of itself. */
function proxyConfigOf(metadata: Fields, { mesh }: InjectionSettings): Fields {
  const annotations = textsOf(metadata['annotations'])
  const own: unknown = parse(annotations[PROXY_CONFIG] ?? '')
  const status = annotations[STATUS_PORT]
  const address = annotations[DISCOVERY]
  const wishes = {
    ...(address !== undefined && { discoveryAddress: address }),
    ...(status !== undefined && { statusPort: Number(status) }),
  }
  const base = strategicMerge(fieldsOf(mesh['defaultConfig']), wishes)
  return isFields(own) ? strategicMerge(base, own) : base
}

/** `hub/name:tag[-variant]`, unless the name is an image already. */
function proxyImage(wish: string | undefined, { hub, tag, variant, proxy }: Fields): string {
  const image = wish ?? (textOf(fieldsOf(proxy)['image']) || 'proxy')
  if (image.includes('/')) return image
  return `${textOf(hub)}/${image}:${scalarText(tag) || 'latest'}${textOf(variant) === '' ? '' : `-${textOf(variant)}`}`
}

function flag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  return value === 'true' ? true : value === 'false' ? false : undefined
}
