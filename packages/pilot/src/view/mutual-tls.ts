import type { ServiceEndpoint } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { peerTlsFor } from './peer-tls.ts'
import { sidecarFor } from './sidecar-for.ts'

const TLS_MODE_LABEL = 'security.istio.io/tlsMode'

/** Whether callers may use mutual TLS with an endpoint: a proxy of the mesh stands there, and its policy does not say DISABLE. */
export function takesMutualTls(endpoint: ServiceEndpoint, snapshot: MeshSnapshot): boolean {
  if (endpoint.tlsMode !== 'istio' && !isIngressOfSidecar(endpoint, snapshot)) return false
  const target = { namespace: endpoint.namespace, labels: endpoint.labels, port: endpoint.port }
  return peerTlsFor(snapshot.peerAuthentications, snapshot.mesh.rootNamespace, target) !== 'disable'
}

/** Without an injector nobody labels the pod; but a port that its Sidecar object lists as `ingress` is opened by the proxy. */
function isIngressOfSidecar(endpoint: ServiceEndpoint, snapshot: MeshSnapshot): boolean {
  if (endpoint.workload === undefined || endpoint.labels[TLS_MODE_LABEL] !== undefined) return false
  const sidecar = sidecarFor(snapshot.sidecars, snapshot.mesh.rootNamespace, endpoint)
  return sidecar?.spec.ingress.some(entry => entry.captureMode === 'NONE' && entry.port.number === endpoint.port) === true
}
