import type { ConfigPort, Labels } from '../shape/networking.ts'

/** `networking.istio.io` ServiceEntry: a service that no registry knows. */
export interface ServiceEntrySpec {
  readonly hosts: readonly string[]
  /** Virtual addresses or CIDR blocks. */
  readonly addresses: readonly string[]
  readonly ports: readonly ConfigPort[]
  readonly location: 'MESH_EXTERNAL' | 'MESH_INTERNAL'
  readonly resolution: ServiceEntryResolution
  readonly endpoints: readonly WorkloadEndpoint[]
  /** Takes pods and WorkloadEntries of the namespace as endpoints. */
  readonly workloadSelector?: { readonly labels: Labels }
  readonly exportTo: readonly string[]
  readonly subjectAltNames: readonly string[]
}

export type ServiceEntryResolution = 'NONE' | 'STATIC' | 'DNS' | 'DNS_ROUND_ROBIN' | 'DYNAMIC_DNS'

export interface WorkloadEndpoint {
  /** IP address, host name or `unix:///path`, as `resolution` wants it. */
  readonly address?: string
  /** Port name of the ServiceEntry to port number of the endpoint. */
  readonly ports: Readonly<Record<string, number>>
  readonly labels: Labels
  readonly network?: string
  /** `region/zone/subzone`. */
  readonly locality?: string
  readonly weight?: number
  readonly serviceAccount?: string
}
