import { APPS_IMAGE } from './test-images.ts'

/** Port of the partner on the node, where no Service of the cluster leads. */
export const PARTNER_PORT = 18_080
export const PARTNER = 'partner.example'

/** A server that is not of the cluster's network: it has the node's address. */
export function partner(namespace: string): object {
  const container = {
    name: 'app',
    image: APPS_IMAGE,
    imagePullPolicy: 'Never',
    args: ['echo'],
    env: [{ name: 'PORT', value: String(PARTNER_PORT) }],
    readinessProbe: { httpGet: { path: '/', port: PARTNER_PORT }, periodSeconds: 1 },
  }
  const spec = { hostNetwork: true, terminationGracePeriodSeconds: 1, containers: [container] }
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'partner', namespace }, spec }
}

/** The partner as its users in the mesh declare it, and the egress gateway as the only way to it. */
export function throughEgressGateway(partnerAddress: string): string {
  const gateway = 'istio-egressgateway.istio-system.svc.cluster.local'
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: partner}
spec:
  hosts: [${PARTNER}]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP, targetPort: ${PARTNER_PORT}}]
  endpoints: [{address: ${partnerAddress}}]
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: egress}
spec:
  selector: {istio: egressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [${PARTNER}]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: partner}
spec:
  hosts: [${PARTNER}]
  gateways: [mesh, egress]
  http:
    - match: [{gateways: [mesh], port: 80}]
      route: [{destination: {host: ${gateway}, port: {number: 80}}}]
    - match: [{gateways: [egress], port: 80}]
      route: [{destination: {host: ${PARTNER}, port: {number: 80}}}]
`
}
