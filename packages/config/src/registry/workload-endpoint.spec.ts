import { describe, expect, test } from 'vitest'
import { readText } from '../file/index.ts'
import { buildRegistry } from './build-registry.ts'
import type { ServiceEndpoint } from './model.ts'

function endpointsOf(key: string, ...documents: readonly string[]): readonly ServiceEndpoint[] {
  const { objects, rejections } = readText(documents.join('\n---\n'), 'test.yaml')
  expect(rejections).toEqual([])
  return buildRegistry(objects, { clusterDomain: 'cluster.local', trustDomain: 'cluster.local' }).endpoints.get(key) ?? []
}

const ENTRY = `
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: vm-1, labels: {app: db, version: v1}}
spec: {address: 10.9.0.1, labels: {version: v2}, locality: r/z, weight: 3, serviceAccount: db, network: vm, ports: {http: 9080, alt: 9082}}`

const SERVICE = `
apiVersion: v1
kind: Service
metadata: {name: db}
spec:
  clusterIP: 10.0.0.1
  selector: {app: db}
  ports: [{name: http, port: 80}, {name: tcp, port: 81, targetPort: 8081}, {name: named, port: 82, targetPort: alt}, {name: lost, port: 83, targetPort: none}]`

const SELECTING = (resolution: string): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: db}
spec:
  hosts: [db.example.com]
  location: MESH_INTERNAL
  resolution: ${resolution}
  workloadSelector: {labels: {app: db}}
  ports: [{number: 80, name: http, protocol: HTTP}, {number: 81, name: tcp, protocol: TCP, targetPort: 8081}]`

const DB = 'default/db.default.svc.cluster.local'

describe('a WorkloadEntry', () => {
  test('serves the ports of a Service that selects it: by name, by number, by the name of the target', () => {
    const endpoints = endpointsOf(DB, SERVICE, ENTRY)
    expect(endpoints.map(({ portName, port }) => [portName, port])).toEqual([
      ['http', 9080],
      ['tcp', 8081],
      ['named', 9082],
    ])
    expect(endpoints[0]).toEqual({
      hostname: 'db.default.svc.cluster.local',
      serviceNamespace: 'default',
      portName: 'http',
      address: '10.9.0.1',
      port: 9080,
      labels: { app: 'db', version: 'v2' },
      serviceAccount: 'db',
      namespace: 'default',
      workload: { name: 'vm-1', namespace: 'default' },
      locality: { region: 'r', zone: 'z', subzone: '' },
      ready: true,
      tlsMode: 'istio',
      weight: 3,
      network: 'vm',
    })
  })

  test('serves a ServiceEntry that selects it, beside pods', () => {
    const pod = '{apiVersion: v1, kind: Pod, metadata: {name: p, labels: {app: db}}, spec: {}, status: {podIP: 10.1.0.1}}'
    const done =
      '{apiVersion: v1, kind: Pod, metadata: {name: q, labels: {app: db}}, spec: {}, status: {podIP: 10.1.0.2, phase: Succeeded}}'
    const endpoints = endpointsOf('default/db.example.com', SELECTING('STATIC'), ENTRY, pod, done)
    expect(endpoints.map(({ address, port }) => `${address}:${port}`)).toEqual([
      '10.1.0.1:80',
      '10.1.0.1:8081',
      '10.9.0.1:9080',
      '10.9.0.1:8081',
    ])
  })

  test.each([
    ['without a label of the selector', ENTRY.replace('app: db', 'app: other'), 0],
    ['of another namespace', ENTRY.replace('name: vm-1', 'name: vm-1, namespace: other'), 0],
    ['with a network and no address', ENTRY.replace('address: 10.9.0.1, ', ''), 0],
    ['with a name, where the proxy resolves none', ENTRY.replace('10.9.0.1', 'vm.example.com'), 0],
    ['on a unix socket', ENTRY.replace('10.9.0.1', '"unix:///run/db.sock"').replace(', ports: {http: 9080, alt: 9082}', ''), 2],
  ])('%s', (_, entry, expected) => {
    expect(endpointsOf('default/db.example.com', SELECTING('STATIC'), entry)).toHaveLength(expected)
  })

  test('may have a name where the proxy resolves it', () => {
    const endpoints = endpointsOf('default/db.example.com', SELECTING('DNS'), ENTRY.replace('10.9.0.1', 'vm.example.com'))
    expect(endpoints.map(({ address }) => address)).toEqual(['vm.example.com', 'vm.example.com'])
  })

  test.each([
    ['nobody has reported on', '', false],
    ['reported well', 'status: {conditions: [{type: Healthy, status: "True"}]}', true],
    ['reported ill', 'status: {conditions: [{type: Healthy, status: "False"}]}', false],
  ])('whose health is watched and %s', (_, status, ready) => {
    const watched = ENTRY.replace('metadata: {', 'metadata: {annotations: {proxy.istio.io/health-checks-enabled: "true"}, ')
    expect(endpointsOf(DB, SERVICE, `${watched}\n${status}`)[0]?.ready).toBe(ready)
  })
})

describe('one host that several entries declare', () => {
  const entry = (name: string, spec: string): string =>
    `{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: ${name}}, spec: {hosts: [a.com], ${spec}}}`
  const port = (name: string, number: number): string => `ports: [{name: ${name}, number: ${number}, protocol: HTTP}]`

  test('keeps the endpoints of ports apart that have one name, and joins those that have one number', () => {
    const endpoints = endpointsOf(
      'default/a.com',
      entry('e', `resolution: STATIC, ${port('http', 80)}, endpoints: [{address: 1.1.1.1}]`),
      entry('f', `resolution: STATIC, ${port('http', 81)}, endpoints: [{address: 1.1.1.2}]`),
      entry('g', `resolution: STATIC, ${port('web', 80)}, endpoints: [{address: 1.1.1.3}]`),
    )
    expect(endpoints.map(({ portName, address }) => [portName, address])).toEqual([
      ['http', '1.1.1.1'],
      ['http-81', '1.1.1.2'],
      ['http', '1.1.1.3'],
    ])
  })

  test('is resolved in one way: the older one says how', () => {
    const endpoints = endpointsOf(
      'default/a.com',
      entry('e', `resolution: STATIC, ${port('http', 80)}, endpoints: [{address: 1.1.1.1}]`),
      entry('f', `resolution: DNS, ${port('http', 81)}`),
    )
    expect(endpoints.map(({ address }) => address)).toEqual(['1.1.1.1'])
  })
})
