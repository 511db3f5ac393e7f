import type { AuthorizationPolicySpec } from './authorization-policy/type.ts'
import type { DestinationRuleSpec } from './destination-rule/type.ts'
import type { EndpointSliceSpec } from './endpoint-slice/type.ts'
import type { EndpointsSpec } from './endpoints/type.ts'
import type { EnvoyFilterSpec } from './envoy-filter/type.ts'
import type { GatewaySpec } from './gateway/type.ts'
import type { IngressClassSpec } from './ingress-class/type.ts'
import type { IngressSpec } from './ingress/type.ts'
import type { MeshConfigSpec } from './mesh-config/type.ts'
import type { MixerShortKind, MixerShortSpec, MixerSpec } from './mixer/type.ts'
import type { HttpApiSpec, HttpApiSpecBinding, QuotaSpec, QuotaSpecBinding } from './mixer-client/type.ts'
import type { ProxyConfigSpec } from './proxy-config/type.ts'
import type { RbacConfigSpec, ServiceRoleBindingSpec, ServiceRoleSpec } from './rbac/type.ts'
import type { WasmPluginSpec } from './wasm-plugin/type.ts'
import type { AuthenticationPolicySpec } from './authentication-policy/type.ts'
import type { NamespaceSpec } from './namespace/type.ts'
import type { NodeSpec } from './node/type.ts'
import type { ConfigObject } from './object.ts'
import type { PeerAuthenticationSpec } from './peer-authentication/type.ts'
import type { PodSpec } from './pod/type.ts'
import type { RequestAuthenticationSpec } from './request-authentication/type.ts'
import type { SecretSpec } from './secret/type.ts'
import type { ServiceAccountSpec } from './service-account/type.ts'
import type { ServiceEntrySpec } from './service-entry/type.ts'
import type { ServiceSpec } from './service/type.ts'
import type { SidecarSpec } from './sidecar/type.ts'
import type { TelemetrySpec } from './telemetry/type.ts'
import type { VirtualServiceSpec } from './virtual-service/type.ts'
import type { WorkloadEntrySpec } from './workload-entry/type.ts'
import type { WorkloadGroupSpec } from './workload-group/type.ts'

/** The parsed spec of every kind, by its name in documents. */
export interface SpecByKind extends Readonly<Record<MixerShortKind, MixerShortSpec>> {
  readonly VirtualService: VirtualServiceSpec
  readonly DestinationRule: DestinationRuleSpec
  readonly Gateway: GatewaySpec
  readonly ServiceEntry: ServiceEntrySpec
  readonly WorkloadEntry: WorkloadEntrySpec
  readonly WorkloadGroup: WorkloadGroupSpec
  readonly Sidecar: SidecarSpec
  readonly EnvoyFilter: EnvoyFilterSpec
  readonly Ingress: IngressSpec
  readonly IngressClass: IngressClassSpec
  readonly PeerAuthentication: PeerAuthenticationSpec
  readonly RequestAuthentication: RequestAuthenticationSpec
  readonly AuthorizationPolicy: AuthorizationPolicySpec
  readonly Telemetry: TelemetrySpec
  readonly MeshConfig: MeshConfigSpec
  readonly Service: ServiceSpec
  readonly Endpoints: EndpointsSpec
  readonly EndpointSlice: EndpointSliceSpec
  readonly Pod: PodSpec
  readonly Node: NodeSpec
  readonly Namespace: NamespaceSpec
  readonly Secret: SecretSpec
  readonly ServiceAccount: ServiceAccountSpec
  readonly rule: MixerSpec<'rule'>
  readonly handler: MixerSpec<'handler'>
  readonly instance: MixerSpec<'instance'>
  readonly attributemanifest: MixerSpec<'attributemanifest'>
  readonly ProxyConfig: ProxyConfigSpec
  readonly WasmPlugin: WasmPluginSpec
  readonly Policy: AuthenticationPolicySpec
  readonly MeshPolicy: AuthenticationPolicySpec
  readonly ServiceRole: ServiceRoleSpec
  readonly ServiceRoleBinding: ServiceRoleBindingSpec
  readonly RbacConfig: RbacConfigSpec
  readonly HTTPAPISpec: HttpApiSpec
  readonly HTTPAPISpecBinding: HttpApiSpecBinding
  readonly QuotaSpec: QuotaSpec
  readonly QuotaSpecBinding: QuotaSpecBinding
}

export type KindName = keyof SpecByKind

/** An object of one known kind. */
export interface ObjectOf<K extends KindName> extends ConfigObject<SpecByKind[K]> {
  readonly kind: K
}

/**
 * Whether the object is of this kind; its `spec` then has that kind's type, because `parseObject` is the only maker of objects.
 */
export function isKind<K extends KindName>(object: ConfigObject, kind: K): object is ObjectOf<K> {
  return object.kind === kind
}
