import { addGrpcReply, isGrpcRequest } from './grpc-reply.ts'
import type { HeaderTable } from './header-table.ts'
import { localReplyHeaders, setReplyLength } from './local-reply.ts'
import type { StreamRecord } from './stream-record.ts'

/** An answer of our own as it is sent. */
export interface LocalAnswer {
  readonly status: number
  readonly headers: HeaderTable
  /** Empty: the answer is its head. */
  readonly body: Buffer
}

const NOTHING = Buffer.alloc(0)

/**
 * Makes an answer of our own in the form that the configuration and the client want; `text` is its body before that. The
 * stream's record is told of it first, for the configured form may say so, and may set another status.
 */
export function localAnswer(
  stream: StreamRecord,
  status: number,
  text: string,
  fields: readonly (readonly [string, string])[],
): LocalAnswer {
  const { localReplies } = stream.plan
  const headers = localReplyHeaders(text !== '', fields)
  stream.status = status
  stream.localReplyBody = text
  const body = Buffer.from(localReplies === null ? text : localReplies.shape(stream, headers))
  if (isGrpcRequest(stream.requestHeaders)) {
    // gRPC clients read errors from trailers only: a single head, 200 whatever happened.
    addGrpcReply(headers, stream.status, stream.localGrpcStatus, body.toString().trimEnd())
    return { status: 200, headers, body: NOTHING }
  }
  setReplyLength(headers, stream.status, body.length)
  const bodiless = stream.method === 'HEAD' || stream.status === 204 || stream.status === 304
  return { status: stream.status, headers, body: bodiless ? NOTHING : body }
}
