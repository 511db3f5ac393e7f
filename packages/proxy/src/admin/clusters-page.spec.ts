import { expect, it } from 'vitest'
import type { ClusterView, HostView } from '../engine/index.ts'
import { cluster } from '../engine/testdata/configs.ts'
import { clustersPage } from './clusters-page.ts'

const HOST: HostView = {
  address: '127.0.0.1:80',
  healthy: false,
  healthFlags: '/failed_outlier_check/eds_status_draining',
  hostname: '',
  canary: false,
  weight: 1,
  priority: 0,
  locality: '',
  stats: { rq_total: 3 },
  successRates: { answers: 87.5, reaches: -1 },
}
const VIEW: ClusterView = {
  config: cluster('a', []),
  hosts: [HOST],
  outlierRates: { answers: { average: 90, threshold: 52 }, reaches: { average: -1, threshold: -1 } },
}

function page(view: ClusterView, query: string): string {
  return clustersPage(() => [view]).answer({ method: 'GET', path: '/clusters', query: new URLSearchParams(query) }).body
}

it('tells which hosts are ejected, and by what rates', () => {
  const lines = page(VIEW, '').split('\n')
  expect(lines).toContain('a::outlier::success_rate_average::90')
  expect(lines).toContain('a::outlier::local_origin_success_rate_ejection_threshold::-1')
  expect(lines).toContain('a::127.0.0.1:80::health_flags::/failed_outlier_check/eds_status_draining')
  expect(lines).toContain('a::127.0.0.1:80::success_rate::87.5')
  expect(page({ ...VIEW, outlierRates: null }, '')).not.toContain('::outlier::')
})

it('leaves out of JSON what is not known', () => {
  expect(JSON.parse(page(VIEW, 'format=json'))).toMatchObject({
    cluster_statuses: [
      {
        success_rate_ejection_threshold: { value: 52 },
        host_statuses: [{ health_status: { failed_outlier_check: true, eds_health_status: 'DRAINING' }, success_rate: { value: 87.5 } }],
      },
    ],
  })
  expect(page(VIEW, 'format=json')).not.toContain('local_origin')
})

it('tells all that Envoy tells of a static cluster', () => {
  const view: ClusterView = { config: cluster('a', []), hosts: [{ ...HOST, locality: 'r/z', canary: true }], outlierRates: null }
  const request = { method: 'GET', path: '/clusters', query: new URLSearchParams('filter=^a$') }
  const lines = clustersPage(
    () => [view, { ...view, config: cluster('other', []) }],
    name => name === 'a',
  )
    .answer(request)
    .body.split('\n')
  for (const line of [
    'a::observability_name::a',
    'a::high_priority::max_connections::1024',
    'a::added_via_api::false',
    'a::127.0.0.1:80::hostname::',
    'a::127.0.0.1:80::zone::z',
    'a::127.0.0.1:80::canary::true',
  ])
    expect(lines).toContain(line)
  expect(lines.some(line => line.startsWith('other'))).toBe(false)
})
