import { decodePeer, type Peer } from './peer.ts'

/** Headers that are remembered; more start anew. A workload talks to few others. */
const MAX_PEERS = 1000

/** Decodes each header once: the same peer sends the same one with every request. */
export class KnownPeers {
  private readonly byHeader = new Map<string, Peer | null>()

  decode(header: string): Peer | null {
    const known = this.byHeader.get(header)
    if (known !== undefined) return known
    const peer = decodePeer(header)
    if (this.byHeader.size >= MAX_PEERS) this.byHeader.clear()
    this.byHeader.set(header, peer)
    return peer
  }
}
