import { expect, test } from 'vitest'
import { DescriptorBuckets } from './descriptor-buckets.ts'

const bucket = (maxTokens: number, fillMs = 60_000): { maxTokens: number; tokensPerFill: number; fillMs: number } => ({
  maxTokens,
  tokensPerFill: 1,
  fillMs,
})

test('a descriptor has the bucket of the same entries in the same order', () => {
  const buckets = new DescriptorBuckets([
    { entries: [['k', 'a']], bucket: bucket(1) },
    {
      entries: [
        ['k', 'a'],
        ['path', '/x'],
      ],
      bucket: bucket(2),
    },
  ])
  expect(buckets.for([[['k', 'a']]], 0)[0]?.config.maxTokens).toBe(1)
  expect(
    buckets.for(
      [
        [
          ['k', 'a'],
          ['path', '/x'],
        ],
      ],
      0,
    )[0]?.config.maxTokens,
  ).toBe(2)
  expect(
    buckets.for(
      [
        [
          ['path', '/x'],
          ['k', 'a'],
        ],
        [['k', 'b']],
      ],
      0,
    ),
  ).toEqual([])
  expect(buckets.for([[['k', 'a']]], 0)[0]).toBe(buckets.for([[['k', 'a']]], 5)[0])
})

test('an entry without a value has a bucket for each value; the slowest comes first', () => {
  const buckets = new DescriptorBuckets([
    { entries: [['user', '']], bucket: bucket(1, 1000) },
    { entries: [['all', 'yes']], bucket: bucket(9, 9000) },
  ])
  const [anna] = buckets.for([[['user', 'anna']]], 0)
  const [ben] = buckets.for([[['user', 'ben']]], 0)
  expect(anna).not.toBe(ben)
  expect(buckets.for([[['user', 'anna']], [['all', 'yes']]], 0).map(({ config }) => config.maxTokens)).toEqual([9, 1])
})
