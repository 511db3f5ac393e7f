import type { ConnectionFacts } from '../filters/filter.ts'
import type { ConnectionPurpose } from '../upstream/upstream-socket.ts'
import type { StreamRecord } from './stream-record.ts'

/** A request for which a connection may have to be made. Made when its head is as the route wants it. */
export class RequestPurpose implements ConnectionPurpose {
  /** As the route says, before an endpoint's own name takes its place. */
  readonly requestHost: string
  private readonly stream: StreamRecord

  constructor(stream: StreamRecord) {
    this.stream = stream
    this.requestHost = stream.authority
  }

  get client(): ConnectionFacts {
    return this.stream.connection
  }

  requestHeader(name: string): string {
    return this.stream.requestHeaders.get(name) ?? ''
  }
}
