import { expect, test } from 'vitest'
import type { ObjectStatus } from '../status/index.ts'
import { statusConditions } from './status-conditions.ts'

const status: ObjectStatus = {
  ...{ kind: 'VirtualService', namespace: 'default', name: 'a', file: 'kubernetes', line: 1 },
  ...{ state: 'Programmed', sentence: 'programmed on 2 of 2 proxies', violations: [], warnings: [], refusals: [] },
  programmed: { on: 2, of: 2 },
  heldOn: 0,
  addresses: [],
}
const short = (one: ObjectStatus): readonly string[] =>
  statusConditions(one).map(({ type, status: is, reason, message }) => `${type}=${is} ${reason}: ${message}`)
const violation = { path: 'spec.hosts', code: 'x', message: 'is required', line: 1 }

test.each<readonly [string, Partial<ObjectStatus>, readonly string[]]>([
  ['runs everywhere', {}, ['Accepted=True Valid: valid', 'Programmed=True Programmed: programmed on 2 of 2 proxies']],
  [
    'is on its way',
    { state: 'Pending', sentence: 'programmed on 1 of 2 proxies' },
    ['Accepted=True Valid: valid', 'Programmed=False Pending: programmed on 1 of 2 proxies'],
  ],
  [
    'nobody needs',
    { state: 'Accepted', sentence: 'no connected proxy needs to know of it' },
    ['Accepted=True Valid: valid', 'Programmed=Unknown NotNeeded: no connected proxy needs to know of it'],
  ],
  [
    'a proxy refuses',
    { state: 'Rejected', sentence: 'p says: no', programmed: { on: 1, of: 2 } },
    [
      'Accepted=True Valid: valid',
      'Programmed=False RefusedByProxy: p says: no; programmed on 1 of 2 proxies',
      'Rejected=True RefusedByProxy: p says: no',
    ],
  ],
  [
    'is not valid',
    { state: 'Rejected', sentence: 'spec.hosts: is required', violations: [violation] },
    [
      'Accepted=False Invalid: spec.hosts: is required',
      'Programmed=False Invalid: spec.hosts: is required',
      'Rejected=True Invalid: spec.hosts: is required',
    ],
  ],
])('an object that %s', (_, change, conditions) => {
  expect(short({ ...status, ...change })).toEqual(conditions)
})

test('warnings stand beside the acceptance', () => {
  const [accepted] = short({ ...status, warnings: [{ path: 'spec.a', code: 'x', message: 'is outdated' }] })
  expect(accepted).toMatch(/^Accepted=True ValidWithWarnings: valid, but: .*spec\.a.*is outdated/)
})
