import type { NetworkFilterCodec } from '../codec.ts'
import { sniCluster } from './filter.ts'

export const sniClusterCodec: NetworkFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.network.sni_cluster.v3.SniCluster',
  decode: () => sniCluster,
}
