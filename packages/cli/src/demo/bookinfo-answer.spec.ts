import { describe, expect, it } from 'vitest'
import { readHops } from './bookinfo-answer.ts'

const HOP = { service: 'details', version: 'v1', caller: null }

describe('readHops', () => {
  it('reads the hops of a whole page', () => {
    expect(readHops(JSON.stringify({ details: {}, reviews: {}, hops: [HOP] }))).toEqual([HOP])
  })

  it.each([
    '',
    'no json',
    '[]',
    '{}',
    JSON.stringify({ details: { error: 'x' }, reviews: {}, hops: [HOP] }),
    JSON.stringify({ details: {}, reviews: { error: 'x' }, hops: [HOP] }),
    JSON.stringify({ details: {}, reviews: {}, hops: [{ service: 'x' }] }),
  ])('takes %s for no whole page', text => {
    expect(readHops(text)).toBeUndefined()
  })
})
