import { type ConfigObject, isKind, type MeshConfigSpec, objectKeyText, type ObjectOf } from '@meshwork/config/kinds'
import { type ConfigBatch, keyTextOf } from '@meshwork/config/source'
import type { SecretDemand } from '@meshwork/kube/source'

type Labels = Readonly<Record<string, string>>

interface Workload {
  readonly namespace: string
  readonly labels: Labels
}

/** What has a part in asking for Secrets. */
interface Asking {
  /** Of the pods of gateways; null: the object selects none. */
  readonly selector: Labels | null
  /** The gateways need Secrets for their own servers. */
  readonly serves: boolean
  /** A namespace that needs them whoever runs there; all gateways need them then, for their calls. */
  readonly calls: string | null
}

/**
 * Where Secrets with TLS credentials are needed: in the namespaces of the pods that a Gateway or an Ingress with credentials selects,
 * and where a DestinationRule with a credential stands. State: what asks for them, and the labels of workloads.
 */
export class GatewaySecretDemand implements SecretDemand {
  private readonly ingressLabels: Labels
  private readonly asking = new Map<string, Asking>()
  private readonly workloads = new Map<string, Workload>()
  private known: ReadonlySet<string> | null = null

  constructor({ ingressSelector }: Pick<MeshConfigSpec, 'ingressSelector'>) {
    this.ingressLabels = { istio: ingressSelector }
  }

  take({ upserts, deletes }: ConfigBatch): void {
    for (const key of deletes.map(objectKeyText)) {
      const isNews = this.asking.delete(key) || this.workloads.delete(key)
      if (isNews) this.known = null
    }
    for (const object of upserts) this.put(keyTextOf(object), object)
  }

  get namespaces(): ReadonlySet<string> {
    this.known ??= this.demanded()
    return this.known
  }

  private put(key: string, object: ConfigObject): void {
    const labels = labelsOf(object)
    if (labels !== null) {
      const before = this.workloads.get(key)
      this.workloads.set(key, { namespace: object.meta.namespace, labels })
      // Pods change all the time, their labels hardly ever.
      if (before === undefined || !isSame(before.labels, labels)) this.known = null
    }
    const asking = this.askingOf(object)
    if (asking === null && !this.asking.delete(key)) return
    if (asking !== null) this.asking.set(key, asking)
    this.known = null
  }

  private askingOf(object: ConfigObject): Asking | null {
    if (isKind(object, 'Gateway')) {
      // Of a Gateway for every gateway it is unknown which pods those are: those of the usual one.
      const isSelective = Object.keys(object.spec.selector).length > 0
      return { selector: isSelective ? object.spec.selector : this.ingressLabels, serves: namesCredential(object), calls: null }
    }
    if (isKind(object, 'Ingress')) return { selector: this.ingressLabels, serves: object.spec.tls.length > 0, calls: null }
    if (!isKind(object, 'DestinationRule') || !JSON.stringify(object.spec).includes('"credentialName":"')) return null
    return { selector: null, serves: false, calls: object.meta.namespace }
  }

  private demanded(): ReadonlySet<string> {
    const demands = [...this.asking.values()]
    const callers = demands.flatMap(({ calls }) => calls ?? [])
    const selectors = new Map(
      demands.flatMap(({ selector, serves }) =>
        selector !== null && (serves || callers.length > 0) ? [[JSON.stringify(selector), selector] as const] : [],
      ),
    )
    const selected = [...this.workloads.values()].filter(({ labels }) => [...selectors.values()].some(each => matches(each, labels)))
    return new Set([...callers, ...selected.map(({ namespace }) => namespace)])
  }
}

function namesCredential({ spec }: ObjectOf<'Gateway'>): boolean {
  return spec.servers.some(({ tls }) => (tls?.credentialName ?? '') !== '' || (tls?.credentialNames.length ?? 0) > 0)
}

/** Of a workload that may be a gateway; null for everything else. */
function labelsOf(object: ConfigObject): Labels | null {
  if (isKind(object, 'Pod')) return object.meta.labels
  return isKind(object, 'WorkloadEntry') ? { ...object.meta.labels, ...object.spec.labels } : null
}

function matches(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value)
}

function isSame(a: Labels, b: Labels): boolean {
  return Object.keys(a).length === Object.keys(b).length && matches(a, b)
}
