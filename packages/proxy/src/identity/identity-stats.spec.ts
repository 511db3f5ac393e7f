import { prometheusText, StatsRegistry } from '@meshwork/core/metrics'
import type { IdentityState } from '@meshwork/identity'
import { ManualClock } from '@meshwork/testkit/clock'
import { expect, it } from 'vitest'

import { IdentityStats, type WatchedIdentity } from './identity-stats.ts'

const FAILURE: IdentityState = { kind: 'unavailable', failure: { kind: 'unreachable', message: '' } }

it('shows how long the certificate lasts, once there is one, and counts what failed', async () => {
  const clock = new ManualClock(0)
  const registry = new StatsRegistry()
  let expiresAtMs = -Infinity
  let tell: (state: IdentityState) => void = () => undefined
  const identity: WatchedIdentity = {
    onChange: changed => {
      tell = changed
      return () => undefined
    },
    secondsToExpiry: () => (expiresAtMs - clock.now()) / 1000,
  }
  const stats = new IdentityStats(identity, registry, clock)
  await stats.start()
  expect(prometheusText(registry)).not.toContain('cert_expiry')
  tell(FAILURE)
  expiresAtMs = 100_000
  clock.advance(10_000)
  expect(prometheusText(registry)).toContain('istio_agent_cert_expiry_seconds{resource_name="default"} 90\n')
  expect(prometheusText(registry)).toContain('istio_agent_cert_renewal_failures_total{resource_name="default"} 1\n')
  await stats.close()
  expect(clock.pendingTimers).toBe(0)
})
