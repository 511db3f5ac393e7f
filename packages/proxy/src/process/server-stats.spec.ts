import { StatsRegistry } from '@meshwork/core/metrics'
import { createTestCa } from '@meshwork/testkit/ca'
import { parseCertificateChain } from '@meshwork/core/x509'
import { expect, it } from 'vitest'
import type { ContextCertificates, ProxyState } from '../admin/index.ts'
import { serverStats } from './server-stats.ts'

const NOW_MS = Date.now()

function read(stats: StatsRegistry, name: string): number {
  // Going through the metrics is what brings them up to date.
  for (const metric of stats.metrics()) if (metric.name === `server.${name}`) return stats.value(metric.slot)
  return Number.NaN
}

function served(notReady: string | null, failed: boolean, contexts: readonly ContextCertificates[] = []): StatsRegistry {
  const stats = new StatsRegistry()
  const state: ProxyState = {
    version: '0',
    node: 'n',
    notReady: () => notReady,
    uptimeMs: () => 61_500,
    certificates: () => null,
    nowMs: () => NOW_MS,
  }
  serverStats(stats, { state, health: { failed }, connections: () => 7, contexts: () => contexts })
  return stats
}

it.each([
  ['serving', null, false, 1, 0],
  ['taken out of rotation', null, true, 0, 1],
  ['waiting for its configuration', 'no configuration', false, 0, 3],
])('a proxy that is %s', (_, notReady, failed, live, state) => {
  const stats = served(notReady, failed)
  expect([read(stats, 'live'), read(stats, 'state')]).toEqual([live, state])
})

it('tells uptime in seconds, connections and memory as they are when read', () => {
  const stats = served(null, false)
  expect(read(stats, 'uptime')).toBe(61)
  expect(read(stats, 'total_connections')).toBe(7)
  expect(read(stats, 'memory_physical_size')).toBeGreaterThan(1_000_000)
})

it('counts the days until the first certificate in use ends', async () => {
  expect(read(served(null, false), 'days_until_first_cert_expiring')).toBe(4_294_967_295)
  const authority = await createTestCa()
  const leaf = await authority.issue(['spiffe://cluster.local/ns/a/sa/b'])
  const chain = parseCertificateChain(leaf.certificateChainPem)
  if (chain.kind === 'err') throw new Error(chain.error)
  const days = Math.floor(((chain.value[0]?.notAfterMs ?? 0) - NOW_MS) / 86_400_000)
  expect(read(served(null, false, [{ roots: [], chain: chain.value }]), 'days_until_first_cert_expiring')).toBe(days)
})
