import type { MeshNetworksSpec, ObjectOf, ServicePortSpec } from '../kinds/index.ts'
import type { ModelPort, Service } from './model.ts'
import { protocolOfPort } from './protocol.ts'

const EXPORT_TO = 'networking.istio.io/exportTo'
/** Accounts of the same namespace that may serve on machines outside of the cluster (traffic.md 3.2). */
const ACCOUNTS = 'alpha.istio.io/kubernetes-serviceaccounts'
const FULL_ACCOUNTS = 'alpha.istio.io/canonical-serviceaccounts'

export interface KubernetesNames {
  /** `cluster.local` */
  readonly clusterDomain: string
  readonly trustDomain: string
  /** Who sees services that do not say; everybody if unset or empty. */
  readonly defaultExportTo?: readonly string[]
  /** Namespace of the mesh's own parts, whose labels say on which network the cluster is; `istio-system` if unset. */
  readonly rootNamespace?: string
  /** Which networks the mesh spans, and the gateways between them, by its settings. */
  readonly meshNetworks?: MeshNetworksSpec
}

/** `exportTo` as written, else the mesh's. */
export function exportOrDefault(stated: readonly string[] | undefined, { defaultExportTo = [] }: KubernetesNames): readonly string[] {
  if (stated !== undefined && stated.length > 0) return stated
  return defaultExportTo.length > 0 ? defaultExportTo : ['*']
}

/** `reviews.default.svc.cluster.local` */
export function kubernetesHostname(name: string, namespace: string, clusterDomain: string): string {
  return `${name}.${namespace}.svc.${clusterDomain}`
}

/** The service that a Service of Kubernetes stands for. */
export function serviceOfKubernetes(object: ObjectOf<'Service'>, names: KubernetesNames): Service {
  const { meta, spec } = object
  const isExternalName = spec.type === 'ExternalName'
  const headless = !isExternalName && spec.clusterIP === 'None'
  return {
    hostname: kubernetesHostname(meta.name, meta.namespace, names.clusterDomain),
    name: meta.name,
    namespace: meta.namespace,
    ports: spec.ports.map(portOf),
    addresses: addressesOf(object),
    resolution: isExternalName ? 'dns' : headless ? 'none' : 'static',
    headless,
    external: isExternalName,
    ...(isExternalName && spec.externalName !== undefined && { externalName: spec.externalName }),
    labels: meta.labels,
    annotations: meta.annotations,
    selector: isExternalName ? {} : spec.selector,
    exportTo: exportOrDefault(listOf(meta.annotations[EXPORT_TO]), names),
    serviceAccounts: accountsOf(object, names),
    createdAt: meta.createdAt,
    registry: 'kubernetes',
    origin: object.origin,
  }
}

/** Addresses that clients dial. In files nobody has assigned a cluster IP, so only `None` makes a service headless. */
function addressesOf({ spec }: ObjectOf<'Service'>): readonly string[] {
  if (spec.type === 'ExternalName' || spec.clusterIP === 'None') return []
  const clusterIps = spec.clusterIPs.length > 0 ? spec.clusterIPs : [spec.clusterIP ?? '']
  return [...new Set(clusterIps)].filter(ip => ip !== '' && ip !== 'None')
}

function portOf(port: ServicePortSpec): ModelPort {
  const { name, port: number, targetPort, protocol: transport, appProtocol } = port
  return {
    name,
    number,
    targetPort,
    protocol: protocolOfPort({ name, number, transport, ...(appProtocol !== undefined && { appProtocol }) }),
  }
}

function accountsOf({ meta }: ObjectOf<'Service'>, { trustDomain }: KubernetesNames): readonly string[] {
  const own = (listOf(meta.annotations[ACCOUNTS]) ?? []).map(name => `spiffe://${trustDomain}/ns/${meta.namespace}/sa/${name}`)
  return [...own, ...(listOf(meta.annotations[FULL_ACCOUNTS]) ?? []).map(id => `spiffe://${id}`)]
}

function listOf(annotation: string | undefined): readonly string[] | undefined {
  const entries = annotation?.split(',').map(entry => entry.trim())
  const stated = entries?.filter(entry => entry !== '')
  return stated === undefined || stated.length === 0 ? undefined : stated
}
