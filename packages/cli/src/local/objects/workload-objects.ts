import type { WorkloadPorts } from '../plan/workload-ports.ts'
import type { WorkloadShape } from '../plan/workload.ts'
import { metadata } from './metadata.ts'

const NETWORKING_API = 'networking.istio.io/v1'

/** The Pod of a workload: labels for subsets and selectors, service account for its identity. */
export function podObject(workload: WorkloadShape, containerPort: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadata(workload.pod, workload.namespace, workload.labels),
    spec: {
      serviceAccountName: workload.serviceAccount,
      containers: [{ name: 'app', image: 'local', ports: [{ name: 'http', containerPort, protocol: 'TCP' }] }],
    },
    status: { phase: 'Running', podIP: '127.0.0.1', podIPs: [{ ip: '127.0.0.1' }], conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

/**
 * The Sidecar object of a workload without traffic capture: Istio's own means (captureMode NONE) to say where the
 * proxy listens for the workload and where the workload finds the proxy.
 */
export function sidecarObject(workload: WorkloadShape, ports: WorkloadPorts, labels: Readonly<Record<string, string>>): object {
  return {
    apiVersion: NETWORKING_API,
    kind: 'Sidecar',
    metadata: metadata(workload.pod, workload.namespace),
    spec: {
      workloadSelector: { labels },
      ingress: [
        {
          port: { number: ports.inbound, protocol: 'HTTP', name: 'http' },
          bind: '127.0.0.1',
          captureMode: 'NONE',
          defaultEndpoint: `127.0.0.1:${ports.app}`,
        },
      ],
      egress: [
        {
          port: { number: ports.httpProxy, protocol: 'HTTP_PROXY', name: 'http-proxy' },
          bind: '127.0.0.1',
          captureMode: 'NONE',
          hosts: ['*/*'],
        },
      ],
    },
  }
}

export function serviceAccountObject(name: string, namespace: string): object {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata(name, namespace) }
}
