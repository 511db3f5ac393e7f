/** What an annotation may stand on. `Any` is for annotations that all kinds take. */
export type AnnotationPlace =
  | 'Any'
  | 'Namespace'
  | 'Pod'
  | 'Service'
  | 'ServiceEntry'
  | 'WorkloadEntry'
  | 'AuthorizationPolicy'
  | 'Ingress'
  | 'Gateway'

/** What is known of an annotation. */
export interface AnnotationFacts {
  readonly on: readonly AnnotationPlace[]
  readonly status?: 'alpha' | 'deprecated'
  /** What to use in place of a deprecated one. */
  readonly instead?: string
  /** What values must look like. */
  readonly value?: AnnotationValue
}

export type AnnotationValue = 'boolean' | 'ports' | 'ranges' | 'port' | 'count' | 'interception' | 'level' | 'quantity' | 'mapping' | 'cidr'

const onPod = (value?: AnnotationValue): AnnotationFacts => ({ on: ['Pod'], ...(value !== undefined && { value }) })
const alpha = (value?: AnnotationValue): AnnotationFacts => ({ ...onPod(value), status: 'alpha' })
const deprecated = (instead: string, value?: AnnotationValue): AnnotationFacts => ({ ...onPod(value), status: 'deprecated', instead })

/** Annotations of Istio by name, of 1.0 and of today. */
export const ANNOTATIONS: Readonly<Record<string, AnnotationFacts>> = {
  'galley.istio.io/analyze-suppress': { on: ['Any'] },
  'inject.istio.io/templates': onPod(),
  'istio.io/autoRegistrationGroup': { on: ['WorkloadEntry'] },
  'istio.io/connectedAt': { on: ['WorkloadEntry'] },
  'istio.io/disconnectedAt': { on: ['WorkloadEntry'] },
  'istio.io/workloadController': { on: ['WorkloadEntry'] },
  'istio.io/dry-run': { on: ['AuthorizationPolicy'], status: 'alpha', value: 'boolean' },
  'istio.io/reroute-virtual-interfaces': alpha(),
  'istio.io/rev': { on: ['Pod', 'Namespace'] },
  'networking.istio.io/exportTo': { on: ['Service'] },
  'networking.istio.io/traffic-distribution': { on: ['Service', 'ServiceEntry', 'Namespace'] },
  'networking.istio.io/address-type': { on: ['Gateway'] },
  'networking.istio.io/service-type': { on: ['Gateway'] },
  'alpha.istio.io/canonical-serviceaccounts': { on: ['Service'], status: 'alpha' },
  'alpha.istio.io/kubernetes-serviceaccounts': { on: ['Service'], status: 'alpha' },
  'policy.istio.io/check': deprecated('an AuthorizationPolicy, or a rule of Mixer'),
  'prometheus.istio.io/merge-metrics': onPod('boolean'),
  'proxy.istio.io/config': onPod('mapping'),
  'proxy.istio.io/overrides': alpha(),
  'readiness.status.sidecar.istio.io/applicationPorts': alpha(),
  'readiness.status.sidecar.istio.io/failureThreshold': alpha('count'),
  'readiness.status.sidecar.istio.io/initialDelaySeconds': alpha('count'),
  'readiness.status.sidecar.istio.io/periodSeconds': alpha('count'),
  'status.sidecar.istio.io/port': onPod('port'),
  'sidecar.istio.io/agentLogLevel': alpha(),
  'sidecar.istio.io/bootstrapOverride': alpha(),
  'sidecar.istio.io/componentLogLevel': alpha(),
  'sidecar.istio.io/controlPlaneAuthPolicy': deprecated("proxy.istio.io/config: '{controlPlaneAuthPolicy: …}'"),
  'sidecar.istio.io/discoveryAddress': deprecated("proxy.istio.io/config: '{discoveryAddress: …}'"),
  'sidecar.istio.io/enableCoreDump': alpha('boolean'),
  'sidecar.istio.io/extraStatTags': alpha(),
  'sidecar.istio.io/inject': deprecated("the label 'sidecar.istio.io/inject' with the same value", 'boolean'),
  'sidecar.istio.io/interceptionMode': onPod('interception'),
  'sidecar.istio.io/logLevel': onPod('level'),
  'sidecar.istio.io/nativeSidecar': alpha('boolean'),
  'sidecar.istio.io/proxyCPU': onPod('quantity'),
  'sidecar.istio.io/proxyCPULimit': onPod('quantity'),
  'sidecar.istio.io/proxyImage': onPod(),
  'sidecar.istio.io/proxyImageType': alpha(),
  'sidecar.istio.io/proxyMemory': onPod('quantity'),
  'sidecar.istio.io/proxyMemoryLimit': onPod('quantity'),
  'sidecar.istio.io/rewriteAppHTTPProbers': onPod('boolean'),
  'sidecar.istio.io/statsCompression': alpha('boolean'),
  'sidecar.istio.io/statsHistogramBuckets': alpha(),
  'sidecar.istio.io/statsInclusionPrefixes': deprecated("proxy.istio.io/config: '{proxyStatsMatcher: …}'"),
  'sidecar.istio.io/statsInclusionRegexps': deprecated("proxy.istio.io/config: '{proxyStatsMatcher: …}'"),
  'sidecar.istio.io/statsInclusionSuffixes': deprecated("proxy.istio.io/config: '{proxyStatsMatcher: …}'"),
  'sidecar.istio.io/status': onPod(),
  'sidecar.istio.io/userVolume': alpha(),
  'sidecar.istio.io/userVolumeMount': alpha(),
  'topology.istio.io/controlPlaneClusters': { on: ['Namespace'] },
  'traffic.sidecar.istio.io/excludeInboundPorts': onPod('ports'),
  'traffic.sidecar.istio.io/excludeInterfaces': alpha(),
  'traffic.sidecar.istio.io/excludeOutboundIPRanges': onPod('ranges'),
  'traffic.sidecar.istio.io/excludeOutboundPorts': onPod('ports'),
  'traffic.sidecar.istio.io/includeInboundPorts': onPod('ports'),
  'traffic.sidecar.istio.io/includeOutboundIPRanges': onPod('ranges'),
  'traffic.sidecar.istio.io/includeOutboundPorts': onPod('ports'),
  'traffic.sidecar.istio.io/kubevirtInterfaces': deprecated('istio.io/reroute-virtual-interfaces'),
}
