import { GO_ON, type NetworkFilterBlueprint } from '../network-filter.ts'

export const SNI_CLUSTER = 'envoy.filters.network.sni_cluster'

/** The server name that the client asked for is the cluster its bytes go to. */
export const sniCluster: NetworkFilterBlueprint = {
  kind: 'filter',
  name: SNI_CLUSTER,
  compile: () => ({
    onConnection: connection => {
      connection.upstreamCluster = connection.facts.requestedServerName
      return GO_ON
    },
  }),
}
