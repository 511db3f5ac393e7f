import { Params } from '@meshwork/protos/istio/mixer/adapter/config/denier'
import { expect, it } from 'vitest'
import { denier } from './adapter.ts'

it('refuses with FAILED_PRECONDITION for 5 s and 1000 requests unless told otherwise', async () => {
  const handler = denier.build(Params.fromPartial({}))
  expect(await handler.checkNothing?.({ name: 'i' })).toEqual({ code: 9, message: '', validNanos: 5_000_000_000n, validUseCount: 1000 })
  expect(await handler.quota?.({ name: 'q', dimensions: new Map() }, { amount: 5n, bestEffort: true, dedupId: '1' })).toMatchObject({
    amount: 0n,
  })
})

it('refuses as configured', async () => {
  const handler = denier.build(Params.fromPartial({ status: { code: 7, message: 'no' }, validDuration: { seconds: 1n }, validUseCount: 2 }))
  expect(await handler.listEntry?.({ name: 'i', value: 'x' })).toEqual({
    code: 7,
    message: 'no',
    validNanos: 1_000_000_000n,
    validUseCount: 2,
  })
})
