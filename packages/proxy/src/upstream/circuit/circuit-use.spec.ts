import { StatsRegistry } from '@meshwork/core/metrics'
import { expect, test } from 'vitest'
import type { CircuitLimits } from '../../model/cluster.ts'
import { CircuitUse } from './circuit-use.ts'

const LIMITS: CircuitLimits = {
  maxConnections: 2,
  maxPendingRequests: 1,
  maxRequests: 10,
  maxRetries: 1,
  maxConnectionsPerHost: Infinity,
  retryBudget: null,
  trackRemaining: true,
}

function setUp(over: Partial<CircuitLimits> = {}): { use: CircuitUse; gauge: (name: string) => number } {
  const registry = new StatsRegistry()
  const use = new CircuitUse({ ...LIMITS, ...over }, registry.scope('circuit.', 'envoy_', {}))
  return { use, gauge: name => registry.value(registry.find(`circuit.${name}`)?.slot ?? -1) }
}

test('gauges show that a limit is reached and what remains', () => {
  const { use, gauge } = setUp()
  expect([gauge('cx_open'), gauge('remaining_cx')]).toEqual([0, 2])
  use.connections += 2
  expect([gauge('cx_open'), gauge('remaining_cx')]).toEqual([1, 0])
  use.connections--
  expect([gauge('cx_open'), gauge('remaining_cx')]).toEqual([0, 1])
  use.pending++
  expect([gauge('rq_pending_open'), gauge('remaining_pending')]).toEqual([1, 0])
})

test('retries are limited by number, or by a share of what is under way', () => {
  const plain = setUp().use
  expect(plain.admitsRetry).toBe(true)
  plain.retries++
  expect(plain.admitsRetry).toBe(false)
  const { use } = setUp({ retryBudget: { percent: 20, minRetries: 3 } })
  use.retries = 3
  expect(use.admitsRetry).toBe(false)
  use.requests = 20
  expect(use.admitsRetry).toBe(true)
  use.retries = 4
  expect(use.admitsRetry).toBe(false)
})
