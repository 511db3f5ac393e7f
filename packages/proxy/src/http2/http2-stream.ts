import { HeaderTable } from '../http/header-table.ts'

/** Before the head has come. Nobody adds to it. */
const NO_HEADERS = new HeaderTable()

/** One stream; of a fixed shape. What is sent on it goes through the session. Public fields are for reading, but `owner`. */
export class Http2Stream<Owner> {
  readonly id: number
  /** Whatever the session's user keeps with the stream. */
  owner: Owner | null = null
  /** Request: pseudo fields. `authority` is `:authority`, or `host` without it; `host` is never among `headers`. */
  method = ''
  scheme = ''
  authority = ''
  path = ''
  /** `:protocol` of extended CONNECT (RFC 8441), else empty. */
  protocol = ''
  /** Response, 0 before it came. */
  status = 0
  /** The peer's head: names are in lower case; cookie crumbs are joined (RFC 9113 8.2.3). */
  headers: HeaderTable = NO_HEADERS
  /** From `content-length`, or -1. */
  contentLength = -1
  /** Bytes of data that wait to be sent. */
  bufferedBytes = 0
  /** Less waits to be sent than `streamBufferBytes`. */
  writable = true
  /** We have sent END_STREAM, or it waits with the data. */
  localEnded = false
  /** The peer has sent END_STREAM. */
  remoteEnded = false
  /** Reset by one of the sides, or both sides have ended. */
  closed = false

  // The rest is the session's own.
  /** Bytes that the peer lets us send; below 0 after it made its windows smaller (RFC 9113 6.9.2). */
  sendWindow: number
  /** Bytes that the peer may send. */
  receiveWindow: number
  /** Data that came and was not consumed. */
  unconsumed = 0
  /** Consumed, but the peer has not been told. */
  uncredited = 0
  /** Data bytes of the message so far. */
  received = 0
  /** How many there must be in the end, or -1. */
  expected = -1
  /** Server: an answer has begun. Client: the final head has come. */
  answered = false
  /** The last frame of our side has been written. */
  endSent = false
  /** Chunks that wait to be sent; null when none ever did. */
  queue: Buffer[] | null = null
  /** Bytes of the first chunk of `queue` that are sent. */
  queueOffset = 0
  trailers: HeaderTable | null = null
  isReady = false

  constructor(id: number, sendWindow: number, receiveWindow: number) {
    this.id = id
    this.sendWindow = sendWindow
    this.receiveWindow = receiveWindow
  }
}
