import { isHttp, type Service } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { countDuplicateHosts } from './duplicate-hosts.ts'
import { countInboundConflicts } from './inbound-conflicts.ts'

/** Numbers about a mesh that Istio's metrics of pilot tell (traffic.md 4.4), by the name of the metric. */
export type MeshFacts = Readonly<Record<MeshFactName, number>>

/** Every such metric with its help text. */
export const MESH_FACTS = {
  pilot_services: 'Services known.',
  pilot_virt_services: 'VirtualServices known.',
  pilot_endpoint_not_ready: 'Endpoints that are not ready.',
  pilot_eds_no_instances: 'Services of the mesh without a ready endpoint.',
  pilot_no_ip: 'Connected sidecars that no service leads to.',
  pilot_conflict_inbound_listener: 'Ports of pods that two services name with different protocols.',
  pilot_vservice_dup_domain: 'Hosts of VirtualServices that an older one has at the same gateway or in the mesh.',
  pilot_conflict_outbound_listener_tcp_over_current_tcp: 'Ports without an address of their own that two services want for opaque bytes.',
  pilot_conflict_outbound_listener_tcp_over_current_http: 'Ports without an address of their own where opaque bytes come after HTTP.',
  pilot_conflict_outbound_listener_http_over_current_tcp: 'Ports without an address of their own where HTTP comes after opaque bytes.',
  pilot_destrule_subsets: 'Subsets that two DestinationRules for one host define.',
} as const
export type MeshFactName = keyof typeof MESH_FACTS

/** Worked out when somebody asks, which is seldom compared with changes. `sidecars` are the addresses of those connected. */
export function meshFacts(snapshot: MeshSnapshot, sidecars: readonly string[]): MeshFacts {
  const { registry, virtualServices } = snapshot
  const endpoints = [...registry.endpoints.values()]
  const conflicts = portConflicts(registry.services)
  const served = new Set(endpoints.flatMap(list => list.map(({ address }) => address)))
  return {
    pilot_services: registry.services.length,
    pilot_virt_services: virtualServices.length,
    pilot_endpoint_not_ready: endpoints.reduce((sum, list) => sum + list.filter(({ ready }) => !ready).length, 0),
    pilot_eds_no_instances: endpoints.filter(list => !list.some(({ ready }) => ready)).length,
    pilot_no_ip: sidecars.filter(address => !served.has(address)).length,
    pilot_conflict_inbound_listener: countInboundConflicts(registry),
    pilot_vservice_dup_domain: countDuplicateHosts(snapshot),
    pilot_conflict_outbound_listener_tcp_over_current_tcp: conflicts.filter(([first, later]) => first === 'tcp' && later === 'tcp').length,
    pilot_conflict_outbound_listener_tcp_over_current_http: conflicts.filter(([first, later]) => first === 'http' && later === 'tcp')
      .length,
    pilot_conflict_outbound_listener_http_over_current_tcp: conflicts.filter(([first, later]) => first === 'tcp' && later === 'http')
      .length,
    pilot_destrule_subsets: repeatedSubsets(snapshot),
  }
}

function repeatedSubsets({ destinationRules }: MeshSnapshot): number {
  return repetitions(destinationRules.flatMap(({ meta, spec }) => spec.subsets.map(({ name }) => `${meta.namespace} ${spec.host} ${name}`)))
}

function repetitions(texts: readonly string[]): number {
  return texts.length - new Set(texts).size
}

type Kind = 'http' | 'tcp'

/** Of services without an address of their own, which share the wildcard address of a port: the first, and each that is in conflict. */
function portConflicts(services: readonly Service[]): readonly (readonly [first: Kind, later: Kind])[] {
  const first = new Map<number, Kind>()
  const conflicts: (readonly [Kind, Kind])[] = []
  for (const { addresses, ports, headless } of services) {
    if (addresses.length > 0 || headless) continue
    for (const { number, protocol } of ports) {
      // What says nothing of what it speaks goes along with either.
      if (protocol === 'udp' || protocol === 'auto') continue
      const kind = isHttp(protocol) ? 'http' : 'tcp'
      const known = first.get(number)
      if (known === undefined) first.set(number, kind)
      else if (known === 'tcp' || kind === 'tcp') conflicts.push([known, kind])
    }
  }
  return conflicts
}
