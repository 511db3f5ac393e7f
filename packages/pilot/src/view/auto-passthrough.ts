import { outboundClusterName, serverNameOfCluster } from '../translate/clusters/cluster-name.ts'
import type { GatewayServerInputs } from '../translate/listeners/inputs.ts'
import type { OwnedServer } from './gateway-servers.ts'
import { hostCovers, namespaceCovers, parseScopedHost } from './host-pattern.ts'
import type { RouteContext } from './route-inputs.ts'

/** A service that passes through by the server name that sidecars send for it. */
export interface UnopenedService {
  /** `outbound_.80_.v1_.reviews.default.svc.cluster.local`: server name and name of the cluster. */
  readonly serverName: string
  /** The cluster whose endpoints it has. */
  readonly cluster: string
  /** Name of its endpoints: those of the cluster, but in a mesh of several networks only the ones on the gateway's. */
  readonly endpoints: string
}

/** Services that a server with AUTO_PASSTHROUGH hands on: those of its hosts, by port and subset, where pilot knows endpoints. */
export function unopenedServices({ gateway, server }: OwnedServer, context: RouteContext): readonly UnopenedService[] {
  const hosts = server.hosts.map(parseScopedHost)
  return context.services
    .filter(service => service.resolution === 'static' && !service.external)
    .filter(({ hostname, namespace }) =>
      hosts.some(each => namespaceCovers(each.namespace, namespace, gateway.meta.namespace) && hostCovers(each.host, hostname)),
    )
    .flatMap(service => {
      const subsets = ['', ...(context.rules.ruleFor(service)?.spec.subsets ?? []).map(({ name }) => name)]
      const ports = service.ports.filter(({ protocol }) => protocol !== 'udp')
      return ports.flatMap(({ number }) =>
        subsets.map(subset => {
          const serverName = serverNameOfCluster(number, subset, service.hostname)
          const cluster = outboundClusterName(number, subset, service.hostname)
          return { serverName, cluster, endpoints: context.identity.viewpoint === undefined ? cluster : serverName }
        }),
      )
    })
}

export function isAutoPassthrough({ server }: OwnedServer): boolean {
  return server.tls?.mode === 'AUTO_PASSTHROUGH'
}

export function unopenedServers(owned: OwnedServer, services: readonly UnopenedService[]): readonly GatewayServerInputs[] {
  return services.map(({ serverName }) => ({
    name: `${owned.server.port.name}-${serverName}`,
    serverNames: [serverName],
    tls: owned.server.tls,
    credential: { kind: 'files' },
    content: { kind: 'tcp', destinations: [{ cluster: serverName, weight: 1 }] },
  }))
}
