import { expect, test } from 'vitest'
import type { HttpSettings } from '../translate/filters/inputs.ts'
import { snapshotOf } from '../translate/testdata/run-case.ts'
import { accessLogs } from './access-logs.ts'
import { metricSettings } from './metric-settings.ts'
import { type TelemetryEnd, telemetryLevels } from './telemetry-levels.ts'

const MESH = `
apiVersion: meshwork.dev/v1
kind: MeshConfig
metadata: {name: mesh}
spec:
  accessLogEncoding: JSON
  extensionProviders:
  - {name: file, envoyFileAccessLog: {path: /tmp/log, logFormat: {text: "%PROTOCOL%"}}}
  - {name: labels, envoyFileAccessLog: {logFormat: {labels: {a: "%PROTOCOL%"}}}}
  - {name: p, prometheus: {}}
`

function telemetry(name: string, namespace: string, spec: string): string {
  return `---\n{apiVersion: telemetry.istio.io/v1, kind: Telemetry, metadata: {name: ${name}, namespace: ${namespace}}, spec: ${spec}}\n`
}

function settings(objects: string, end: TelemetryEnd = 'SERVER'): Pick<HttpSettings, 'accessLogs' | 'metrics'> {
  const snapshot = snapshotOf(MESH + objects)
  const levels = telemetryLevels({ kind: 'sidecar', namespace: 'ns', labels: { app: 'a' } }, snapshot)
  return { accessLogs: accessLogs(levels, end, snapshot), metrics: metricSettings(levels, end) }
}

const ENVOY = { path: '/dev/stdout', encoding: 'JSON', format: '', filter: null }

test('nothing is logged unless somebody says so; envoy is a provider without being declared', () => {
  expect(settings('').accessLogs).toEqual([])
  expect(settings(telemetry('mesh', 'istio-system', '{accessLogging: [{providers: [{name: envoy}]}]}')).accessLogs).toEqual([ENVOY])
})

test('the narrower level wins: namespace over mesh, workload over both; others and other ends are not concerned', () => {
  const wide = telemetry('mesh', 'istio-system', '{accessLogging: [{providers: [{name: envoy}]}]}')
  const namespace = telemetry('ns', 'ns', '{accessLogging: [{filter: {expression: response.code >= 500}}]}')
  const workload = telemetry('a', 'ns', '{selector: {matchLabels: {app: a}}, accessLogging: [{match: {mode: SERVER}, disabled: true}]}')
  const others =
    telemetry('b', 'ns', '{selector: {matchLabels: {app: b}}, accessLogging: [{disabled: true}]}') +
    telemetry('c', 'other', '{accessLogging: [{disabled: true}]}')
  const filtered = { ...ENVOY, filter: { kind: 'status', operator: 'at-least', value: 500 } }
  expect(settings(wide + namespace + others).accessLogs).toEqual([filtered])
  expect(settings(wide + namespace + workload).accessLogs).toEqual([])
  expect(settings(wide + namespace + workload, 'CLIENT').accessLogs).toEqual([filtered])
})

test('providers that are named replace those of wider levels; those that log nothing are passed over', () => {
  const wide = telemetry('mesh', 'istio-system', '{accessLogging: [{providers: [{name: envoy}]}]}')
  const own = telemetry('ns', 'ns', '{accessLogging: [{providers: [{name: file}, {name: labels}, {name: p}, {name: unknown}]}]}')
  expect(settings(wide + own).accessLogs).toEqual([
    { path: '/tmp/log', encoding: 'TEXT', format: '%PROTOCOL%', filter: null },
    { path: '/dev/stdout', encoding: 'JSON', format: '{"a":"%PROTOCOL%"}', filter: null },
  ])
})

test('a filter that is not understood keeps nothing out', () => {
  const odd = telemetry('mesh', 'istio-system', '{accessLogging: [{providers: [{name: envoy}], filter: {expression: "request.size > 5"}}]}')
  expect(settings(odd).accessLogs).toEqual([ENVOY])
})

test('metrics are dropped and tags removed per end; a narrower level brings them back', () => {
  const wide = telemetry(
    'mesh',
    'istio-system',
    '{metrics: [{reportingInterval: 2s, overrides: [{match: {metric: ALL_METRICS, mode: CLIENT}, disabled: true}, {tagOverrides: {host: {operation: REMOVE}}}]}]}',
  )
  const own = telemetry('ns', 'ns', '{metrics: [{overrides: [{match: {metric: REQUEST_COUNT}, disabled: false}]}]}')
  expect(settings(wide + own).metrics).toEqual({ dropped: [], tags: [{ metric: '', removed: ['host'], set: [] }], reportMs: 2000 })
  const { dropped } = settings(wide + own, 'CLIENT').metrics
  expect(dropped).toHaveLength(9)
  expect(dropped).not.toContain('requests_total')
})

test('tags are set and removed by metric and for all; what is not understood changes nothing', () => {
  const wide = telemetry(
    'mesh',
    'istio-system',
    `{metrics: [{overrides: [{tagOverrides: {env: {value: "'prod'"}, size: {value: request.size}, source_app: {operation: REMOVE}}}]}]}`,
  )
  const set = [['env', "'prod'"]]
  expect(settings(wide).metrics.tags).toEqual([{ metric: '', removed: ['source_app'], set }])
  const own = telemetry(
    'ns',
    'ns',
    '{metrics: [{overrides: [{match: {metric: REQUEST_COUNT}, tagOverrides: {verb: {value: request.method}, env: {operation: REMOVE}}}]}]}',
  )
  const { tags } = settings(wide + own).metrics
  expect(tags).toHaveLength(10)
  expect(tags[0]).toEqual({ metric: 'requests_total', removed: ['env', 'source_app'], set: [['verb', 'request.method']] })
  expect(tags[1]).toEqual({ metric: 'request_duration_milliseconds', removed: ['source_app'], set })
})
