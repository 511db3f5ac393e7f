import { describe, expect, test } from 'vitest'
import { checkAnnotations } from './check-annotations.ts'

const check = (annotations: Readonly<Record<string, string>>) => checkAnnotations({ annotations })

describe('annotations that cannot be followed are named with their values', () => {
  test.each([
    ['traffic.sidecar.istio.io/includeOutboundIPRanges', '10.0.0.0/33'],
    ['traffic.sidecar.istio.io/excludeOutboundIPRanges', 'ten'],
    ['traffic.sidecar.istio.io/includeInboundPorts', '80,http'],
    ['traffic.sidecar.istio.io/excludeInboundPorts', '65536'],
    ['traffic.sidecar.istio.io/includeOutboundPorts', 'x'],
    ['traffic.sidecar.istio.io/excludeOutboundPorts', '-1'],
    ['sidecar.istio.io/interceptionMode', 'BRIDGE'],
    ['sidecar.istio.io/proxyCPU', 'lots'],
    ['sidecar.istio.io/proxyCPULimit', '1 core'],
    ['sidecar.istio.io/proxyMemory', '1XB'],
    ['sidecar.istio.io/proxyMemoryLimit', ''],
    ['sidecar.istio.io/proxyImage', 'a b'],
    ['sidecar.istio.io/logLevel', 'loud'],
    ['sidecar.istio.io/rewriteAppHTTPProbers', 'perhaps'],
    ['sidecar.istio.io/nativeSidecar', 'x'],
    ['sidecar.istio.io/userVolume', '{'],
    ['sidecar.istio.io/userVolumeMount', '{"a": 1}'],
    ['proxy.istio.io/config', '- a'],
    ['proxy.istio.io/config', 'drainDuration: soon'],
    ['status.sidecar.istio.io/port', 'http'],
    ['readiness.status.sidecar.istio.io/periodSeconds', 'soon'],
    ['prometheus.istio.io/merge-metrics', '1'],
  ])('%s: %s', (name, value) => {
    expect(check({ [name]: value }).problems).toEqual([
      expect.stringMatching(new RegExp(`^annotation ${name.replaceAll('.', String.raw`\.`)}: `)),
    ])
  })
})

test.each([
  ['traffic.sidecar.istio.io/includeOutboundIPRanges', ''],
  ['traffic.sidecar.istio.io/includeOutboundIPRanges', '10.0.0.0/8,fd00::/8'],
  // Istio 1.0 read them with a sign and refused what is above 32767.
  ['traffic.sidecar.istio.io/excludeInboundPorts', '32768,65535'],
  ['traffic.sidecar.istio.io/includeInboundPorts', '*'],
  ['sidecar.istio.io/proxyImage', 'registry.example:5000/mesh/proxy@sha256:0123'],
  ['sidecar.istio.io/userVolume', '{"a": {"emptyDir": {}}}'],
  ['proxy.istio.io/config', 'concurrency: 2'],
  ['sidecar.istio.io/inject', 'whatever'],
  ['team.example/note', 'anything'],
])('%s: %s is fine', (name, value) => {
  expect(check({ [name]: value })).toEqual({ problems: [], warnings: [] })
})

test('what nobody follows is told and no obstacle', () => {
  const { problems, warnings } = check({
    'proxy.istio.io/config': 'brandNew: 1',
    'sidecar.istio.io/bootstrapOverride': 'x',
    'sidecar.istio.io/proxyCpu': '1',
  })
  expect(problems).toEqual([])
  expect(warnings).toEqual([
    "annotation proxy.istio.io/config: brandNew: unknown field 'brandNew'",
    'annotation sidecar.istio.io/bootstrapOverride has no effect here',
    'annotation sidecar.istio.io/proxyCpu: no such annotation; nobody reads it',
  ])
})
