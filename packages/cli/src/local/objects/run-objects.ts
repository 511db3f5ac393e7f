import { INSTANCE_LABEL } from '../plan/workload.ts'
import { metadata, serviceObject } from './metadata.ts'
import type { PlacedWorkload } from './service-objects.ts'
import { podObject, sidecarObject } from './workload-objects.ts'

const PORT_NAME = 'http'

/**
 * Objects of a program that joined by `local run`. Its address is an EndpointSlice of its own, because the service may
 * have other instances, in other files. `ready: false` keeps clients away while the program starts and leaves.
 */
export function runObjects({ workload, ports }: PlacedWorkload, ready: boolean): readonly object[] {
  const { pod, namespace, service } = workload
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metadata(pod, namespace, { 'kubernetes.io/service-name': service }),
    addressType: 'IPv4',
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready }, targetRef: { kind: 'Pod', name: pod, namespace } }],
    ports: [{ name: PORT_NAME, port: ports.inbound, protocol: 'TCP' }],
  }
  return [podObject(workload, ports.inbound), sidecarObject(workload, ports, { [INSTANCE_LABEL]: pod }), slice]
}

/** The Service of a program whose name is new in the mesh. */
export function runServiceObject(service: string, namespace: string, port: number): object {
  return serviceObject(service, namespace, { app: service }, [{ name: PORT_NAME, port, endpoints: [] }])
}
