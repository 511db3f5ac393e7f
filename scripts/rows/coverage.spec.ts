import { expect, it } from 'vitest'
import { coveredRows } from './coverage.ts'

const file = 'e2e/src/scenarios/routing.spec.ts'

it('counts a row once for each passing test that names it', () => {
  const covered = coveredRows([
    { title: '[traffic-7] [traffic-8] header', file, passed: true },
    { title: '[traffic-7] again', file, passed: true },
  ])
  expect([...covered.keys()]).toEqual(['traffic-7', 'traffic-8'])
  expect(covered.get('traffic-7')).toHaveLength(2)
})

it('does not count failing tests, nor tests inside one process', () => {
  const covered = coveredRows([
    { title: '[traffic-7] failing', file, passed: false },
    { title: '[traffic-8] unit', file: 'packages/proxy/src/route/match.spec.ts', passed: true },
  ])
  expect(covered.size).toBe(0)
})
