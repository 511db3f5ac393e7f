import { MeshError } from '@meshwork/core/result'
import type { PortDemand, PortTable } from '../ports/allocate-ports.ts'

/** The five ports of an application with its sidecar, all on 127.0.0.1. */
export interface WorkloadPorts {
  /** The application listens here; it is told by `PORT`. */
  readonly app: number
  /** The sidecar takes mutual TLS for the application here: what Endpoints name. */
  readonly inbound: number
  /** The sidecar takes the application's outgoing requests here: what `http_proxy` names. */
  readonly httpProxy: number
  readonly admin: number
  /** The sidecar's merged metrics and readiness (15020 where each workload has an address of its own). */
  readonly status: number
}

const PARTS = ['app', 'inbound', 'httpProxy', 'admin', 'status'] as const

export function workloadPortDemands(pod: string): readonly PortDemand[] {
  return PARTS.map(part => ({ name: `${pod}.${part}`, wish: { kind: 'any' } }))
}

export function workloadPorts(pod: string, table: PortTable): WorkloadPorts {
  return {
    app: portOf(table, `${pod}.app`),
    inbound: portOf(table, `${pod}.inbound`),
    httpProxy: portOf(table, `${pod}.httpProxy`),
    admin: portOf(table, `${pod}.admin`),
    status: portOf(table, `${pod}.status`),
  }
}

/** The port given to a demand. A missing one is a mistake in the plan, not of the user. */
export function portOf(table: PortTable, name: string): number {
  const port = table.get(name)
  if (port === undefined) throw new MeshError('INTERNAL', `no port was asked for under the name ${name}`)
  return port
}
