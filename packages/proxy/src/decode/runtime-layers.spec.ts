import { LayeredRuntime } from '@meshwork/protos/envoy/config/bootstrap/v3/bootstrap'
import { expect, test } from 'vitest'
import { Report } from './report.ts'
import { decodeRuntimeLayers } from './runtime-layers.ts'

function decode(...layers: readonly object[]): {
  readonly limits: ReturnType<typeof decodeRuntimeLayers>
  readonly refused: readonly string[]
} {
  const report = new Report()
  const runtime = LayeredRuntime.create({ layers: layers.map(value => ({ name: 'l', layerSpecifier: { $case: 'staticLayer', value } })) })
  return { limits: decodeRuntimeLayers(runtime, report), refused: report.violations.map(({ path }) => path) }
}

test('limits of connections, written in either way; the last layer counts', () => {
  const nested = {
    overload: { global_downstream_max_connections: 50 },
    envoy: { resource_limits: { listener: { edge: { connection_limit: 7 } } } },
  }
  const flat = { 'envoy.resource_limits.listener.a.b.connection_limit': '9', 'overload.global_downstream_max_connections': 40 }
  expect(decode(nested, flat)).toEqual({
    limits: {
      total: 40,
      listeners: new Map([
        ['edge', 7],
        ['a.b', 9],
      ]),
    },
    refused: [],
  })
})

test('no layer, no limit', () => {
  expect(decode().limits).toEqual({ total: Infinity, listeners: new Map() })
})

test.each([
  [{ 'overload.global_downstream_max_connections': -1 }, 'layers[0].static_layer.overload.global_downstream_max_connections'],
  [{ envoy: { resource_limits: { cluster: { a: 5 } } } }, 'layers[0].static_layer.envoy.resource_limits.cluster.a'],
  [{ 'health_check.min_interval': 5 }, 'layers[0].static_layer.health_check.min_interval'],
])('%j is refused', (layer, path) => {
  expect(decode(layer).refused).toEqual([path])
})

test('switches between versions of Envoy change nothing here', () => {
  expect(decode({ 'envoy.reloadable_features.x': true, re2: { max_program_size: { error_level: 100 } } }).refused).toEqual([])
})
