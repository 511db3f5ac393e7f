import type { ProxyConfigObject } from './effective-proxy-config.ts'
import { goView } from './go-view.ts'
import type { InjectionSettings } from './injection-settings.ts'
import { type Fields, fieldsOf, scalarText, textOf, textsOf } from './json.ts'
import { ownerUrl, type Workload } from './workload-of.ts'

/** What only the injector knows. */
export interface InjectorFacts {
  /** `default`, or that of this control plane. */
  readonly revision: string
  /** Whether nodes start native sidecars (Kubernetes 1.29 and later); decides where nothing else does. */
  readonly supportsNativeSidecars: boolean
  /** The ProxyConfigs of the mesh, oldest first; absent: none. */
  readonly proxyConfigs?: readonly ProxyConfigObject[]
}

/** A pod with what it is part of. */
export interface PodInPlace {
  readonly pod: Fields
  readonly namespace: string
  readonly workload: Workload
  /** Settings of its proxy. */
  readonly proxyConfig: Fields
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
const PROXY_USER = 1337

/** Under the names that templates of Istio know, and `StartGate`, `WorkloadName` and `Owner`. */
export function templateData(
  { pod, namespace, workload, proxyConfig }: PodInPlace,
  settings: InjectionSettings,
  facts: InjectorFacts,
): Fields {
  const metadata = { labels: {}, annotations: {}, name: '', ...fieldsOf(pod['metadata']), namespace }
  const { native, gate } = startOrder(metadata, proxyConfig, settings, facts)
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
export function startOrder(metadata: Fields, proxyConfig: Fields, settings: InjectionSettings, facts: InjectorFacts): StartOrder {
  const proxy = fieldsOf(fieldsOf(settings.values['global'])['proxy'])
  const wish = flag(textsOf(metadata['annotations'])[NATIVE]) ?? flag(textsOf(metadata['labels'])[NATIVE]) ?? flag(proxy['nativeSidecars'])
  const native = wish ?? facts.supportsNativeSidecars
  const hold = flag(proxyConfig['holdApplicationUntilProxyStarts']) ?? flag(proxy['holdApplicationUntilProxyStarts'])
  return { native, gate: !native && hold !== false }
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
