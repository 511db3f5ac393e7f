import type { WorkloadPorts } from '../plan/workload-ports.ts'
import { INSTANCE_LABEL, type WorkloadShape } from '../plan/workload.ts'
import { serviceWithEndpoints } from './metadata.ts'
import { podObject, sidecarObject } from './workload-objects.ts'

/** A workload with the ports that it was given. */
export interface PlacedWorkload {
  readonly workload: WorkloadShape
  readonly ports: WorkloadPorts
}

/** All objects of one service: as a user would have applied them to a cluster, but with loopback addresses. */
export function serviceObjects(placed: readonly PlacedWorkload[]): readonly object[] {
  const [first] = placed
  if (first === undefined) return []
  const { service, namespace, servicePort } = first.workload
  const endpoints = placed.map(({ workload, ports }) => ({ port: ports.inbound, pod: workload.pod }))
  return [
    ...serviceWithEndpoints(service, namespace, { app: service }, [{ name: 'http', port: servicePort, endpoints }]),
    ...placed.flatMap(({ workload, ports }) => [
      podObject(workload, ports.inbound),
      sidecarObject(workload, ports, { [INSTANCE_LABEL]: workload.pod }),
    ]),
  ]
}
