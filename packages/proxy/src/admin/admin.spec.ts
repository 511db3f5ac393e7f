import { StatsRegistry } from '@meshwork/core/metrics'
import { ok } from '@meshwork/core/result'
import { Bootstrap } from '@meshwork/protos/envoy/config/bootstrap/v3/bootstrap'
import { Secret } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/secret'
import { ConsumerStore, type TypeStatus } from '@meshwork/xds/client'
import { SECRET_TYPE, seal } from '@meshwork/xds/types'
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

const NODE = { id: 'n', cluster: '', metadata: {}, locality: { region: '', zone: '', subZone: '' }, userAgentName: '' }

/** Bytes as a string in place, as certificates and keys come over SDS. */
function inline(value: string): { specifier: { $case: 'inlineString'; value: string } } {
  return { specifier: { $case: 'inlineString', value } }
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
  const bootstrap = Bootstrap.encode(
    Bootstrap.fromPartial({
      staticResources: {
        clusters: [{ name: 'a' }, { name: 'b' }],
        secrets: [{ name: 's', type: { $case: 'tlsCertificate', value: { privateKey: inline('the key') } } }],
      },
    }),
  ).finish()
  const page = configDumpPage({ node: NODE, bootstrap, types: () => [], certificates: () => null })
  expect(ask(page).body).not.toContain('the key')
  const chosen: unknown = JSON.parse(ask(page, 'resource=static_clusters&mask=cluster.name&name_regex=b').body)
  expect(chosen).toEqual({ configs: [{ cluster: { '@type': 'type.googleapis.com/envoy.config.cluster.v3.Cluster', name: 'b' } }] })
  expect(ask(page, 'resource=nothing').status).toBe(404)
  expect(ask(page, 'name_regex=(').status).toBe(400)
})

it('dumps secrets that the control plane delivered, without keys', () => {
  const value = { certificateChain: inline('the chain'), privateKey: inline('the key') }
  const bytes = Secret.encode(Secret.fromPartial({ name: 'shop', type: { $case: 'tlsCertificate', value } })).finish()
  const type = { typeUrl: SECRET_TYPE, absenceDeletes: false, decode: () => ok('taken') }
  const store = new ConsumerStore({ type, apply: () => undefined })
  const resource = seal(SECRET_TYPE, 'shop', () => bytes)
  store.accept({ resources: [resource], removed: [], complete: true }, () => true, 0)
  const types = (): readonly TypeStatus[] => [{ store, acceptedVersion: '7', lastResponseAt: null, lastError: null }]
  const { body } = ask(configDumpPage({ node: NODE, bootstrap: null, types, certificates: () => null }), 'resource=dynamic_active_secrets')
  expect(body).not.toContain('the key')
  expect(JSON.parse(body)).toMatchObject({
    configs: [
      { name: 'shop', version_info: resource.version, secret: { tls_certificate: { certificate_chain: { inline_string: 'the chain' } } } },
    ],
  })
})
