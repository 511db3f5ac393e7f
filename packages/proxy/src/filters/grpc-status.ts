/** HTTP status that stands for a gRPC status where gRPC is not spoken (google.rpc.Code). */
const HTTP_OF: readonly number[] = [200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401]

export function grpcToHttpStatus(status: number): number {
  return HTTP_OF[status] ?? 500
}
