import { describe, expect, test } from 'vitest'
import { readText } from '../file/index.ts'
import { buildRegistry } from './build-registry.ts'
import { serviceKey, type ServiceRegistry } from './model.ts'

const NAMES = { clusterDomain: 'cluster.local', trustDomain: 'cluster.local' }
const REVIEWS = 'default/reviews.default.svc.cluster.local'

function registryOf(yaml: string): ServiceRegistry {
  const { objects, rejections } = readText(yaml, 'test.yaml')
  expect(rejections).toEqual([])
  return buildRegistry(objects, NAMES)
}

const SERVICE = `
apiVersion: v1
kind: Service
metadata: {name: reviews, labels: {app: reviews}}
spec:
  clusterIP: 10.0.0.1
  selector: {app: reviews}
  ports:
  - {name: http, port: 80, targetPort: 8080}
  - {name: tcp-db, port: 90}
  - {name: dns, port: 53, protocol: UDP}
`
const PODS = `
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {topology.kubernetes.io/region: r1, topology.kubernetes.io/zone: z1, topology.istio.io/subzone: s1}}
---
apiVersion: v1
kind: Pod
metadata: {name: reviews-1, labels: {app: reviews, version: v1, security.istio.io/tlsMode: istio}}
spec: {serviceAccountName: bookinfo-reviews, nodeName: n1}
status: {podIP: 10.1.0.1}
`
const ENDPOINTS = `
apiVersion: v1
kind: Endpoints
metadata: {name: reviews}
subsets:
- addresses: [{ip: 10.1.0.1, targetRef: {kind: Pod, name: reviews-1}}]
  notReadyAddresses: [{ip: 10.1.0.2}]
  ports: [{name: http, port: 8080}, {name: unknown, port: 1}]
`
const SLICE = `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: reviews-abc, labels: {kubernetes.io/service-name: reviews}}
addressType: IPv4
endpoints:
- {addresses: [10.1.0.1], conditions: {ready: true}}
- {addresses: [10.1.0.9], conditions: {ready: false}, nodeName: n1}
ports: [{name: http, port: 8081}]
`

describe('services of Kubernetes', () => {
  test('have protocols by port name, addresses and their selector', () => {
    const [service] = registryOf(SERVICE).services
    expect(service).toMatchObject({
      hostname: 'reviews.default.svc.cluster.local',
      addresses: ['10.0.0.1'],
      resolution: 'static',
      headless: false,
      external: false,
      selector: { app: 'reviews' },
      ports: [
        { name: 'http', number: 80, targetPort: 8080, protocol: 'http' },
        { name: 'tcp-db', number: 90, targetPort: 90, protocol: 'tcp' },
        { name: 'dns', protocol: 'udp' },
      ],
    })
  })

  test.each([
    ['clusterIP: None', { headless: true, resolution: 'none', addresses: [] }],
    ['type: NodePort', { headless: false, resolution: 'static', addresses: [] }],
    ['type: LoadBalancer, clusterIP: 10.0.0.7, clusterIPs: [10.0.0.7, "fd00::7"]', { addresses: ['10.0.0.7', 'fd00::7'] }],
    ['type: ExternalName, externalName: example.com', { external: true, resolution: 'dns', externalName: 'example.com', selector: {} }],
  ])('%s', (spec, expected) => {
    const yaml = `{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {selector: {a: b}, ports: [{port: 80}], ${spec}}}`
    expect(registryOf(yaml).services[0]).toMatchObject(expected)
  })

  test('an ExternalName has its target as endpoint', () => {
    const registry = registryOf(
      '{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {type: ExternalName, externalName: example.com, ports: [{name: http, port: 80}]}}',
    )
    expect([...registry.endpoints.values()].flat()).toMatchObject([{ address: 'example.com', port: 80, tlsMode: 'disabled' }])
  })

  test('annotations limit who sees them and name further accounts', () => {
    const [service] = registryOf(`
apiVersion: v1
kind: Service
metadata:
  name: s
  annotations:
    networking.istio.io/exportTo: "., bank"
    alpha.istio.io/kubernetes-serviceaccounts: vm
    alpha.istio.io/canonical-serviceaccounts: other/x
spec: {ports: [{port: 80}]}`).services
    expect(service).toMatchObject({
      exportTo: ['.', 'bank'],
      serviceAccounts: ['spiffe://cluster.local/ns/default/sa/vm', 'spiffe://other/x'],
    })
  })
})

describe('endpoints of Kubernetes', () => {
  test('take labels, account, locality and TLS mode from the pod', () => {
    const endpoints = registryOf([SERVICE, PODS, ENDPOINTS].join('---')).endpoints.get(REVIEWS)
    expect(endpoints).toEqual([
      {
        hostname: 'reviews.default.svc.cluster.local',
        serviceNamespace: 'default',
        portName: 'http',
        address: '10.1.0.1',
        port: 8080,
        labels: { app: 'reviews', version: 'v1', 'security.istio.io/tlsMode': 'istio' },
        serviceAccount: 'bookinfo-reviews',
        namespace: 'default',
        workload: { name: 'reviews-1', namespace: 'default' },
        nodeName: 'n1',
        locality: { region: 'r1', zone: 'z1', subzone: 's1' },
        ready: true,
        tlsMode: 'istio',
        weight: 1,
        network: '',
      },
      expect.objectContaining({
        address: '10.1.0.2',
        ready: false,
        labels: {},
        serviceAccount: '',
        workload: undefined,
        tlsMode: 'disabled',
      }),
    ])
  })

  test('slices win over Endpoints, and find pods by address', () => {
    const endpoints = registryOf([SERVICE, PODS, ENDPOINTS, SLICE].join('---')).endpoints.get(REVIEWS)
    expect(endpoints).toMatchObject([
      { address: '10.1.0.1', port: 8081, ready: true, workload: { name: 'reviews-1' } },
      { address: '10.1.0.9', ready: false, workload: undefined, locality: { region: 'r1' } },
    ])
  })

  test('an address that several pods share names none of them', () => {
    const second = PODS.split('---')[1]?.replace('name: reviews-1', 'name: reviews-2') ?? ''
    const endpoints = registryOf([SERVICE, PODS, second, SLICE].join('---')).endpoints.get(REVIEWS)
    expect(endpoints?.[0]).toMatchObject({ address: '10.1.0.1', workload: undefined })
  })

  test('publishNotReadyAddresses makes all ready', () => {
    const endpoints = registryOf(
      [SERVICE.replace('spec:', 'spec:\n  publishNotReadyAddresses: true'), ENDPOINTS].join('---'),
    ).endpoints.get(REVIEWS)
    expect(endpoints?.map(({ ready }) => ready)).toEqual([true, true])
  })
})

function entry(spec: string, name = 'e'): string {
  return `{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: ${name}}, spec: {${spec}}}`
}

describe('service entries', () => {
  test('STATIC: endpoints with their own ports, weights and places', () => {
    const registry = registryOf(
      entry(`hosts: [a.com], addresses: [240.0.0.1/32], resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP, targetPort: 8000}, {number: 90, name: tcp, protocol: TCP}],
        endpoints: [{address: 1.1.1.1, ports: {tcp: 9999}, labels: {v: "1"}, weight: 5, locality: r/z, serviceAccount: acc}]`),
    )
    expect(registry.services).toMatchObject([{ hostname: 'a.com', addresses: ['240.0.0.1'], external: true, resolution: 'static' }])
    expect(registry.endpoints.get('default/a.com')).toMatchObject([
      { portName: 'http', port: 8000, weight: 5, tlsMode: 'istio', locality: { region: 'r', zone: 'z' } },
      { portName: 'tcp', port: 9999 },
    ])
  })

  test('DNS without endpoints: each host is its own', () => {
    const registry = registryOf(entry('hosts: [a.com, b.com], resolution: DNS, ports: [{number: 443, name: tls, protocol: TLS}]'))
    expect([...registry.endpoints.values()].flat()).toMatchObject([
      { address: 'a.com', port: 443, tlsMode: 'disabled' },
      { address: 'b.com', port: 443 },
    ])
  })

  test('NONE has no endpoints', () => {
    const registry = registryOf(entry('hosts: ["*.a.com"], ports: [{number: 80, name: http, protocol: HTTP}]'))
    expect(registry.services).toMatchObject([{ resolution: 'none' }])
    expect(registry.endpoints.get('default/*.a.com')).toEqual([])
  })

  test('unix sockets have no port', () => {
    const registry = registryOf(
      entry(
        'hosts: [a.com], resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], endpoints: [{address: "unix:///run/a.sock"}]',
      ),
    )
    expect(registry.endpoints.get('default/a.com')).toMatchObject([{ address: 'unix:///run/a.sock', port: 0 }])
  })

  test('a workload selector takes pods', () => {
    const registry = registryOf(
      [
        PODS,
        entry(
          'hosts: [a.com], location: MESH_INTERNAL, resolution: STATIC, workloadSelector: {labels: {app: reviews}}, ports: [{number: 80, name: http, protocol: HTTP}]',
        ),
      ].join('---\n'),
    )
    expect(registry.endpoints.get('default/a.com')).toMatchObject([
      { address: '10.1.0.1', serviceAccount: 'bookinfo-reviews', tlsMode: 'istio' },
    ])
  })

  test('two entries for one host make one service', () => {
    const registry = registryOf(
      [
        entry('hosts: [a.com], resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], endpoints: [{address: 1.1.1.1}]'),
        entry(
          'hosts: [a.com], resolution: STATIC, ports: [{number: 81, name: http-b, protocol: HTTP}], endpoints: [{address: 1.1.1.2}]',
          'f',
        ),
      ].join('\n---\n'),
    )
    expect(registry.services.map(serviceKey)).toEqual(['default/a.com'])
    expect(registry.services[0]?.ports.map(port => port.number)).toEqual([80, 81])
    expect(registry.endpoints.get('default/a.com')).toHaveLength(2)
  })
  test('of two entries for one host the older decides, whatever their names and order', () => {
    const of = (name: string, year: number, location: string): string =>
      entry(`hosts: [a.com], location: ${location}, ports: [{number: 80, name: http, protocol: HTTP}]`, name).replace(
        `name: ${name}`,
        `name: ${name}, creationTimestamp: "${year}-01-01T00:00:00Z"`,
      )
    const documents = [of('e', 2002, 'MESH_INTERNAL'), of('f', 2001, 'MESH_EXTERNAL')]
    for (const each of [documents, documents.toReversed()]) {
      expect(registryOf(each.join('\n---\n')).services).toMatchObject([{ hostname: 'a.com', external: true }])
    }
  })
})
