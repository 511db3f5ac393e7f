import type { ConnectionPoolSettings } from '../destination-rule/type.ts'
import type { ServerTlsSettings } from '../gateway/type.ts'
import type { Labels } from '../shape/networking.ts'

/** `networking.istio.io` Sidecar: the listeners of a workload's proxy and what it may reach. */
export interface SidecarSpec {
  /** Unset: every workload of the namespace (in the root namespace: of the mesh). */
  readonly workloadSelector?: { readonly labels: Labels }
  readonly ingress: readonly SidecarIngress[]
  /** Unset or empty: everything exported to the namespace. Nothing is `~/*`. */
  readonly egress?: readonly SidecarEgress[]
  readonly inboundConnectionPool?: ConnectionPoolSettings
  readonly outboundTrafficPolicy?: OutboundTrafficPolicy
}

export interface OutboundTrafficPolicy {
  readonly mode: 'REGISTRY_ONLY' | 'ALLOW_ANY'
  readonly egressProxy?: { readonly host: string; readonly subset?: string; readonly port?: number }
}

export type CaptureMode = 'DEFAULT' | 'IPTABLES' | 'NONE'

export interface SidecarPort {
  /** 0 in an egress listener without one. */
  readonly number: number
  readonly protocol: string
  readonly name: string
}

export interface SidecarIngress {
  readonly port: SidecarPort
  readonly bind?: string
  readonly captureMode: CaptureMode
  /** `127.0.0.1:PORT`, `[::1]:PORT`, `0.0.0.0:PORT` (the pod's own address) or `unix:///path`. */
  readonly defaultEndpoint?: string
  readonly tls?: ServerTlsSettings
  readonly connectionPool?: ConnectionPoolSettings
}

export interface SidecarEgress {
  /** Unset: all ports of the imported services. */
  readonly port?: SidecarPort
  readonly bind?: string
  readonly captureMode: CaptureMode
  /** `namespace/host`, where namespace may be `*`, `.` (own) or `~` (none). */
  readonly hosts: readonly string[]
}
