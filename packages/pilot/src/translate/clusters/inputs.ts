import type { ModelPort, Service } from '@meshwork/config/registry'
import type { ConnectionPoolSettings, ObjectOf, Origin } from '@meshwork/config/kinds'
import type { EndpointInputs } from '../endpoints/inputs.ts'
import type { CallerPlace } from '../endpoints/locality-order.ts'
import type { ServiceIdentity } from '../filters/inputs.ts'
import type { DestinationSettings } from './traffic-settings.ts'

/** Mesh-wide settings that clusters depend on. */
export interface ClusterMeshSettings {
  readonly connectTimeoutMs: number
  readonly enableAutoMtls: boolean
  readonly dnsRefreshRateMs: number
}

/** SDS names. */
export interface ClientCredential {
  readonly certificate: string
  readonly roots: string
}

/** What one outbound cluster is made from, and its cache key. */
export interface OutboundClusterInputs {
  readonly service: Service
  readonly port: ModelPort
  /** '' is the whole service. */
  readonly subset: string
  /** The rules' settings for this port and subset, already merged. */
  readonly settings: DestinationSettings
  readonly rule: ObjectOf<'DestinationRule'> | undefined
  /** Names of secrets that this control plane delivers, for TLS settings with `credentialName`. */
  readonly credential: ClientCredential | undefined
  /** SPIFFE ids that may answer for the service, sorted. */
  readonly serviceAccounts: readonly string[]
  /** Endpoints of services that the proxy resolves by DNS; empty for others, whose endpoints come by EDS. */
  readonly dnsEndpoints: readonly EndpointInputs[]
  /** Whether there are endpoints and all of them take mutual TLS; of interest where the proxy cannot tell them apart. */
  readonly allTakeMutualTls: boolean
  readonly mesh: ClusterMeshSettings
  /** The cluster is for a proxy of ours: it may have what only those understand. */
  readonly meshwork: boolean
  /** Set where the caller's place decides which endpoints get its requests. */
  readonly caller: CallerPlace | undefined
}

/** How the proxy reaches its own application. */
export type InboundTarget =
  /** A fixed address: Sidecar `defaultEndpoint`. */
  | { readonly kind: 'address'; readonly address: string; readonly port: number }
  | { readonly kind: 'pipe'; readonly path: string }
  /** The address that the caller dialled, captured by iptables. */
  | { readonly kind: 'original-destination' }

export interface InboundClusterInputs {
  readonly port: number
  readonly target: InboundTarget
  /** Speak to the application in the HTTP version of the caller. */
  readonly asCaller: boolean
  /** What metrics call the destination; undefined if no service names the port. */
  readonly service: ServiceIdentity | undefined
  readonly connectTimeoutMs: number
  /** Limits that hold at the receiving end too. */
  readonly pool: ConnectionPoolSettings | undefined
  readonly origins: readonly Origin[]
}
