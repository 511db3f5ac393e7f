import { describe, expect, test } from 'vitest'
import { type Condition, conditionChange, mergeConditions } from './conditions.ts'

const owned = new Set(['Accepted', 'Rejected'])
const accepted: Condition = { type: 'Accepted', status: 'True', reason: 'Valid', message: 'valid' }
const others = { type: 'Reconciled', status: 'True' }
const now = Date.parse('2026-03-04T05:06:07.890Z')

function merged(before: readonly object[], wanted: readonly Condition[], generation?: number): readonly object[] {
  return mergeConditions(
    before.map(each => ({ ...each })),
    wanted,
    { owned, generation, now },
  )
}

describe('conditions', () => {
  test('of other writers stay, ours that are over go', () => {
    const rejected = { type: 'Rejected', status: 'True' }
    expect(merged([others, rejected], [accepted], 3)).toEqual([
      others,
      { ...accepted, lastTransitionTime: '2026-03-04T05:06:07Z', observedGeneration: 3 },
    ])
  })

  test('keep the time of their last transition while the verdict is the same', () => {
    const lastTransitionTime = '2026-01-01T00:00:00Z'
    const before = { ...accepted, lastTransitionTime }
    expect(merged([before], [{ ...accepted, message: 'valid, but old' }])).toMatchObject([
      { lastTransitionTime, message: 'valid, but old' },
    ])
    expect(merged([before], [{ ...accepted, status: 'False' }])).toMatchObject([{ lastTransitionTime: '2026-03-04T05:06:07Z' }])
  })

  test('are never longer than people read', () => {
    expect(merged([], [{ ...accepted, message: 'x'.repeat(5000) }])).toMatchObject([{ message: expect.stringMatching(/^x{1023}…$/) }])
  })
})

describe('a change of conditions', () => {
  const before = [{ ...accepted, observedGeneration: '2' }]
  test.each([
    ['nothing, if only others differ or a generation is a text', [others, { ...accepted, observedGeneration: 2 }], 'none'],
    ['words, if only the sentence differs', [{ ...accepted, message: 'else', observedGeneration: 2 }], 'words'],
    ['a verdict, if the status differs', [{ ...accepted, status: 'False', observedGeneration: 2 }], 'verdict'],
    ['a verdict, if it is about another version', [{ ...accepted, observedGeneration: 3 }], 'verdict'],
    ['a verdict, if a condition comes', [...before, { type: 'Rejected', status: 'True' }], 'verdict'],
  ])('is %s', (_, after, change) => {
    expect(conditionChange(before, after, owned)).toBe(change)
  })
})
