import { describe, expect, it } from 'vitest'

import { parseSpiffeId, spiffeId } from './spiffe-id.ts'

describe('parseSpiffeId', () => {
  it('reads the form that Istio writes', () => {
    const uri = 'spiffe://cluster.local/ns/default/sa/reviews'
    expect(parseSpiffeId(uri)).toEqual({
      kind: 'ok',
      value: { trustDomain: 'cluster.local', namespace: 'default', serviceAccount: 'reviews', uri },
    })
  })

  it.each([
    '',
    'spiffe://cluster.local',
    'spiffe://cluster.local/ns/default/sa/',
    'spiffe://cluster.local/ns//sa/reviews',
    'spiffe://cluster.local/ns/default/sa/reviews/extra',
    'spiffe://cluster.local/ns/default/sa/reviews?query',
    'spiffe://cluster.local/ns/default/sa/reviews#part',
    'spiffe://cluster.local/ns/de%66ault/sa/reviews',
    'spiffe://cluster.local/ns/../sa/reviews',
    'spiffe://user@cluster.local/ns/default/sa/reviews',
    'spiffe://cluster.local:80/ns/default/sa/reviews',
    'spiffe://Cluster.Local/ns/default/sa/reviews',
    'SPIFFE://cluster.local/ns/default/sa/reviews',
    'https://cluster.local/ns/default/sa/reviews',
    'spiffe://cluster.local/ns/default/sa/reviews\n',
  ])('refuses %j', uri => {
    expect(parseSpiffeId(uri).kind).toBe('err')
  })
})

describe('spiffeId', () => {
  it('refuses parts that would make another path', () => {
    expect(spiffeId('cluster.local', 'default', 'a/sa/b').kind).toBe('err')
    expect(spiffeId('cluster.local', '', 'b').kind).toBe('err')
    expect(spiffeId('a'.repeat(256), 'default', 'b').kind).toBe('err')
  })
})
