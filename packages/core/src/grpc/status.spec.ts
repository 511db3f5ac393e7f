import { expect, test } from 'vitest'
import { grpcStatusName, grpcStatusNumber, grpcToHttpStatus } from './status.ts'

test('a status by name, by number, and in HTTP', () => {
  expect([grpcStatusNumber('unavailable'), grpcStatusNumber('14'), grpcStatusNumber('17'), grpcStatusNumber('NO')]).toEqual([
    14,
    14,
    undefined,
    undefined,
  ])
  expect([grpcStatusName(16), grpcStatusName(17)]).toEqual(['UNAUTHENTICATED', undefined])
  expect([grpcToHttpStatus(5), grpcToHttpStatus(-1), grpcToHttpStatus(99)]).toEqual([404, 500, 500])
})
