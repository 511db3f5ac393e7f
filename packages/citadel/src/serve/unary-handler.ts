import type { handleUnaryCall, sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js'
import { messageOf, type Result } from '@meshwork/core/result'

import { type Refusal, toStatus } from './refusal.ts'

/** A gRPC method from a function that returns its refusals. What it throws is a bug, and INTERNAL. */
export function unaryHandler<Request, Response>(
  handle: (call: ServerUnaryCall<Request, Response>) => Promise<Result<Response, Refusal>>,
): handleUnaryCall<Request, Response> {
  return (call, respond) => void answer(handle(call), respond)
}

async function answer<Response>(outcome: Promise<Result<Response, Refusal>>, respond: sendUnaryData<Response>): Promise<void> {
  try {
    const result = await outcome
    if (result.kind === 'ok') respond(null, result.value)
    else respond(toStatus(result.error))
  } catch (error) {
    respond(toStatus({ kind: 'internal', message: messageOf(error) }))
  }
}
