import { expect, test } from 'vitest'
import type { MetricOverride } from './type.ts'
import { warnTelemetry } from './warn.ts'

function warned(tagOverrides: MetricOverride['tagOverrides']): readonly string[] {
  const match = { metric: 'ALL_METRICS', mode: 'CLIENT_AND_SERVER' } as const
  const metrics = [{ providers: [], overrides: [{ match, tagOverrides }] }]
  return warnTelemetry({ targetRefs: [], tracing: [], accessLogging: [], metrics }).map(({ path, code }) => `${path} ${code}`)
}

test('a tag is set from what is understood, and removed', () => {
  expect(warned({ env: { operation: 'UPSERT', value: "'prod'" }, verb: { operation: 'UPSERT', value: 'request.method' } })).toEqual([])
  expect(warned({ source_app: { operation: 'REMOVE', value: '' } })).toEqual([])
})

test('what is not understood is told with its place', () => {
  expect(warned({ size: { operation: 'UPSERT', value: 'request.size + 1' } })).toEqual([
    'spec.metrics[0].overrides[0].tagOverrides.size.value unsupported-expression',
  ])
})

test('a reference that only waypoints follow is told', () => {
  const reference = (group: string, kind: string) => ({ group, kind, name: 'a', namespace: '' })
  const targetRefs = [reference('gateway.networking.k8s.io', 'Gateway'), reference('', 'Service')]
  const found = warnTelemetry({ targetRefs, tracing: [], accessLogging: [], metrics: [] })
  expect(found.map(({ path, code }) => `${path} ${code}`)).toEqual(['spec.targetRefs[1] no-effect'])
})
