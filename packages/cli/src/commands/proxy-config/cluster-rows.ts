import type { ConfigDump } from '../../mesh-api/config-dump.ts'
import type { RowOrigin, RowOrigins } from '../../mesh-api/row-origins.ts'
import { asList, asObject, asText, at } from '../../mesh-api/json-reader.ts'

export interface ClusterRow extends RowOrigin {
  readonly name: string
  /** `outbound`, `inbound`, or empty for clusters that are not of a service. */
  readonly direction: string
  readonly port: string
  readonly subset: string
  readonly host: string
  readonly type: string
  readonly tls: boolean
}

export function clusterRows(dump: ConfigDump, origins: RowOrigins): readonly ClusterRow[] {
  return dump.clusters.map(cluster => {
    const name = asText(cluster['name'])
    const { direction, port, subset, host } = readClusterName(name)
    const tls = cluster['transport_socket'] !== undefined || asList(cluster['transport_socket_matches']).length > 0
    return { name, direction, port, subset, host, type: asText(cluster['type']), tls, ...origins.ofCluster(name) }
  })
}

/** `outbound|9080|v1|reviews.default.svc.cluster.local` (traffic.md, names); other names have no parts. */
export function readClusterName(name: string): {
  readonly direction: string
  readonly port: string
  readonly subset: string
  readonly host: string
} {
  const [direction = '', port = '', subset = '', host = ''] = name.split('|')
  return name.includes('|') ? { direction, port, subset, host } : { direction: '', port: '', subset: '', host: name }
}

export interface EndpointRow extends RowOrigin {
  readonly cluster: string
  readonly address: string
  readonly health: string
  readonly weight: string
}

export function endpointRows(dump: ConfigDump, origins: RowOrigins): readonly EndpointRow[] {
  const inline = dump.clusters.map(cluster => asObject(cluster['load_assignment'])).filter(each => each['endpoints'] !== undefined)
  return [...dump.endpoints, ...inline].flatMap(assignment =>
    asList(assignment['endpoints']).flatMap(locality =>
      asList(at(locality, 'lb_endpoints')).map(endpoint => {
        const cluster = asText(assignment['cluster_name'])
        const address = at(endpoint, 'endpoint', 'address')
        const socket = at(address, 'socket_address')
        return {
          cluster,
          address: addressOf(address),
          health: asText(at(endpoint, 'health_status')) || 'HEALTHY',
          weight: asText(at(endpoint, 'load_balancing_weight')) || '1',
          ...origins.ofEndpoint(cluster, asText(at(socket, 'address')), Number(asText(at(socket, 'port_value')))),
        }
      }),
    ),
  )
}

function addressOf(address: unknown): string {
  const pipe = asText(at(address, 'pipe', 'path'))
  if (pipe !== '') return `unix:${pipe}`
  return `${asText(at(address, 'socket_address', 'address'))}:${asText(at(address, 'socket_address', 'port_value'))}`
}
