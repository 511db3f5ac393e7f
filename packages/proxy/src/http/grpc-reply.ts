import { HEADER_IDS } from './header-name.ts'
import type { HeaderTable } from './header-table.ts'

const UNKNOWN = 2
/** What gRPC clients are told where the data path would answer with this status (grpc.io "HTTP to gRPC Status Code Mapping"). */
const GRPC_OF: ReadonlyMap<number, number> = new Map([
  [400, 13],
  [401, 16],
  [403, 7],
  [404, 12],
  [429, 14],
  [502, 14],
  [503, 14],
  [504, 14],
])

/** Makes of the fields of an answer of our own those of a gRPC answer. `grpcStatus`: -1 for what `status` stands for. */
export function addGrpcReply(table: HeaderTable, status: number, grpcStatus: number, message: string): void {
  table.removeId(HEADER_IDS['content-length'])
  table.set('content-type', 'application/grpc')
  table.set('grpc-status', String(grpcStatus >= 0 ? grpcStatus : (GRPC_OF.get(status) ?? UNKNOWN)))
  if (message !== '') table.set('grpc-message', percentEncode(message))
}

/** `application/grpc`, or that with a message format behind it; gRPC-Web is another type. */
export function isGrpcRequest(headers: HeaderTable): boolean {
  const type = headers.getId(HEADER_IDS['content-type'])
  return type !== null && (type === 'application/grpc' || type.startsWith('application/grpc+'))
}

/** `Status-Message` of gRPC over HTTP/2: UTF-8, with anything but printable ASCII and `%` itself as `%XX`. */
function percentEncode(message: string): string {
  if (!/[^ -$&-~]/.test(message)) return message
  let text = ''
  for (const byte of Buffer.from(message)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25
    text += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}
