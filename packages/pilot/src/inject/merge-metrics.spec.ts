import { expect, test } from 'vitest'
import { mergeMetrics } from './merge-metrics.ts'

const merge = (annotations: Readonly<Record<string, string>>, mesh: Readonly<Record<string, unknown>> = {}) =>
  mergeMetrics({ annotations }, mesh, 15_020)?.variable

test.each([
  [
    'the page of the application',
    { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9', 'prometheus.io/path': '/m' },
    '{"scrape":"true","path":"/m","port":"9"}',
  ],
  ['a page without a port', { 'prometheus.io/scrape': 'true' }, '{"scrape":"true","path":"","port":"80"}'],
  ['no page', {}, ''],
  ['a pod that nobody shall scrape', { 'prometheus.io/scrape': 'false' }, undefined],
  ['a page with TLS, which the proxy would not ask', { 'prometheus.io/scrape': 'true', 'prometheus.io/scheme': 'https' }, undefined],
  ['a port that is none', { 'prometheus.io/scrape': 'true', 'prometheus.io/port': 'http' }, undefined],
  ["the proxy's own port", { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '15020' }, undefined],
  ['a pod that does not want it', { 'prometheus.istio.io/merge-metrics': 'false' }, undefined],
])('%s', (_, annotations, variable) => {
  expect(merge(annotations)).toBe(variable)
})

test('the mesh may not want it; a pod may all the same', () => {
  expect(merge({}, { enablePrometheusMerge: false })).toBeUndefined()
  expect(merge({ 'prometheus.istio.io/merge-metrics': 'true' }, { enablePrometheusMerge: false })).toBe('')
})
