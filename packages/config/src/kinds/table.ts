import { authorizationPolicy } from './authorization-policy/index.ts'
import { authenticationPolicies } from './authentication-policy/index.ts'
import { mixerClientKinds } from './mixer-client/index.ts'
import { proxyConfig } from './proxy-config/index.ts'
import { rbacKinds } from './rbac/index.ts'
import { wasmPlugin } from './wasm-plugin/index.ts'
import type { KindDefinition } from './definition.ts'
import { destinationRule } from './destination-rule/index.ts'
import { endpointSlice } from './endpoint-slice/index.ts'
import { endpoints } from './endpoints/index.ts'
import { envoyFilter } from './envoy-filter/index.ts'
import { gateway } from './gateway/index.ts'
import { ingressClass } from './ingress-class/index.ts'
import { ingress } from './ingress/index.ts'
import { meshConfig } from './mesh-config/index.ts'
import { mixerKinds } from './mixer/index.ts'
import { namespace } from './namespace/index.ts'
import { node } from './node/index.ts'
import { peerAuthentication } from './peer-authentication/index.ts'
import { pod } from './pod/index.ts'
import { requestAuthentication } from './request-authentication/index.ts'
import { secret } from './secret/index.ts'
import { serviceAccount } from './service-account/index.ts'
import { serviceEntry } from './service-entry/index.ts'
import { service } from './service/index.ts'
import { sidecar } from './sidecar/index.ts'
import { telemetry } from './telemetry/index.ts'
import { virtualService } from './virtual-service/index.ts'
import { workloadEntry } from './workload-entry/index.ts'
import { workloadGroup } from './workload-group/index.ts'

/** Every kind that Meshwork reads, in the order in which help texts and CRDs list them. */
export const KINDS: readonly KindDefinition[] = [
  virtualService,
  destinationRule,
  gateway,
  serviceEntry,
  workloadEntry,
  workloadGroup,
  sidecar,
  envoyFilter,
  ingress,
  ingressClass,
  peerAuthentication,
  requestAuthentication,
  authorizationPolicy,
  telemetry,
  proxyConfig,
  wasmPlugin,
  ...authenticationPolicies,
  ...rbacKinds,
  ...mixerClientKinds,
  meshConfig,
  service,
  endpoints,
  endpointSlice,
  pod,
  node,
  namespace,
  secret,
  serviceAccount,
  ...mixerKinds,
]
