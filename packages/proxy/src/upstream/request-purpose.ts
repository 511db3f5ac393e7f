import type { ConnectionFacts } from '../filters/filter.ts'
import type { RequestHead } from './exchange.ts'
import type { ConnectionPurpose } from './upstream-socket.ts'

/** A request for which a connection may have to be made. Made when its head is as the route wants it. */
export class RequestPurpose implements ConnectionPurpose {
  readonly client: ConnectionFacts | null
  /** As the route says, before an endpoint's own name takes its place. */
  readonly requestHost: string
  private readonly head: RequestHead

  /** `client`: null for requests of the proxy's own, and for copies. */
  constructor(head: RequestHead, client: ConnectionFacts | null) {
    this.client = client
    this.head = head
    this.requestHost = head.authority
  }

  requestHeader(name: string): string {
    return this.head.requestHeaders.get(name) ?? ''
  }
}
