import type { Derived, Graph, Read, Table } from '../derive/index.ts'
import type { MeshNetworksSpec, ObjectOf } from '../kinds/index.ts'
import { type KubernetesNames, kubernetesHostname } from './kubernetes-service.ts'
import { selects } from './labels.ts'
import { type ClusterNetworks, NETWORK_LABEL, type NetworkGateway } from './mesh-networks.ts'
import { ONLY } from './only.ts'
import type { RegistryObjects } from './registry-inputs.ts'

const GATEWAY_PORT_LABEL = 'networking.istio.io/gatewayPort'
/** Where gateways between networks take mutual TLS and pass it on by its server name (Istio's default). */
const GATEWAY_PORT = 15_443
/** On a Service of type NodePort: at the ports of which machines it is reached, by their labels as JSON; `{}` for all. */
const NODE_SELECTOR = 'traffic.istio.io/nodeSelector'
const DEFAULT_ROOT_NAMESPACE = 'istio-system'

type Service = ObjectOf<'Service'>

/** Names under which settings mean the cluster of the control plane, beside its own id. */
export const OWN_REGISTRY = 'Kubernetes'

/**
 * What the objects of one cluster and the settings of the mesh say about its network, by `ONLY`. Labels go before settings, as in
 * Istio. `ids`: what settings call the cluster.
 */
export function deriveClusterNetworks(
  graph: Graph,
  objects: RegistryObjects,
  names: Table<KubernetesNames>,
  ids: readonly string[],
): Derived<ClusterNetworks> {
  const { namespaces, services, nodes } = objects
  const labelled = services.table.indexBy(({ meta }) => (networkOf(meta.labels) === '' ? [] : [ONLY]))
  const namespacesByName = namespaces.table.indexBy(({ meta }) => [meta.name])
  return graph.derive<ClusterNetworks>({
    name: 'networks of the cluster',
    inputs: [namespaces.table, services.table, nodes.table, names],
    keys: () => [ONLY],
    compute: (_, read) => {
      const { rootNamespace, clusterDomain = '', meshNetworks } = read.get(names, ONLY) ?? {}
      const [namespace] = read.lookup(namespacesByName, rootNamespace ?? DEFAULT_ROOT_NAMESPACE)
      const own = read.lookup(labelled, ONLY).map(([, service]) => service)
      const stated = networksOf(meshNetworks, ids)
      return {
        network: networkOf(namespace?.[1].meta.labels ?? {}) || (stated[0]?.network ?? ''),
        gateways: [
          ...own.flatMap(service => gatewaysOf(service, networkOf(service.meta.labels), statedPort(service), read, objects)),
          ...stated.flatMap(({ network, services: wanted }) =>
            wanted.flatMap(({ hostname, port }) =>
              serviceOf(hostname, clusterDomain, read, objects).flatMap(service => gatewaysOf(service, network, port, read, objects)),
            ),
          ),
        ],
      }
    },
  })
}

interface StatedNetwork {
  readonly network: string
  /** Services that are its gateways. */
  readonly services: readonly { readonly hostname: string; readonly port: number }[]
}

/** The networks that the cluster's pods are on by the settings; the first counts. */
function networksOf(settings: MeshNetworksSpec | undefined, ids: readonly string[]): readonly StatedNetwork[] {
  return Object.entries(settings?.networks ?? {}).flatMap(([network, { endpoints, gateways }]) => {
    if (!endpoints.some(({ fromRegistry }) => fromRegistry !== undefined && ids.includes(fromRegistry))) return []
    const services = gateways.flatMap(({ registryServiceName, port }) =>
      registryServiceName === undefined ? [] : [{ hostname: registryServiceName, port }],
    )
    return [{ network, services }]
  })
}

/** The service of a full name, unless its label makes it a gateway already. */
function serviceOf(hostname: string, clusterDomain: string, read: Read, { services }: RegistryObjects): readonly Service[] {
  const [name = '', namespace = ''] = hostname.split('.')
  if (hostname !== kubernetesHostname(name, namespace, clusterDomain)) return []
  const service = read.get(services.table, `${namespace}/${name}`)
  return service === undefined || networkOf(service.meta.labels) !== '' ? [] : [service]
}

function networkOf(labels: Readonly<Record<string, string>>): string {
  return labels[NETWORK_LABEL] ?? ''
}

function statedPort({ meta }: Service): number {
  const stated = Number(meta.labels[GATEWAY_PORT_LABEL] ?? meta.annotations[GATEWAY_PORT_LABEL])
  return Number.isInteger(stated) && stated > 0 && stated < 65_536 ? stated : GATEWAY_PORT
}

/** Where others reach the gateway: at its load balancer, or at ports of machines. */
function gatewaysOf(service: Service, network: string, port: number, read: Read, objects: RegistryObjects): readonly NetworkGateway[] {
  const { meta, spec } = service
  const selector = spec.type === 'NodePort' ? nodeSelectorOf(meta.annotations[NODE_SELECTOR]) : undefined
  if (selector !== undefined) {
    const nodePort = spec.ports.find(each => each.port === port)?.nodePort
    if (nodePort === undefined) return []
    const nodes = read
      .list(objects.nodes.table)
      .filter(([, node]) => Object.keys(selector).length === 0 || selects(selector, node.meta.labels))
    const addresses = nodes.flatMap(([, node]) => node.spec.externalIPs.slice(0, 1))
    return [...new Set(addresses)].map(address => ({ network, address, port: nodePort }))
  }
  const balanced = spec.loadBalancer.flatMap(({ ip, hostname }) => ip ?? hostname ?? [])
  return [...new Set([...balanced, ...spec.externalIPs])].map(address => ({ network, address, port }))
}

/** undefined: no such annotation, or one that says nothing. */
function nodeSelectorOf(text: string | undefined): Readonly<Record<string, string>> | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    return Object.fromEntries(Object.entries(value).map(([label, wanted]) => [label, String(wanted)]))
  } catch {
    return undefined
  }
}
