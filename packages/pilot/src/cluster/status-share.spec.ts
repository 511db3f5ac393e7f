import { expect, test } from 'vitest'
import type { ObjectStatus } from '../status/index.ts'
import { shareText, withShares } from './status-share.ts'

function status(on: number, of: number, more: Partial<ObjectStatus> = {}): ObjectStatus {
  return {
    ...{ kind: 'VirtualService', namespace: 'default', name: 'a', file: 'kubernetes', line: 1, generation: 2 },
    ...{ state: on < of ? 'Pending' : 'Programmed', sentence: '', violations: [], warnings: [], refusals: [] },
    programmed: { on, of },
    heldOn: 0,
    addresses: [],
    ...more,
  }
}
const refusal = { proxy: 'p', type: 'lds', message: 'no' }

test('proxies of all replicas are counted', () => {
  const [sum] = withShares([status(1, 1)], [shareText([status(2, 2)]), shareText([status(0, 1)])])
  expect(sum).toMatchObject({ state: 'Pending', programmed: { on: 3, of: 4 }, sentence: 'programmed on 3 of 4 proxies' })
  expect(withShares([status(0, 0)], [shareText([status(2, 2)])])).toMatchObject([{ state: 'Programmed' }])
})

test('what a proxy of another replica refuses is refused', () => {
  expect(withShares([status(1, 1)], [shareText([status(0, 1, { refusals: [refusal] })])])).toMatchObject([
    { state: 'Rejected', sentence: 'p says: no', programmed: { on: 1, of: 2 } },
  ])
})

test('a replica that has judged another version has programmed nothing of this one', () => {
  const older = shareText([status(2, 2, { generation: 1, refusals: [refusal] })])
  expect(withShares([status(1, 1)], [older])).toMatchObject([{ state: 'Pending', programmed: { on: 1, of: 3 } }])
})

test('an invalid object stays rejected, and a note that cannot be read counts for nothing', () => {
  const invalid = status(0, 0, { state: 'Rejected', violations: [{ path: '', code: 'x', message: 'y', line: 1 }] })
  expect(withShares([invalid], [shareText([status(1, 1)])])).toMatchObject([{ state: 'Rejected' }])
  for (const text of ['', '[]', '{"VirtualService/default/a":{"on":"1"}}', 'null']) {
    expect(withShares([status(1, 1)], [text])).toEqual([status(1, 1)])
  }
})
