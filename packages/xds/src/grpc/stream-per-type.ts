import type { ClientTransport, ClientTransportEvents, OpenTransport } from '../client/transport.ts'
import type { XdsRequest } from '../types/messages.ts'
import type { XdsNode } from '../types/node.ts'

/** Opens the stream of a type with the first request for it. */
export class StreamPerType implements ClientTransport {
  private readonly openers: ReadonlyMap<string, OpenTransport>
  private readonly variant: 'sotw' | 'delta'
  private readonly events: ClientTransportEvents
  private readonly streams = new Map<string, ClientTransport>()
  private node: XdsNode | null = null

  constructor(openers: ReadonlyMap<string, OpenTransport>, variant: 'sotw' | 'delta', events: ClientTransportEvents) {
    this.openers = openers
    this.variant = variant
    this.events = events
  }

  send(request: XdsRequest): void {
    this.node ??= request.node
    const known = this.streams.get(request.typeUrl)
    if (known !== undefined) {
      known.send(request)
      return
    }
    const stream = this.openers.get(request.typeUrl)?.(this.variant, {
      received: response => this.events.received(response),
      closed: reason => {
        this.close()
        this.events.closed(reason)
      },
    })
    if (stream === undefined) return
    this.streams.set(request.typeUrl, stream)
    // Each stream begins with the node; the client above says it once.
    stream.send({ ...request, node: this.node })
  }

  close(): void {
    for (const stream of this.streams.values()) stream.close()
    this.streams.clear()
  }
}
