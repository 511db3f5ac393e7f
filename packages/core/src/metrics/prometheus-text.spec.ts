import { expect, test } from 'vitest'
import { prometheusText } from './prometheus-text.ts'
import { StatsRegistry } from './stats-registry.ts'

test('writes a family once, with the labels of its members', () => {
  const registry = new StatsRegistry()
  const a = registry.scope('cluster.a.', 'envoy_cluster_', { envoy_cluster_name: 'a' })
  const b = registry.scope('cluster.b"\\.', 'envoy_cluster_', { envoy_cluster_name: 'b"\\' })
  registry.add(a.counter('upstream_rq_total'), 2)
  registry.add(a.taggedCounter('upstream_rq_2xx', 'upstream_rq_xx', { envoy_response_code_class: '2' }), 1)
  registry.add(b.counter('upstream_rq_total'), 1)
  expect(prometheusText(registry)).toBe(
    [
      '# TYPE envoy_cluster_upstream_rq_total counter',
      'envoy_cluster_upstream_rq_total{envoy_cluster_name="a"} 2',
      'envoy_cluster_upstream_rq_total{envoy_cluster_name="b\\"\\\\"} 1',
      '# TYPE envoy_cluster_upstream_rq_xx counter',
      'envoy_cluster_upstream_rq_xx{envoy_cluster_name="a",envoy_response_code_class="2"} 1',
      '',
    ].join('\n'),
  )
})

test('histogram buckets are cumulative and end with +Inf', () => {
  const registry = new StatsRegistry()
  const slot = registry.scope('http.in.', 'envoy_http_', {}).histogram('downstream_rq_time')
  for (const sample of [0.2, 3, 3, 99_999_999]) registry.record(slot, sample)
  const text = prometheusText(registry)
  expect(text).toContain('envoy_http_downstream_rq_time_bucket{le="0.5"} 1\n')
  expect(text).toContain('envoy_http_downstream_rq_time_bucket{le="5"} 3\n')
  expect(text).toContain('envoy_http_downstream_rq_time_bucket{le="3600000"} 3\n')
  expect(text).toContain('envoy_http_downstream_rq_time_bucket{le="+Inf"} 4\n')
  expect(text).toContain('envoy_http_downstream_rq_time_count 4\n')
})

test('slots survive the growth of the array, and a name keeps its slot', () => {
  const registry = new StatsRegistry()
  const scope = registry.scope('', '', {})
  const first = scope.counter('first')
  registry.add(first, 7)
  for (let i = 0; i < 3000; i++) scope.gauge(`g${i}`)
  expect(registry.value(first)).toBe(7)
  expect(scope.counter('first')).toBe(first)
})
