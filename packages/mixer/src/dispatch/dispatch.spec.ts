import { bagOf } from '@meshwork/core/attributes'
import { describe, expect, it } from 'vitest'
import { combineAnswers, identityNamespace, NO_OPINION } from './index.ts'

const answer = (code: number, message: string, validNanos: bigint, validUseCount: number) => ({
  handler: 'h.denier.ns',
  answer: { code, message, validNanos, validUseCount },
})

describe('combineAnswers', () => {
  it('is the default when nobody answered or nobody has an opinion', () => {
    expect(combineAnswers([])).toEqual(NO_OPINION)
    expect(combineAnswers([answer(0, '', 0n, 0)])).toEqual(NO_OPINION)
  })

  it('takes the smallest of each validity, whoever says it', () => {
    expect(combineAnswers([answer(0, '', 60n, 10), answer(0, '', 1n, 20)])).toEqual({
      code: 0,
      message: '',
      validNanos: 1n,
      validUseCount: 10,
    })
  })

  it('takes the first failing code and all texts', () => {
    expect(combineAnswers([answer(0, 'fine', 9n, 9), answer(15, 'lost', 60n, 10), answer(4, 'late', 1n, 20)])).toEqual({
      code: 15,
      message: 'h.denier.ns:lost, h.denier.ns:late',
      validNanos: 1n,
      validUseCount: 9,
    })
  })

  it('a failure without validity is not to be kept', () => {
    expect(combineAnswers([answer(7, 'no', 0n, 0)])).toMatchObject({ code: 7, validNanos: 0n, validUseCount: 0 })
  })
})

describe('identityNamespace', () => {
  it.each([
    [{ 'destination.namespace': 'd', 'source.namespace': 's' }, 'd'],
    [{ 'destination.namespace': 'd', 'source.namespace': 's', 'context.reporter.kind': 'inbound' }, 'd'],
    [{ 'destination.namespace': 'd', 'source.namespace': 's', 'context.reporter.kind': 'outbound' }, 's'],
    [{ 'destination.namespace': 'd', 'context.reporter.kind': 'outbound' }, ''],
    [{ 'destination.namespace': 'd', 'context.reporter.kind': 'sideways' }, ''],
    [{ 'destination.namespace': true }, ''],
  ])('%j', (attributes, expected) => {
    expect(identityNamespace(bagOf(attributes))).toBe(expected)
  })
})
