import type { LocalMesh } from '../definition/local-mesh.ts'
import type { PortDemand, PortTable } from '../ports/allocate-ports.ts'
import { portOf } from './workload-ports.ts'

/** Ports of everything but the workloads. The preferred numbers are those of Istio, where people look for them. */
const PREFERRED = {
  pilotXds: 15010,
  pilotDebug: 15014,
  citadel: 15012,
  citadelMonitoring: 15015,
  mixer: 9091,
  mixerMonitoring: 9093,
  prometheus: 42422,
} as const
const ANY = ['denier', 'prometheusAdapter', 'gatewayAdmin', 'gatewayStatus'] as const

type FixedName = keyof typeof PREFERRED | (typeof ANY)[number]

export interface ControlPlanePorts extends Readonly<Record<FixedName, number>> {
  /** In the order of the mesh file: the port that Gateway objects name, and the one listened on. */
  readonly gateway: readonly { readonly named: number; readonly listen: number }[]
}

/** Where the first gateway port is listened on. */
export type GatewayPort =
  /** At the port that the mesh file names, and nowhere else. */
  | { readonly kind: 'as-named' }
  /** There if it is free. */
  | { readonly kind: 'movable' }
  | { readonly kind: 'moved'; readonly port: number }

export function controlPlaneDemands(mesh: LocalMesh, gatewayPort: GatewayPort): readonly PortDemand[] {
  const preferred = Object.entries(PREFERRED).map(([name, port]): PortDemand => ({ name, wish: { kind: 'preferred', port } }))
  const any = ANY.map((name): PortDemand => ({ name, wish: { kind: 'any' } }))
  const gateway = (mesh.gateway?.ports ?? []).map((port, index) =>
    gatewayDemand(port, index === 0 ? gatewayPort : { kind: 'as-named' }, index),
  )
  return [...gateway, ...preferred, ...any]
}

function gatewayDemand(named: number, wanted: GatewayPort, index: number): PortDemand {
  const name = gatewayName(named)
  if (wanted.kind === 'movable') return { name, wish: { kind: 'preferred', port: named } }
  const option = index === 0 ? '--gateway-port' : 'spec.gateway.ports of the mesh file'
  return { name, wish: { kind: 'fixed', port: wanted.kind === 'moved' ? wanted.port : named, option } }
}

export function controlPlanePorts(mesh: LocalMesh, table: PortTable): ControlPlanePorts {
  return {
    pilotXds: portOf(table, 'pilotXds'),
    pilotDebug: portOf(table, 'pilotDebug'),
    citadel: portOf(table, 'citadel'),
    citadelMonitoring: portOf(table, 'citadelMonitoring'),
    mixer: portOf(table, 'mixer'),
    mixerMonitoring: portOf(table, 'mixerMonitoring'),
    denier: portOf(table, 'denier'),
    prometheusAdapter: portOf(table, 'prometheusAdapter'),
    prometheus: portOf(table, 'prometheus'),
    gatewayAdmin: portOf(table, 'gatewayAdmin'),
    gatewayStatus: portOf(table, 'gatewayStatus'),
    gateway: (mesh.gateway?.ports ?? []).map(named => ({ named, listen: portOf(table, gatewayName(named)) })),
  }
}

function gatewayName(port: number): string {
  return `gateway.${port}`
}
