import { expect, it } from 'vitest'
import { HeaderTable } from './header-table.ts'
import { outlierStatus } from './outlier-status.ts'

function table(name: string, value: string): HeaderTable {
  const headers = new HeaderTable()
  headers.set(name, value)
  return headers
}

const GRPC = table('content-type', 'application/grpc')

it.each([
  { grpc: '0', http: 200 },
  { grpc: '14', http: 503 },
  { grpc: '4', http: 504 },
  { grpc: '5', http: 404 },
  { grpc: '99', http: 500 },
  { grpc: 'x', http: 500 },
])('an answer to gRPC with status $grpc is judged as $http', ({ grpc, http }) => {
  expect(outlierStatus(GRPC, 200, table('grpc-status', grpc))).toBe(http)
})

it('other answers are judged by their own status', () => {
  expect(outlierStatus(GRPC, 502, new HeaderTable())).toBe(502)
  expect(outlierStatus(table('content-type', 'text/plain'), 200, table('grpc-status', '14'))).toBe(200)
})
