import type { MetricInstance } from '@meshwork/adapter-sdk'
import type { AttributeValue } from '@meshwork/core/attributes'
import { Params } from '@meshwork/protos/istio/mixer/adapter/config/prometheus'
import { describe, expect, it } from 'vitest'
import { goNumber } from './exposition.ts'
import { MetricStore, prometheusAdapter } from './index.ts'

function instance(name: string, value: AttributeValue, dimensions: Readonly<Record<string, AttributeValue>> = {}): MetricInstance {
  return { name, value, dimensions: new Map(Object.entries(dimensions)), monitoredResourceType: '', monitoredResourceDimensions: new Map() }
}

function metrics(...list: readonly unknown[]): Params {
  return Params.fromJSON({ metrics: list })
}

const COUNTER = { instanceName: 'c', name: 'requests/total', kind: 'COUNTER', labelNames: ['code', 'app'] }

describe('the prometheus adapter', () => {
  it('adds up counters by their labels', async () => {
    const store = new MetricStore()
    const handler = prometheusAdapter(store).build(metrics(COUNTER))
    await handler.metric?.([instance('c', 1n, { code: 200n, app: 'a"b' }), instance('c', 2.5, { code: 200n, app: 'a"b' })])
    expect(await store.exposition()).toBe(
      '# HELP istio_requests_total requests/total\n# TYPE istio_requests_total counter\nistio_requests_total{app="a\\"b",code="200"} 3.5\n',
    )
  })

  it('records the other instances of a batch in which one is wrong', async () => {
    const store = new MetricStore()
    const handler = prometheusAdapter(store).build(metrics(COUNTER))
    const batch = [instance('c', 1n, { code: 200n }), instance('nosuch', 1n), instance('c', 1n, { code: 200n, app: 'a' })]
    expect(() => handler.metric?.(batch)).toThrow(/label 'app'.*; nosuch: no metric is defined/)
    expect(await store.exposition()).toContain('istio_requests_total{app="a",code="200"} 1\n')
  })

  it('keeps values of a metric that stays, and clears all when one is redefined', async () => {
    const store = new MetricStore()
    const adapter = prometheusAdapter(store)
    const other = { instanceName: 'g', name: 'g', kind: 'GAUGE' }
    await adapter.build(metrics(COUNTER)).metric?.([instance('c', 1n, { code: 1n, app: 'a' })])
    await adapter.build(metrics(COUNTER, other)).metric?.([instance('c', 1n, { code: 1n, app: 'a' }), instance('g', 5n)])
    expect(await store.exposition()).toContain('istio_requests_total{app="a",code="1"} 2\n')
    await adapter.build(metrics({ ...COUNTER, description: 'new' }, other)).metric?.([instance('g', 6n)])
    expect(await store.exposition()).toBe('# HELP istio_g g\n# TYPE istio_g gauge\nistio_g 6\n')
  })

  it('refuses a negative increment and a value that is no number', () => {
    const handler = prometheusAdapter(new MetricStore()).build(metrics({ ...COUNTER, labelNames: [] }))
    expect(() => handler.metric?.([instance('c', -1n)])).toThrow(/cannot go down/)
    expect(() => handler.metric?.([instance('c', true)])).toThrow(/not a number/)
  })
})

it.each([
  [1e6, '1e+06'],
  [100_000, '100000'],
  [0.0001, '0.0001'],
  [0.000_01, '1e-05'],
  [200_000_016, '2.00000016e+08'],
  [Number.POSITIVE_INFINITY, '+Inf'],
  [0, '0'],
])('goNumber(%s) is %s', (value, text) => {
  expect(goNumber(value)).toBe(text)
})
