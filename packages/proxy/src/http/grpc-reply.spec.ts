import { expect, test } from 'vitest'
import { addGrpcReply } from './grpc-reply.ts'
import { HeaderTable } from './header-table.ts'

function grpcReplyHeaders(status: number, grpcStatus: number, message: string): HeaderTable {
  const table = new HeaderTable()
  addGrpcReply(table, status, grpcStatus, message)
  return table
}

test.each([
  [400, '13'],
  [401, '16'],
  [403, '7'],
  [404, '12'],
  [429, '14'],
  [503, '14'],
  [504, '14'],
  [418, '2'],
])('HTTP %i is gRPC %s', (status, grpc) => {
  expect(grpcReplyHeaders(status, -1, '').get('grpc-status')).toBe(grpc)
})

test('a status of its own wins, and messages are percent-encoded', () => {
  const headers = grpcReplyHeaders(503, 8, 'ünder 100%\n')
  expect(headers.get('grpc-status')).toBe('8')
  expect(headers.get('grpc-message')).toBe('%C3%BCnder 100%25%0A')
})
