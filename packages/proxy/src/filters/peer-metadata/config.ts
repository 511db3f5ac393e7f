import { ok } from '@meshwork/core/result'
import { Config } from '@meshwork/protos/io/istio/http/peer_metadata/config'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import type { ProxyIdentity } from '../table.ts'
import { PeerMetadataFilter } from './filter.ts'
import { encodePeer } from './peer.ts'

export interface PeerMetadataConfig {
  readonly discoverDownstream: boolean
  readonly discoverUpstream: boolean
  readonly tellDownstream: boolean
  readonly tellUpstream: boolean
  /** Value of our own `x-envoy-peer-metadata`. */
  readonly header: string
  readonly nodeId: string
}

/** Istio's `istio.metadata_exchange`: workloads learn from each other's proxies who they are. */
export function peerMetadataCodec(identity: () => ProxyIdentity): HttpFilterCodec {
  return {
    typeUrl: 'type.googleapis.com/io.istio.http.peer_metadata.Config',
    perRoute: null,
    decode: bytes => {
      const message = Config.decode(bytes)
      const config = {
        discoverDownstream: message.downstreamDiscovery.length > 0,
        discoverUpstream: message.upstreamDiscovery.length > 0,
        tellDownstream: message.downstreamPropagation.length > 0,
        tellUpstream: message.upstreamPropagation.length > 0,
      }
      const compile = (): PeerMetadataFilter => {
        const { node, peer } = identity()
        return new PeerMetadataFilter({ ...config, header: encodePeer(peer), nodeId: node })
      }
      return ok({ name: 'istio.metadata_exchange', compile })
    },
  }
}
