import { spiffeId } from '@meshwork/core/ids'
import { prometheusText, StatsRegistry } from '@meshwork/core/metrics'
import { ManualClock } from '@meshwork/testkit/clock'
import { expect, it } from 'vitest'

import { noSecrets } from '../tls/secrets.ts'
import type { IdentityState } from './identity-state.ts'
import { IdentityStats } from './identity-stats.ts'
import type { WorkloadIdentity } from './workload-identity.ts'

const FAILURE: IdentityState = { kind: 'unavailable', failure: { kind: 'unreachable', message: '' } }

it('shows how long the certificate lasts, once there is one, and counts what failed', async () => {
  const clock = new ManualClock(0)
  const registry = new StatsRegistry()
  const id = spiffeId('cluster.local', 'default', 'a')
  if (id.kind === 'err') throw new Error(id.error)
  let expiresAtMs = -Infinity
  let tell: (state: IdentityState) => void = () => undefined
  const identity: WorkloadIdentity = {
    name: 'test',
    identity: id.value,
    state: { kind: 'initialising' },
    secrets: noSecrets,
    onChange: changed => {
      tell = changed
      return () => undefined
    },
    secondsToExpiry: () => (expiresAtMs - clock.now()) / 1000,
    start: () => Promise.resolve(),
    close: () => Promise.resolve(),
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
