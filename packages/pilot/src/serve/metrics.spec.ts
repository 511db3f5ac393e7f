import { DEFAULT_MESH_CONFIG, type ObjectKey } from '@meshwork/config/kinds'
import { CLUSTER_TYPE } from '@meshwork/xds/types'
import { expect, test } from 'vitest'
import { SnapshotStore } from '../snapshot/snapshot-store.ts'
import { PilotMetrics } from './metrics.ts'

const SNAPSHOT = new SnapshotStore({ clusterDomain: 'cluster.local', mesh: DEFAULT_MESH_CONFIG }).current()

async function convergence(metrics: PilotMetrics): Promise<string[]> {
  const text = await metrics.registry.metrics()
  return text.split('\n').filter(line => /^pilot_proxy_convergence_time_(sum|count)/.test(line))
}

test('endpoints are counted when somebody scrapes, and clusters that left are forgotten', async () => {
  const metrics = new PilotMetrics()
  let counts: readonly (readonly [string, number])[] = [['outbound|80||a.com', 2]]
  metrics.observeEndpoints(() => counts)
  expect(await metrics.registry.metrics()).toContain('pilot_xds_eds_instances{cluster="outbound|80||a.com"} 2\n')
  counts = []
  expect(await metrics.registry.metrics()).not.toContain('a.com')
})

test('each change counts by what it is about', async () => {
  const metrics = new PilotMetrics()
  const key = (kind: string): ObjectKey => ({ kind, namespace: 'default', name: 'a' })
  metrics.changed({ upserts: [], deletes: [key('Service'), key('EndpointSlice'), key('VirtualService'), key('Gateway')], rejections: [] })
  const lines = (await metrics.registry.metrics()).split('\n').filter(line => line.startsWith('pilot_inbound_updates{'))
  expect(lines).toEqual(['svc', 'eds', 'config'].map(type => `pilot_inbound_updates{type="${type}"} ${type === 'config' ? 2 : 1}`))
})

test('convergence runs from the change to the confirmation of proxies that were there', async () => {
  const metrics = new PilotMetrics()
  const push = { revision: 1, trigger: 'config' as const, views: 1, tookMs: 30, dangling: [], findings: [] }
  metrics.pushed(push, SNAPSHOT, 1000)
  metrics.connections.inc()
  metrics.acked('a', CLUSTER_TYPE, 9000)
  expect(await convergence(metrics)).toEqual(['pilot_proxy_convergence_time_sum 0', 'pilot_proxy_convergence_time_count 0'])
  metrics.pushed(push, SNAPSHOT, 10_030)
  metrics.acked('a', CLUSTER_TYPE, 10_500)
  metrics.acked('a', CLUSTER_TYPE, 99_000)
  expect(await convergence(metrics)).toEqual(['pilot_proxy_convergence_time_sum 0.5', 'pilot_proxy_convergence_time_count 1'])
  metrics.disconnected('a')
  metrics.pushed(push, SNAPSHOT, 200_000)
  metrics.acked('a', CLUSTER_TYPE, 300_000)
  expect(await convergence(metrics)).toEqual(['pilot_proxy_convergence_time_sum 0.5', 'pilot_proxy_convergence_time_count 1'])
})
