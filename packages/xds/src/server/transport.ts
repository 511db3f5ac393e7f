import type { XdsRequest, XdsResponse } from '../types/messages.ts'

/** Why the server ends a stream; the words are gRPC status codes. */
export interface StreamFailure {
  readonly code: 'INVALID_ARGUMENT' | 'PERMISSION_DENIED' | 'RESOURCE_EXHAUSTED' | 'UNAVAILABLE'
  readonly message: string
}

/** What a discovery stream needs from its transport. */
export interface ServerTransport {
  /** Hands over one response. False: the peer is slow, and nothing more is sent until `drained` of the stream is called. */
  send(response: XdsResponse): boolean
  /** Ends the stream, as a failure or (undefined) in peace. Nothing is sent afterwards. */
  end(failure?: StreamFailure): void
}

/** The server's end of one discovery stream. The transport calls these; after `closed`, none. */
export interface ServerStream {
  received(request: XdsRequest): void
  /** The transport can take more. */
  drained(): void
  closed(): void
}
