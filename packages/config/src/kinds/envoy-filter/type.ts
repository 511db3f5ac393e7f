import type { RawRecord } from '../shape/json-schema.ts'
import type { Labels } from '../shape/networking.ts'
import type { TargetReference } from '../shape/policy-target.ts'

/** `networking.istio.io` EnvoyFilter: changes to the configuration that proxies are given, in the proxy's own terms. */
export interface EnvoyFilterSpec {
  /** Unset: all workloads of the namespace; in the root namespace, of the mesh. */
  readonly workloadSelector?: { readonly labels: Labels }
  readonly targetRefs: readonly TargetReference[]
  readonly configPatches: readonly ConfigPatch[]
  /** Objects with lower numbers come first. */
  readonly priority: number
  /** Istio 1.0: the workloads, of every namespace. */
  readonly workloadLabels: Labels
  /** Istio 1.0: filters to add. */
  readonly filters: readonly AddedFilter[]
}

export type PatchPlace =
  | 'INVALID'
  | 'LISTENER'
  | 'FILTER_CHAIN'
  | 'NETWORK_FILTER'
  | 'HTTP_FILTER'
  | 'ROUTE_CONFIGURATION'
  | 'VIRTUAL_HOST'
  | 'HTTP_ROUTE'
  | 'CLUSTER'
  | 'EXTENSION_CONFIG'
  | 'BOOTSTRAP'
  | 'LISTENER_FILTER'

export type PatchContext = 'ANY' | 'SIDECAR_INBOUND' | 'SIDECAR_OUTBOUND' | 'GATEWAY' | 'WAYPOINT'

export type PatchOperation = 'INVALID' | 'MERGE' | 'ADD' | 'REMOVE' | 'INSERT_BEFORE' | 'INSERT_AFTER' | 'INSERT_FIRST' | 'REPLACE'

export interface ConfigPatch {
  readonly applyTo: PatchPlace
  readonly match: PatchMatch
  readonly patch?: Patch
}

export interface Patch {
  readonly operation: PatchOperation
  /** A message of Envoy's API in its JSON form. */
  readonly value?: RawRecord
  readonly filterClass: 'UNSPECIFIED' | 'AUTHN' | 'AUTHZ' | 'STATS'
}

/** What a patch applies to. Members that are not set match everything. */
export interface PatchMatch {
  readonly context: PatchContext
  readonly proxy?: { readonly proxyVersion?: string; readonly metadata: Labels }
  readonly listener?: ListenerMatch
  readonly routeConfiguration?: RouteConfigurationMatch
  readonly cluster?: ClusterMatch
  readonly waypoint?: RawRecord
}

export interface ListenerMatch {
  readonly name?: string
  /** 0: any. */
  readonly portNumber: number
  readonly portName?: string
  readonly listenerFilter?: string
  readonly filterChain?: FilterChainMatch
}

export interface FilterChainMatch {
  readonly name?: string
  readonly sni?: string
  readonly transportProtocol?: string
  /** A list with commas. */
  readonly applicationProtocols?: string
  /** 0: any. */
  readonly destinationPort: number
  readonly filter?: { readonly name?: string; readonly subFilter?: { readonly name?: string } }
}

export interface RouteConfigurationMatch {
  readonly name?: string
  /** 0: any. */
  readonly portNumber: number
  readonly portName?: string
  /** `namespace/name` of a Gateway. */
  readonly gateway?: string
  readonly vhost?: {
    readonly name?: string
    readonly domainName?: string
    readonly route?: { readonly name?: string; readonly action: 'ANY' | 'ROUTE' | 'REDIRECT' | 'DIRECT_RESPONSE' }
  }
}

export interface ClusterMatch {
  readonly name?: string
  /** 0: any. */
  readonly portNumber: number
  readonly service?: string
  readonly subset?: string
}

/** Istio 1.0: a filter and its place. */
export interface AddedFilter {
  readonly listenerMatch: {
    /** Port of the service or of the gateway's server; 0: any. */
    readonly portNumber: number
    readonly portNamePrefix?: string
    readonly listenerType: 'ANY' | 'SIDECAR_INBOUND' | 'SIDECAR_OUTBOUND' | 'GATEWAY'
    readonly listenerProtocol: 'ALL' | 'HTTP' | 'TCP'
    readonly address: readonly string[]
  }
  readonly insertPosition: { readonly index: 'FIRST' | 'LAST' | 'BEFORE' | 'AFTER'; readonly relativeTo?: string }
  readonly filterType: 'INVALID' | 'HTTP' | 'NETWORK'
  readonly filterName: string
  readonly filterConfig?: RawRecord
}
