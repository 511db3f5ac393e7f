import type { ExtensionProvider } from '@meshwork/config/kinds'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { outboundClusterName } from '../translate/clusters/cluster-name.ts'
import type { TraceCollector, TracingSettings } from '../translate/filters/inputs.ts'
import { type MeshAddress, meshAddress } from './mesh-address.ts'
import type { ViewIdentity } from './view-identity.ts'

const ZIPKIN_PATH = '/api/v2/spans'
const OTLP_PATH = '/v1/traces'

/**
 * How the proxies of a view trace, by MeshConfig. null where nothing is traced: also for a collector that is no service of the
 * mesh, because Envoy refuses a whole listener for a cluster that it does not know.
 */
export function tracingSettings(identity: ViewIdentity, snapshot: MeshSnapshot): TracingSettings | null {
  const { enableTracing, defaultConfig } = snapshot.mesh
  const address = collectorAddress(snapshot)
  if (!enableTracing || address === undefined || !isKnown(address, snapshot)) return null
  const provider = tracingProvider(snapshot)
  const maxTagLength = (provider?.zipkin ?? provider?.opentelemetry)?.maxTagLength ?? 0
  return {
    collector: collectorOf(provider, address, serviceName(identity)),
    sampling: defaultConfig.tracing.sampling,
    maxPathTagLength: maxTagLength || defaultConfig.tracing.maxPathTagLength,
    tags: identityTags(identity),
  }
}

/** Host names whose clusters every view needs: one or none. */
export function collectorHost(snapshot: MeshSnapshot): readonly string[] {
  const address = snapshot.mesh.enableTracing ? collectorAddress(snapshot) : undefined
  return address === undefined ? [] : [address.host]
}

function tracingProvider({ mesh }: MeshSnapshot): ExtensionProvider | undefined {
  const [first] = mesh.defaultProviders.tracing
  return mesh.extensionProviders.find(({ name }) => name === first)
}

function collectorAddress(snapshot: MeshSnapshot): MeshAddress | undefined {
  const provider = tracingProvider(snapshot)
  const named = provider?.zipkin ?? provider?.opentelemetry
  const text = named === undefined ? snapshot.mesh.defaultConfig.tracing.zipkin.address : `${named.service}:${named.port}`
  const address = meshAddress(text, snapshot)
  if (address === undefined || isKnown(address, snapshot)) return address
  // `zipkin.istio-system:9411`, as Istio's documentation writes it, is resolved by the search domains of a pod.
  const longer = { ...address, host: `${address.host}.svc.${snapshot.clusterDomain}` }
  return isKnown(longer, snapshot) ? longer : address
}

function isKnown({ host, port }: MeshAddress, { registry }: MeshSnapshot): boolean {
  return registry.services.some(({ hostname, ports }) => hostname === host && ports.some(({ number }) => number === port))
}

function collectorOf(provider: ExtensionProvider | undefined, { host, port }: MeshAddress, name: string): TraceCollector {
  const cluster = outboundClusterName(port, '', host)
  const otlp = provider?.opentelemetry
  if (otlp !== undefined) {
    const common = { cluster, hostname: host, serviceName: name }
    return otlp.http === undefined ? { kind: 'otlp-grpc', ...common } : { kind: 'otlp-http', ...common, path: otlp.http.path || OTLP_PATH }
  }
  const zipkin = provider?.zipkin
  return { kind: 'zipkin', cluster, hostname: host, path: zipkin?.path || ZIPKIN_PATH, wideIds: zipkin?.enable64bitTraceId !== true }
}

/** `reviews.default`: Istio's `APP_LABEL_AND_NAMESPACE`. */
function serviceName({ labels, namespace }: ViewIdentity): string {
  return `${labels['app'] ?? 'istio-proxy'}.${namespace}`
}

/** Istio's tags of each span; names that are not known are left out. */
function identityTags({ labels, namespace }: ViewIdentity): TracingSettings['tags'] {
  const service = labels['service.istio.io/canonical-name'] ?? labels['app'] ?? ''
  const revision = labels['service.istio.io/canonical-revision'] ?? labels['version'] ?? 'latest'
  const tags: TracingSettings['tags'] = [
    ['istio.canonical_revision', revision],
    ['istio.canonical_service', service],
    ['istio.namespace', namespace],
  ]
  return tags.filter(([, value]) => value !== '')
}
