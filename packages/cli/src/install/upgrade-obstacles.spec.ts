import { expect, test } from 'vitest'
import type { InstallRecord } from './install-record.ts'
import { refuseObstacles, upgradeObstacles } from './upgrade-obstacles.ts'

function record(version: string, phase: InstallRecord['phase'] = 'installed'): InstallRecord {
  return { version, phase, profile: 'default', revision: 'default', given: {} }
}

function codes(from: string, to: string): readonly string[] {
  return upgradeObstacles(record(from), to, undefined, undefined).map(({ code }) => code)
}

test.each([
  ['0.1.0', '0.1.0', []],
  ['0.1.0', '0.3.9', []],
  ['0.1.0', '0.4.0', ['MU0002']],
  ['0.9.0', '1.0.0', ['MU0002']],
  ['0.3.0', '0.2.0', ['MU0003']],
  ['v0.1.0-rc.1', '0.2', []],
  // Of a build without a number nothing can be told.
  ['?', '0.9.0', []],
])('from %s to %s', (from, to, expected) => {
  expect(codes(from, to)).toEqual(expected)
})

test('what was interrupted is told, another upgrade stands in the way, its own does not', () => {
  const under = { from: 'default', to: 'next', phase: 'started' } as const
  expect(upgradeObstacles(record('0.1.0', 'applying'), '0.1.0', under, 'next').map(({ code }) => code)).toEqual(['MU0001'])
  const other = upgradeObstacles(record('0.1.0'), '0.1.0', under, 'other')
  expect(other.map(({ code }) => code)).toEqual(['MU0004'])
  expect(() => refuseObstacles(other)).toThrow('[MU0004] another upgrade is under way: from default to next: started')
})

test('warnings do not stop an upgrade', () => {
  expect(() => refuseObstacles(upgradeObstacles(record('0.3.0'), '0.2.0', undefined, undefined))).not.toThrow()
})
