import type { XdsRequest, XdsResponse } from '../types/messages.ts'

/** One stream to a server, open from the moment it is made. */
export interface ClientTransport {
  send(request: XdsRequest): void
  /** Ends the stream; `closed` of the events is not called for it. */
  close(): void
}

export interface ClientTransportEvents {
  received(response: XdsResponse): void
  /** The stream is over, once, for a reason that is not ours. */
  closed(reason: string): void
}

/** Opens a stream of the given variant. Failures to connect come as `closed`, never as exceptions. */
export type OpenTransport = (variant: 'sotw' | 'delta', events: ClientTransportEvents) => ClientTransport
