import type { HeaderTable } from '../../http/header-table.ts'
import { CONTINUE, type FilterStatus, type FilterStream, type HttpFilter } from '../filter.ts'
import type { PeerMetadataConfig } from './config.ts'
import { KnownPeers } from './known-peers.ts'
import type { Peer } from './peer.ts'

export const PEER_HEADER = 'x-envoy-peer-metadata'
export const PEER_ID_HEADER = 'x-envoy-peer-metadata-id'
/** Where other filters find the peers of a request. */
export const PEER_NAMESPACE = 'io.istio.peer_metadata'

/** What stands in dynamic metadata under `PEER_NAMESPACE`. */
export interface ExchangedPeers {
  readonly downstream?: Peer | null
  readonly upstream?: Peer | null
}

/** Tells the other end who we are, and learns who it is, by two headers that never reach an application. */
export class PeerMetadataFilter implements HttpFilter {
  private readonly config: PeerMetadataConfig
  private readonly peers = new KnownPeers()

  constructor(config: PeerMetadataConfig) {
    this.config = config
  }

  onRequestHead(stream: FilterStream): FilterStatus {
    const headers = stream.requestHeaders
    if (this.config.discoverDownstream) this.learn(stream, headers, 'downstream')
    if (this.config.tellUpstream) this.tell(headers)
    return CONTINUE
  }

  onResponseHead(stream: FilterStream): FilterStatus {
    const headers = stream.responseHeaders
    if (headers === null) return CONTINUE
    if (this.config.discoverUpstream) this.learn(stream, headers, 'upstream')
    if (this.config.tellDownstream && stream.dynamicMetadata(PEER_NAMESPACE) !== null) this.tell(headers)
    return CONTINUE
  }

  private learn(stream: FilterStream, headers: HeaderTable, end: keyof ExchangedPeers): void {
    const header = headers.get(PEER_HEADER)
    if (header === null) return
    headers.remove(PEER_HEADER)
    headers.remove(PEER_ID_HEADER)
    stream.mergeDynamicMetadata(PEER_NAMESPACE, { [end]: this.peers.decode(header) })
  }

  private tell(headers: HeaderTable): void {
    headers.set(PEER_HEADER, this.config.header)
    headers.set(PEER_ID_HEADER, this.config.nodeId)
  }
}
