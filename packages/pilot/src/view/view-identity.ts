import type { Labels } from '@meshwork/config/kinds'
import { isGrpc, isHttp, type Protocol, type Service, type ServiceEndpoint, serviceKey } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import type { ServiceIdentity } from '../translate/filters/inputs.ts'
import type { InboundPort } from '../translate/listeners/inputs.ts'
import type { InterceptionMode, ProxyKind, ProxyNode } from './proxy-node.ts'
import { nodeFacts } from './node-facts.ts'
import { ownEndpoints, serviceIndex } from './own-endpoints.ts'
import { placeOf, type ProxyPlace } from './proxy-place.ts'
import { sidecarFor } from './sidecar-for.ts'
import { type Viewpoint, viewpointOf } from './viewpoint.ts'

/** A port of the own application that some service names. */
export interface OwnPort {
  /** Where the workload listens. */
  readonly port: number
  /** The number under which clients of the service know it. */
  readonly servicePort: number
  readonly protocol: InboundPort['protocol']
  readonly grpc: boolean
  readonly service: ServiceIdentity
}

/** All that sets one node's configuration apart from another's. Nodes with equal identities share one view. */
export interface ViewIdentity {
  readonly kind: ProxyKind
  /** A proxy of ours: extensions that only those understand go to no other. */
  readonly meshwork: boolean
  /** A program that is its own proxy, by gRPC's xDS client. */
  readonly generator?: 'grpc'
  readonly namespace: string
  readonly dnsDomain: string
  readonly labels: Labels
  readonly interception: InterceptionMode
  readonly dnsCapture: boolean
  readonly place: ProxyPlace
  readonly ownPorts: readonly OwnPort[]
  /** '' where nothing depends on it, so that replicas can share. */
  readonly ip: string
  /** Pod name, only where Mixer's attributes have it; '' else. */
  readonly mixerPod: string
  /** What EnvoyFilters ask of the node's metadata. */
  readonly nodeFacts: Labels
  /** Whether Secrets of its namespace may be delivered to it. */
  readonly mayHoldKeys: boolean
  /** Where it looks from, in a mesh of several clusters or networks. */
  readonly viewpoint?: Viewpoint
}

/** Equal keys get equal configuration. The key is the identity itself, as text. */
export type ViewKey = string

/** `mayHoldKeys`: the node has proved who it is. */
export function viewIdentity(node: ProxyNode, snapshot: MeshSnapshot, mayHoldKeys: boolean = false): ViewIdentity {
  const { mesh } = snapshot
  const viewpoint = viewpointOf(node, snapshot)
  const usesMixer = node.meshworkVersion !== null && (mesh.mixerCheckServer !== '' || mesh.mixerReportServer !== '')
  const sidecar = node.kind === 'sidecar' ? sidecarFor(snapshot.sidecars, mesh.rootNamespace, node) : undefined
  const needsIp = usesMixer || node.interception === 'none' || (sidecar?.spec.ingress.length ?? 0) > 0
  return {
    kind: node.kind,
    meshwork: node.meshworkVersion !== null,
    ...(node.generator !== undefined && { generator: node.generator }),
    namespace: node.namespace,
    dnsDomain: node.dnsDomain,
    labels: Object.fromEntries(Object.entries(node.labels).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    interception: node.interception,
    dnsCapture: node.kind === 'sidecar' && node.dnsCapture,
    place: placeOf(node, snapshot),
    ownPorts: ownPorts(ownEndpoints(node, snapshot), snapshot),
    ip: needsIp ? node.ip : '',
    mixerPod: usesMixer ? node.pod : '',
    nodeFacts: nodeFacts(node.metadata, snapshot.envoyFilters),
    mayHoldKeys,
    ...(viewpoint !== undefined && { viewpoint }),
  }
}

export function viewKeyOf(identity: ViewIdentity): ViewKey {
  return JSON.stringify(identity)
}

/** One entry per port; where services share it the first one names it. */
function ownPorts(endpoints: readonly ServiceEndpoint[], snapshot: MeshSnapshot): readonly OwnPort[] {
  const services = serviceIndex(snapshot.registry.services)
  const ports = new Map<number, OwnPort>()
  for (const endpoint of endpoints) {
    const service = services.get(serviceKey({ hostname: endpoint.hostname, namespace: endpoint.serviceNamespace }))
    const port = service?.ports.find(candidate => candidate.name === endpoint.portName)
    if (service === undefined || service.aliasOf !== undefined || port === undefined || port.protocol === 'udp' || ports.has(endpoint.port))
      continue
    ports.set(endpoint.port, {
      port: endpoint.port,
      servicePort: port.number,
      protocol: inboundProtocol(port.protocol),
      grpc: isGrpc(port.protocol),
      service: identityOf(service),
    })
  }
  return [...ports.values()].toSorted((a, b) => a.port - b.port)
}

/** How a proxy takes what comes for its application. */
export function inboundProtocol(protocol: Protocol): InboundPort['protocol'] {
  if (protocol === 'auto') return 'auto'
  return isHttp(protocol) ? 'http' : 'tcp'
}

function identityOf(service: Service): ServiceIdentity {
  return { host: service.hostname, name: service.name, namespace: service.namespace }
}
