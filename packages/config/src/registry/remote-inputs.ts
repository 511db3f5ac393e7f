import type { Graph, Index, Input } from '../derive/index.ts'
import type { ClusterNetworks } from './mesh-networks.ts'
import { serviceKey, type Service, type ServiceEndpoint } from './model.ts'
import type { PodPlaces } from './pod-places.ts'

/** What another cluster says about one service. */
export interface RemoteService {
  /** Id of the cluster. */
  readonly cluster: string
  readonly service: Service
  readonly endpoints: readonly ServiceEndpoint[]
}

/** What other clusters have, as inputs of a graph. Written by their `RemoteRegistry`. */
export class RemoteInputs {
  /** By cluster and `serviceKey`. */
  readonly services: Input<RemoteService>
  /** By `serviceKey`. */
  readonly byService: Index<RemoteService>
  /** By id of the cluster, as all that follow. */
  readonly networks: Input<ClusterNetworks>
  readonly places: Input<PodPlaces>

  constructor(graph: Graph) {
    this.services = graph.input('services of other clusters')
    this.byService = this.services.table.indexBy(({ service }) => [serviceKey(service)])
    this.networks = graph.input('networks of other clusters')
    this.places = graph.input('places in other clusters', Object.is)
  }
}
