import type { ExtensionProvider, TelemetrySpec, Tracing } from '@meshwork/config/kinds'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { outboundClusterName } from '../translate/clusters/cluster-name.ts'
import type { TraceCollector, TracingSettings } from '../translate/filters/inputs.ts'
import { type MeshAddress, meshAddress } from './mesh-address.ts'
import { isForEnd, type TelemetryEnd } from './telemetry-levels.ts'
import type { ViewIdentity } from './view-identity.ts'

const ZIPKIN_PATH = '/api/v2/spans'
const OTLP_PATH = '/v1/traces'

/** What objects say of tracing, put together. */
interface Chosen {
  readonly provider: ExtensionProvider | undefined
  readonly address: MeshAddress | undefined
  readonly sampling: number
  readonly customTags: TracingSettings['customTags']
  readonly istioTags: boolean
}

/**
 * How the proxies of a view trace: by MeshConfig, changed by Telemetry objects from the widest to the narrowest. null where nothing
 * is traced: also for a collector that is no service of the mesh, because Envoy refuses a whole listener for a cluster that it does
 * not know.
 */
export function tracingSettings(
  identity: ViewIdentity,
  snapshot: MeshSnapshot,
  levels: readonly TelemetrySpec[],
  end: TelemetryEnd,
): TracingSettings | null {
  const chosen = choose(snapshot, levels, end)
  if (chosen?.address === undefined || !isKnown(chosen.address, snapshot)) return null
  const { provider, address, sampling, customTags, istioTags } = chosen
  const maxTagLength = (provider?.zipkin ?? provider?.opentelemetry)?.maxTagLength ?? 0
  return {
    collector: collectorOf(provider, address, serviceName(identity)),
    sampling,
    maxPathTagLength: maxTagLength || snapshot.mesh.defaultConfig.tracing.maxPathTagLength,
    tags: istioTags ? identityTags(identity) : [],
    customTags,
  }
}

function choose(snapshot: MeshSnapshot, levels: readonly TelemetrySpec[], end: TelemetryEnd): Chosen | undefined {
  const { tracing } = snapshot.mesh.defaultConfig
  const entries = levels.flatMap(level => level.tracing).filter(({ match }) => isForEnd(match.mode, end))
  const last = <T>(pick: (entry: Tracing) => T | undefined): T | undefined => entries.map(pick).findLast(value => value !== undefined)
  if (entries.length === 0 && !snapshot.mesh.enableTracing) return undefined
  if (last(entry => entry.disableSpanReporting) === true) return undefined
  const named = last(({ providers }) => providers[0]?.name) ?? snapshot.mesh.defaultProviders.tracing[0]
  const provider = snapshot.mesh.extensionProviders.find(({ name }) => name === named)
  return {
    provider,
    address: collectorAddress(provider, snapshot),
    sampling: last(entry => entry.randomSamplingPercentage) ?? tracing.sampling,
    customTags: last(({ customTags }) => (Object.keys(customTags).length > 0 ? customTags : undefined)) ?? tracing.customTags,
    istioTags: last(entry => entry.enableIstioTags) ?? tracing.enableIstioTags,
  }
}

/** Host names whose clusters views need: those of all collectors that somebody may be told to use. */
export function collectorHost(snapshot: MeshSnapshot): readonly string[] {
  const { enableTracing, extensionProviders, defaultProviders } = snapshot.mesh
  const byTelemetry = snapshot.telemetries.some(({ spec }) => spec.tracing.length > 0)
  if (!enableTracing && !byTelemetry) return []
  const names = new Set([
    ...defaultProviders.tracing,
    ...snapshot.telemetries.flatMap(({ spec }) => spec.tracing.flatMap(({ providers }) => providers.map(({ name }) => name))),
  ])
  const named = extensionProviders.filter(({ name }) => names.has(name))
  return [undefined, ...named].flatMap(provider => collectorAddress(provider, snapshot)?.host ?? [])
}

function collectorAddress(provider: ExtensionProvider | undefined, snapshot: MeshSnapshot): MeshAddress | undefined {
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
