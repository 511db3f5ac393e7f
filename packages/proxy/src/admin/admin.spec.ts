import { StatsRegistry } from '@meshwork/core/metrics'
import { Bootstrap } from '@meshwork/protos/envoy/config/bootstrap/v3/bootstrap'
import { expect, it } from 'vitest'
import { ProxyHealth } from '../http/proxy-health.ts'
import type { AdminPage } from './admin-page.ts'
import { configDumpPage } from './config-dump.ts'
import { controlPages } from './control-pages.ts'
import { prometheusPage, statsPage } from './stats-pages.ts'

function ask(page: AdminPage | undefined, query = ''): { readonly status: number; readonly body: string } {
  if (page === undefined) throw new Error('there is no such page')
  return page.answer({ method: 'GET', path: page.path, query: new URLSearchParams(query) })
}

function sampleStats(): StatsRegistry {
  const stats = new StatsRegistry()
  const scope = stats.scope('cluster.a.', 'envoy_cluster_', { envoy_cluster_name: 'a' })
  stats.add(scope.counter('upstream_rq_total'), 3)
  scope.counter('upstream_rq_retry')
  stats.set(scope.gauge('membership_healthy'), 1)
  stats.record(scope.histogram('upstream_rq_time'), 7)
  return stats
}

it('chooses statistics by expression, kind and use', () => {
  const page = statsPage(sampleStats())
  expect(ask(page, 'usedonly&type=counters').body).toBe('cluster.a.upstream_rq_total: 3\n')
  expect(JSON.parse(ask(page, 'filter=rq_total$&format=json').body)).toEqual({ stats: [{ name: 'cluster.a.upstream_rq_total', value: 3 }] })
  expect(ask(page, 'type=histograms').body).toBe('cluster.a.upstream_rq_time: count=1 sum=7\n')
  expect(ask(prometheusPage(sampleStats()), 'filter=rq_total').body).toBe(
    '# TYPE envoy_cluster_upstream_rq_total counter\nenvoy_cluster_upstream_rq_total{envoy_cluster_name="a"} 3\n',
  )
  for (const wrong of ['filter=(', 'type=x', 'format=xml']) expect(ask(page, wrong).status).toBe(400)
})

it('sets counters to zero and leaves gauges', () => {
  const stats = sampleStats()
  const pages = controlPages({ stats, health: new ProxyHealth(), drainListeners: () => undefined, quit: () => undefined })
  ask(pages.find(({ path }) => path === '/reset_counters'))
  expect(ask(statsPage(stats), 'usedonly').body).toBe('cluster.a.membership_healthy: 1\n')
  expect(pages.every(({ changes }) => changes)).toBe(true)
})

it('dumps static resources in parts, without keys', () => {
  const text = (value: string): { specifier: { $case: 'inlineString'; value: string } } => ({ specifier: { $case: 'inlineString', value } })
  const bootstrap = Bootstrap.encode(
    Bootstrap.fromPartial({
      staticResources: {
        clusters: [{ name: 'a' }, { name: 'b' }],
        secrets: [{ name: 's', type: { $case: 'tlsCertificate', value: { privateKey: text('the key') } } }],
      },
    }),
  ).finish()
  const node = { id: 'n', cluster: '', metadata: {}, locality: { region: '', zone: '', subZone: '' }, userAgentName: '' }
  const page = configDumpPage({ node, bootstrap, types: () => [], certificates: () => null })
  expect(ask(page).body).not.toContain('the key')
  const chosen: unknown = JSON.parse(ask(page, 'resource=static_clusters&mask=cluster.name&name_regex=b').body)
  expect(chosen).toEqual({ configs: [{ cluster: { '@type': 'type.googleapis.com/envoy.config.cluster.v3.Cluster', name: 'b' } }] })
  expect(ask(page, 'resource=nothing').status).toBe(404)
  expect(ask(page, 'name_regex=(').status).toBe(400)
})
