import type { Clock } from '@meshwork/core/time'
import type { Logger } from '@meshwork/core/log'
import type { XdsCache } from '../cache/cache.ts'
import type { XdsNode } from '../types/node.ts'
import type { ClientStatus, XdsServerHooks } from './hooks.ts'
import { type StreamPeer, UNPROVED_PEER } from './peer.ts'
import { DiscoveryStream } from './stream.ts'
import type { ServerStream, ServerTransport } from './transport.ts'

export interface XdsServerOptions {
  readonly cache: XdsCache
  readonly hooks: XdsServerHooks
  readonly clock: Clock
  readonly log: Logger
  /** Streams beyond this number are refused with RESOURCE_EXHAUSTED. Default 100,000. */
  readonly maxStreams?: number
}

const DEFAULT_MAX_STREAMS = 100_000

/** The protocol side of a control plane: any number of streams over one cache. Free of transport; `../grpc` binds it. */
export class XdsServer {
  private readonly options: XdsServerOptions
  private readonly streams = new Set<DiscoveryStream>()
  private nextStreamId = 1
  private closing = false

  constructor(options: XdsServerOptions) {
    this.options = options
  }

  /** A new stream of either variant; the first request says which. */
  open(transport: ServerTransport, peer: StreamPeer = UNPROVED_PEER): ServerStream {
    const stream = new DiscoveryStream({
      ...this.options,
      transport,
      peer,
      id: this.nextStreamId++,
      ended: () => this.streams.delete(stream),
    })
    const limit = this.options.maxStreams ?? DEFAULT_MAX_STREAMS
    if (this.closing) stream.fail({ code: 'UNAVAILABLE', message: 'the server is closing' })
    else if (this.streams.size >= limit) stream.fail({ code: 'RESOURCE_EXHAUSTED', message: `more than ${limit} streams` })
    else this.streams.add(stream)
    return stream
  }

  /** Every client that has said who it is: the source of `proxy-status`. */
  *clients(): IterableIterator<ClientStatus> {
    for (const stream of this.streams) {
      const status = stream.status()
      if (status !== null) yield status
    }
  }

  /** Asks again which view each client sees, and moves those whose answer changed. True if there were any. */
  reassign(viewOf: (node: XdsNode) => string): boolean {
    let moved = false
    for (const stream of this.streams) moved = stream.reassign(viewOf) || moved
    return moved
  }

  /** The view of each client, with repetitions. */
  *viewKeys(): IterableIterator<string> {
    for (const { viewKey } of this.streams) if (viewKey !== null) yield viewKey
  }

  /** Ends all streams; clients come back to whoever serves then. */
  close(): void {
    this.closing = true
    for (const stream of [...this.streams]) stream.fail({ code: 'UNAVAILABLE', message: 'the server is closing' })
  }
}
