import { grpcToHttpStatus } from '@meshwork/core/grpc'
import { isGrpcRequest } from './grpc-reply.ts'
import { HEADER_IDS } from './header-name.ts'
import type { HeaderTable } from './header-table.ts'

/** The status by which outlier detection judges an answer: that of gRPC, where its head tells it. */
export function outlierStatus(request: HeaderTable, status: number, response: HeaderTable): number {
  const grpc = response.getId(HEADER_IDS['grpc-status'])
  if (grpc === null || !isGrpcRequest(request)) return status
  return grpcToHttpStatus(/^\d{1,2}$/.test(grpc) ? Number(grpc) : -1)
}
